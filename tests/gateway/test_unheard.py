"""Words that cannot be taken in are answered all the same: dead links, floods, a hang."""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from danger import PLAIN, PLAIN_ES, alerts, duty, links
from stand_in import Clinic
from starlette.testclient import TestClient
from talking import auth, post

from afterword.gateway import late
from afterword.gateway.limits import Limits
from afterword.quotas import MESSAGE_BODY
from afterword.records.store import RecordsAway

UNSEEN = "nobody is told of it"


def form(text: str) -> dict[str, str]:
    return {"id": str(uuid.uuid4()), "shown": "helped", "words.helped": text}


def flooded(client: TestClient, token: str) -> None:
    for _ in range(Limits.MESSAGES.amount):
        post(client, token, text="again")


@pytest.mark.parametrize("text", [PLAIN, PLAIN_ES])
def test_a_dead_link_gets_help_and_hears_that_nobody_is_told(
    client: TestClient, clinic: Clinic, text: str
) -> None:
    duty(clinic)
    reply = post(client, clinic.link(valid_for=timedelta(seconds=-1)), text=text)
    assert reply.status_code == 404
    said = reply.json()["safety"]
    assert any(link.startswith("tel:") for link in links(said))
    unseen = UNSEEN if text is PLAIN else "no se avisa a nadie"
    assert any(unseen in line["text"] for line in said)


def test_the_reply_is_the_same_for_a_guessed_and_an_expired_link(
    client: TestClient, clinic: Clinic
) -> None:
    expired = clinic.link(valid_for=timedelta(seconds=-1))
    replies = {post(client, token, text=PLAIN).text for token in (expired, "guessed")}
    assert len(replies) == 1


def test_a_form_by_a_dead_link_gets_help_too(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link(valid_for=timedelta(seconds=-1))
    page = client.post(f"/f/{token}/form", data=form(PLAIN))
    assert page.status_code == 404
    assert UNSEEN in page.text
    assert UNSEEN not in client.post(f"/f/{token}/form", data=form("She listened.")).text


def test_over_the_limit_it_is_answered_and_told_once(client: TestClient, clinic: Clinic) -> None:
    duty(clinic)
    token, key = clinic.link(), str(uuid.uuid4())
    flooded(client, token)
    for _ in range(2):
        reply = post(client, token, id=key, text=PLAIN)
        assert reply.status_code == 429
        assert "tel:999" in links(reply.json()["safety"])
    (alert,) = alerts(clinic, token)
    assert (alert.tier, alert.state) == ("same_day", "open")
    assert "safety" not in post(client, token, text="She listened.").json()


def test_a_form_over_the_limit_is_answered_too(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    flooded(client, token)
    page = client.post(f"/f/{token}/form", data=form(PLAIN))
    assert page.status_code == 429
    assert "tel:999" in page.text
    assert len(alerts(clinic, token)) == 1


def test_a_flood_without_end_is_not_looked_at_any_more(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    flooded(client, token)
    replies = [post(client, token, text=PLAIN) for _ in range(Limits.LATE.amount + 1)]
    assert all("safety" in reply.json() for reply in replies[:1])
    assert "safety" not in replies[-1].json()
    assert len(alerts(clinic, token)) == 1


@pytest.mark.parametrize(
    "text",
    [f"{PLAIN}. " + "a" * MESSAGE_BODY, f"{PLAIN} \N{GRINNING FACE}. " + "é" * MESSAGE_BODY],
)
def test_a_message_of_any_size_is_answered(client: TestClient, clinic: Clinic, text: str) -> None:
    token = clinic.link()
    reply = post(client, token, text=text)
    assert (reply.status_code, reply.json()["error"]) == (413, "long")
    assert "tel:999" in links(reply.json()["safety"])
    assert len(alerts(clinic, token)) == 1


@pytest.mark.parametrize("sign", [r"\ud83d", r"\udb4b", r"\u0000"])
@pytest.mark.parametrize("token", ["a link", "no link"])
def test_a_sign_that_cannot_be_stored_leaves_no_words_unanswered(
    client: TestClient, clinic: Clinic, sign: str, token: str
) -> None:
    """Half a sign of two, where a message was cut off or a program sends what it likes."""
    link = clinic.link() if token == "a link" else "x" * 32
    for rest in ("a" * MESSAGE_BODY, f'", "id": "{uuid.uuid4()}"}}'):
        body = f'{{"text": "{PLAIN} {sign}. {rest}'
        reply = client.post("/api/messages", content=body, headers=auth(link))
        assert reply.status_code in {202, 404, 413}
        if reply.status_code != 202:
            assert any(one.startswith("tel:") for one in links(reply.json()["safety"]))
    if token == "a link":
        assert len(alerts(clinic, link)) == 1


def test_the_end_of_a_message_that_is_too_long_is_looked_at(
    client: TestClient, clinic: Clinic
) -> None:
    reply = post(client, clinic.link(), text="tea. " * 4_000 + PLAIN)
    assert reply.json()["error"] == "long"
    assert "tel:999" in links(reply.json()["safety"])


@contextmanager
def hanging(clinic: Clinic) -> Iterator[None]:
    """A database that answers nobody, and refuses nobody either."""
    with closing(sqlite3.connect(str(clinic.records.engine.url.database))) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.rollback()


def test_a_database_that_hangs_keeps_nobody_waiting(impatient: TestClient, clinic: Clinic) -> None:
    token, key = clinic.link(), str(uuid.uuid4())
    with hanging(clinic):
        reply = post(impatient, token, id=key, text=PLAIN)
        assert reply.status_code == 503
        assert any(link.startswith("tel:") for link in links(reply.json()["safety"]))
        page = impatient.post(f"/f/{token}/form", data=form(PLAIN))
        assert page.status_code == 503
        assert "tel:" in page.text
        with pytest.raises(RecordsAway):
            post(impatient, token, text="She listened.")
    late.play_in_once(clinic.context)
    assert len(alerts(clinic, token)) == 1


def test_what_is_no_message_is_refused_as_ever(client: TestClient, clinic: Clinic) -> None:
    for body in (b"", b"{", b'{"text": 5}', json.dumps(["text", PLAIN]).encode()):
        reply = client.post(
            "/api/messages", content=body, headers={"Authorization": f"Bearer {clinic.link()}"}
        )
        assert reply.status_code == 422
