"""Messages in, conversation out: kept once, refused clearly, never for the wrong link."""

import threading
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from stand_in import NOW, Clinic, StandIn
from starlette.testclient import TestClient
from talking import answered, auth, patient_lines, post, talk

from afterword.records import inbox


def test_a_message_is_acknowledged_before_anybody_has_read_it(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    key = str(uuid.uuid4())
    reply = post(client, token, id=key, text="We ran out of time.")
    assert (reply.status_code, reply.json()) == (202, {"id": key, "state": "accepted"})
    (line,) = patient_lines(client, token)
    assert line["client"] == key
    assert line["text"] == "We ran out of time."
    assert line["state"] == "waiting"


def test_the_same_message_again_is_acknowledged_and_kept_once(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    key = str(uuid.uuid4())
    for spelling in (key, key.upper(), key):
        assert post(client, token, id=spelling, text="Once").status_code == 202
    assert len(patient_lines(client, token)) == 1


def test_the_same_message_from_many_threads_is_kept_once(
    client: TestClient, clinic: Clinic
) -> None:
    token, key = clinic.link(), str(uuid.uuid4())
    codes: list[int] = []
    send = lambda: codes.append(post(client, token, id=key, text="x").status_code)  # noqa: E731
    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [202] * 6
    assert len(patient_lines(client, token)) == 1


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"text": ""}, "empty"),
        ({"text": " \n\t"}, "empty"),
        ({"text": "a" * 10_001}, "long"),
        ({"text": 7}, "shape"),
        ({"text": ["a"]}, "shape"),
        ({}, "shape"),
        ({"text": "a", "choice": "heard.4"}, "shape"),
        ({"choice": "/restart"}, "shape"),
        ({"choice": "heard"}, "shape"),
        ({"choice": 'heard.4{"x":1}'}, "shape"),
        ({"choice": "x" * 200 + ".1"}, "shape"),
        ({"id": "not-a-uuid", "text": "a"}, "shape"),
        ({"id": 5, "text": "a"}, "shape"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    client: TestClient, clinic: Clinic, message: dict[str, Any], error: str
) -> None:
    token = clinic.link()
    reply = post(client, token, **message)
    assert reply.status_code == 422
    assert reply.json()["error"] == error
    assert reply.json()["message"].endswith((".", "again."))
    assert patient_lines(client, token) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_message_is_refused(
    client: TestClient, clinic: Clinic, body: bytes
) -> None:
    reply = client.post("/api/messages", content=body, headers=auth(clinic.link()))
    assert (reply.status_code, reply.json()["error"]) == (422, "shape")


def test_a_body_of_more_than_64_kb_is_not_read(client: TestClient, clinic: Clinic) -> None:
    reply = post(client, clinic.link(), text="a" * 70_000)
    assert reply.status_code == 413


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a" * 10_000, "a" * 10_000),
        ("before\x00after", "before\ufffdafter"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("הוא הקשיב לי 🙂", "הוא הקשיב לי 🙂"),
        ("/restart", "/restart"),
        ('/inform{"rating":"9"}', '/inform{"rating":"9"}'),
    ],
)
def test_words_come_back_as_they_were_written(
    client: TestClient, clinic: Clinic, sent: str, kept: str
) -> None:
    token = clinic.link()
    assert post(client, token, text=sent).status_code == 202
    assert patient_lines(client, token)[0]["text"] == kept


def test_words_are_sealed_in_the_database(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    post(client, token, text="canary-in-the-inbox")
    folder = clinic.context.settings.data_dir
    found = [path for path in folder.iterdir() if path.suffix.startswith(".db")]
    assert found
    assert all(b"canary-in-the-inbox" not in path.read_bytes() for path in found)
    assert all(token.encode() not in path.read_bytes() for path in found)


def test_only_the_intake_writes_the_inbox() -> None:
    """The door that the risk screen stands in is the only one for what a patient writes.

    A rehearsal sends scenes of our own to a model that is not live yet, in a database of its own.
    """
    from afterword.settings import PROJECT

    rooms = [PROJECT / "afterword", PROJECT / "actions"]
    callers = {
        path.name
        for room in rooms
        for path in room.rglob("*.py")
        if "inbox.accept(" in path.read_text(encoding="utf-8")
    }
    assert callers == {"intake.py", "rehearsal.py"}


def test_taps_come_back_with_the_words_that_stood_on_the_button(
    client: TestClient, clinic: Clinic, assistant: StandIn
) -> None:
    token = clinic.link()
    post(client, token, choice="menu.start")
    question = answered(client, token)["messages"][-1]
    assert question["progress"] == {"at": 1, "of": 8}
    assert question["place"] == "1 of 8"
    post(client, token, choice=question["choices"][2]["token"])
    answered(client, token)
    post(client, token, choice="menu.ask_why")
    answered(client, token)
    texts = [line["text"] for line in patient_lines(client, token)]
    assert texts == ["Start", "Mostly", "Why this question?"]
    assert clinic.answers(token)["heard"].value == "3"


def test_only_what_is_new_is_sent(client: TestClient, clinic: Clinic, assistant: StandIn) -> None:
    token = clinic.link()
    post(client, token, choice="menu.start")
    first = answered(client, token)
    post(client, token, choice="heard.3")
    answered(client, token)
    news = talk(client, token, after=first["cursor"]).json()
    assert [line["from"] for line in news["messages"]][:2] == ["patient", "assistant"]
    assert talk(client, token, after=news["cursor"]).json()["messages"] == []
    everything = talk(client, token, after=10_000).json()
    assert everything["messages"] == first["messages"] + news["messages"]


def test_a_waiting_page_hears_of_a_new_line_at_once(
    client: TestClient, clinic: Clinic, assistant: StandIn
) -> None:
    token = clinic.link()
    post(client, token, choice="menu.start")
    cursor = answered(client, token)["cursor"]
    threading.Timer(0.3, clinic.say, (token, "A late line.")).start()
    began = time.monotonic()
    news = talk(client, token, after=cursor, wait=20).json()
    assert time.monotonic() - began < 2
    assert [line["text"] for line in news["messages"] if line["from"] == "assistant"] == [
        "A late line."
    ]


def test_a_wait_ends_by_itself(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    post(client, token, text="hello")
    cursor = talk(client, token).json()["cursor"]
    began = time.monotonic()
    assert talk(client, token, after=cursor, wait=0.3).json()["messages"] == []
    assert 0.2 < time.monotonic() - began < 1.5


@pytest.mark.parametrize("query", [{"after": "x", "wait": "nan"}, {"after": "-5", "wait": "-1"}])
def test_odd_numbers_in_the_query_mean_everything_and_no_waiting(
    client: TestClient, clinic: Clinic, query: dict[str, str]
) -> None:
    token = clinic.link()
    post(client, token, text="hello")
    assert len(talk(client, token, **query).json()["messages"]) == 1


def test_the_page_says_truthfully_how_the_assistant_is(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    seen = talk(client, token).json()
    assert (seen["assistant"], seen["form"]) == ("waking", False)
    assert seen["status"] == "The assistant is waking up. What you write is kept."
    clinic.context.assistant.note(True)
    seen = talk(client, token).json()
    assert (seen["assistant"], seen["status"], seen["form"]) == ("ready", "", False)


def test_the_plain_form_is_offered_when_no_answer_comes(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    clinic.context.assistant.note(True)
    reflection_id = clinic.reflection_id(token)
    with clinic.records.begin(at=NOW - timedelta(seconds=60)) as tx:
        inbox.accept(tx, reflection_id, "c", "text", {"text": "hello"})
    seen = talk(client, token).json()
    assert seen["waiting"] >= 60
    assert seen["form"] is True


def test_the_patient_hears_that_it_was_read(
    client: TestClient, clinic: Clinic, assistant: StandIn
) -> None:
    token = clinic.link()
    for choice in ("menu.start", "heard.3"):
        post(client, token, choice=choice)
        answered(client, token)
    for question in ("safe", "goals", "approach", "snag"):
        post(client, token, choice=f"{question}.4")
        answered(client, token)
    goal = answered(client, token)["messages"][-1]["question"]
    assert goal.startswith("goal-")
    post(client, token, choice=f"{goal}.mine")
    answered(client, token)
    for _ in range(2):
        post(client, token, choice="menu.skip")
        answered(client, token)
    post(client, token, choice="review.share")
    shared = answered(client, token)
    assert (shared["reflection"], shared["read"]) == ("shared", None)
    assert shared["notice"]["title"] == "Shared."
    assert clinic.read_by_clinician(token)
    read = talk(client, token, after=shared["cursor"], wait=5).json()
    assert read["read"]["by"] == "Dr Ada Okafor"
    assert "Dr Ada Okafor" in read["notice"]["title"]


def test_nothing_is_left_to_read_after_deleting(
    client: TestClient, clinic: Clinic, assistant: StandIn
) -> None:
    token = clinic.link()
    post(client, token, text="words that must go")
    answered(client, token)
    post(client, token, choice="menu.stop_delete")
    answered(client, token)
    post(client, token, choice="delete.yes")
    gone = answered(client, token)
    assert gone["reflection"] == "deleted"
    assert "words that must go" not in str(gone)
    reply = post(client, token, text="one more")
    assert (reply.status_code, reply.json()["error"]) == (422, "closed")


def test_tokens_and_words_are_never_logged(
    client: TestClient, clinic: Clinic, assistant: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="afterword")
    token = clinic.link()
    post(client, token, text="canary words")
    post(client, token, text="canary " * 2000)
    client.get(f"/f/{token}")
    talk(client, "canary-token")
    said = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    assert not [line for line in said if "canary" in line or token in line]
