"""Whatever is down or lost on the way: words that mean danger are answered, and told once."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from case import Case
from mail_server import LOOPBACK, speaking
from sqlalchemy import func, select
from stack import Stack
from waiting import wait_for

from afterword.records import models

PLAIN = "I want to kill myself"
OPEN = [("duty", "same_day", "open")]
MAIL = {"smtp_security": "none", "mail_from": "notices@clinic.example"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without Rasa, and with a mail server that takes every call and never says a word."""

    def silent(connection: socket.socket, ended: threading.Event) -> None:
        ended.wait()
        connection.close()

    # The mail server ends first: a worker that stops waits for the notice that is on its way.
    with ExitStack() as afterwards, speaking(silent) as port:
        served = MAIL | {"smtp_host": LOOPBACK, "smtp_port": port}
        folder = tmp_path_factory.mktemp("alone")
        yield afterwards.enter_context(Stack(folder, rasa=False, served=served))


def told(stack: Stack) -> Case:
    case = stack.case()
    case.contact("duty")
    return case


def safety_in(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("kind") == "safety"]


def mails_of(case: Case) -> int:
    query = (
        select(func.count())
        .select_from(models.Mail)
        .join(models.Alert, models.Alert.id == models.Mail.alert_id)
        .where(models.Alert.reflection_id == case.reflection_id)
    )
    with case.stack.records.read() as tx:
        return tx.session.scalar(query) or 0


def is_answered_and_told_once(case: Case) -> None:
    lines = safety_in(case.patient().sees())
    links = [link["href"] for line in lines for link in line["contacts"]]
    assert links[0] == "tel:999"
    assert links.count("tel:116123") == 1
    assert case.alerts() == OPEN
    assert mails_of(case) == 1


def test_with_the_actions_hanging_it_is_answered_and_the_questions_go_on_later(
    stack: Stack,
) -> None:
    case = told(stack)
    patient = case.patient()
    patient.start()
    with stack.hanging("actions"):
        patient.post({"text": PLAIN}, str(uuid.uuid4()))
        is_answered_and_told_once(case)
    case.settled()
    assert case.answers() == {}
    assert patient.tap("safety.go_on")[-1]["question"] == "heard"


def test_with_the_worker_killed_it_is_answered_and_the_notice_leaves_later(
    stack: Stack, post: Any
) -> None:
    case = stack.case()
    duty = case.contact("duty")
    patient = case.patient()
    patient.start()
    stack.kill("worker")
    patient.post({"text": PLAIN}, str(uuid.uuid4()))
    is_answered_and_told_once(case)
    wait_for("the notice", lambda: post.to(duty))
    case.settled()
    assert case.answers() == {}


def test_without_rasa_and_with_all_else_down_it_is_answered(alone: Stack) -> None:
    case = told(alone)
    with alone.hanging("actions"):
        alone.kill("worker")
        case.patient().post({"text": PLAIN}, str(uuid.uuid4()))
        is_answered_and_told_once(case)


def test_a_mail_server_that_hangs_keeps_no_patient_waiting(alone: Stack) -> None:
    took = []
    for _ in range(3):
        case = told(alone)
        began = time.monotonic()
        case.patient().post({"text": PLAIN}, str(uuid.uuid4()))
        took.append(time.monotonic() - began)
        is_answered_and_told_once(case)
    assert min(took) < 2


def test_the_same_message_delivered_again_is_one_alert(alone: Stack) -> None:
    case = told(alone)
    patient, key = case.patient(), str(uuid.uuid4())
    with ThreadPoolExecutor(6) as together:
        posts = [together.submit(patient.post, {"text": PLAIN}, key) for _ in range(6)]
        for done in posts:
            done.result()
    for _ in range(3):
        patient.post({"text": PLAIN}, key)
    is_answered_and_told_once(case)


@pytest.mark.parametrize("pieces", [1, 3], ids=["in one piece", "in pieces"])
def test_who_leaves_right_after_sending_is_heard(alone: Stack, pieces: int) -> None:
    cases = [told(alone) for _ in range(6)]
    for case in cases:
        send_and_leave(case, pieces)
    for case in cases:
        wait_for("the alert", lambda case=case: case.alerts() == OPEN)
        is_answered_and_told_once(case)


def send_and_leave(case: Case, pieces: int) -> None:
    """Closes the line with the last byte; nobody is there for the reply."""
    body = json.dumps({"id": str(uuid.uuid4()), "text": PLAIN}).encode()
    head = (
        f"POST /api/messages HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {case.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    content = head.encode() + body
    each = -(-len(content) // pieces)
    with socket.create_connection((LOOPBACK, case.stack.ports.web)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(content), each):
            connection.sendall(content[start : start + each])


def test_what_was_accepted_outlives_a_kill_right_after_it(alone: Stack) -> None:
    case = told(alone)
    case.patient().post({"text": PLAIN}, str(uuid.uuid4()))
    alone.kill("web")
    wait_until_served(alone)
    is_answered_and_told_once(case)


def test_what_was_not_accepted_before_a_kill_is_sent_again_and_told_once(alone: Stack) -> None:
    case = told(alone)
    kill = threading.Timer(0.01, alone.kill, ["web"])
    kill.start()
    case.patient().post({"text": PLAIN}, str(uuid.uuid4()))
    kill.join()
    wait_until_served(alone)
    is_answered_and_told_once(case)


def wait_until_served(stack: Stack) -> None:
    wait_for("the pages", lambda: httpx.get(f"{stack.url}/health").status_code == 200)


def test_while_nothing_can_be_written_it_is_answered_kept_and_told_later(tmp_path: Path) -> None:
    case = told(Stack(tmp_path, rasa=False))
    key = str(uuid.uuid4())
    database = f"sqlite:///file:{tmp_path / 'afterword.db'}"
    read_only = {"database_url": f"{database}?mode=ro&uri=true"}
    with Stack(tmp_path, web_alone=True, served=read_only) as stuck:
        reply = say(stuck.url, case, key, PLAIN)
        assert reply.status_code == 503
        lines = reply.json()["safety"]
        links = [link["href"] for line in lines for link in line["contacts"]]
        assert [link for link in links if link.startswith("tel:")]
        assert "is kept" in " ".join(line["text"] for line in lines)
        ordinary = say(stuck.url, case, str(uuid.uuid4()), "She listened.")
        assert (ordinary.status_code, ordinary.json().get("safety")) == (503, None)
        (kept,) = (tmp_path / "spool").iterdir()
        for secret in (b"kill", case.token.encode()):
            assert secret not in kept.read_bytes()
        assert kept.parent.stat().st_mode & 0o077 == 0, "nobody else on the machine looks in"
    assert case.alerts() == []
    with Stack(tmp_path, web_alone=True) as after:
        wait_for("the alert", lambda: case.alerts() == OPEN)
        wait_for("the spool to be empty", lambda: not any((tmp_path / "spool").iterdir()))
        assert say(after.url, case, key, PLAIN).status_code == 202, "the page sends it as well"
        case.stack = after
        is_answered_and_told_once(case)


def say(url: str, case: Case, key: str, text: str) -> httpx.Response:
    return httpx.post(
        f"{url}/api/messages",
        json={"id": key, "text": text},
        headers={"Authorization": f"Bearer {case.token}"},
        timeout=30,
    )
