"""What is kept of a conversation, and what is not: crashes, sealed rows, erasure."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from bot_harness import Actions, Rasa, texts


def database(rasa: Rasa) -> Path:
    return rasa.folder / "trackers.db"


def rows(rasa: Rasa, table: str, conversation: str) -> int:
    with sqlite3.connect(database(rasa)) as connection:
        query = f"SELECT count(*) FROM {table} WHERE conversation = ?"
        return int(connection.execute(query, (conversation,)).fetchone()[0])


def stored_bytes(rasa: Rasa) -> bytes:
    """The database with its write-ahead log."""
    files = sorted(rasa.folder.glob("trackers.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


def test_a_killed_server_goes_on_where_the_last_whole_turn_ended(
    new_rasa: Callable[..., Rasa], well: Actions, conversation: str
) -> None:
    rasa = new_rasa().start()
    start = rasa.send(conversation, str(uuid.UUID(int=1)), choice="menu.start").json()
    well.slow = {"action_ask_answer": 5}
    fields = {"conversation": conversation, "message": str(uuid.UUID(int=2)), "choice": "heard.4"}
    with pytest.raises(httpx.ReadTimeout):
        rasa.post("turn", json.dumps(fields).encode(), timeout=0.3)
    rasa.kill()
    well.slow = {}
    # A new key; the old one still opens what it sealed.
    rasa.environment["AFTERWORD_TRACKER_OLD_KEYS"] = rasa.tracker_key
    rasa.tracker_key = base64.b64encode(os.urandom(32)).decode()
    rasa.start()
    assert rasa.send(conversation, str(uuid.UUID(int=1)), choice="menu.start").json() == start
    retried = rasa.send(conversation, str(uuid.UUID(int=2)), choice="heard.4").json()
    assert texts(retried["replies"]) == ["Question note"]
    assert texts(rasa.say(conversation, text="it went well")) == ["It is closed."]
    assert well.heard(conversation)[-2:] == [("heard", "Mostly"), ("note", "it went well")]
    rasa.stop()


def test_what_patients_write_is_in_no_file_and_no_log(rasa: Rasa, conversation: str) -> None:
    canary = "zebrafinch"
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, text=f"my {canary} sings at night")
    assert rows(rasa, "conversation_turn", conversation) == 2
    stored = stored_bytes(rasa)
    assert conversation.encode() in stored
    for secret in (canary, "sings", "Question", "answer", "heard"):
        assert secret.encode() not in stored
    assert canary not in rasa.log()
    assert conversation not in rasa.log()


def test_an_erased_conversation_leaves_no_rows_and_stays_erased(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    with sqlite3.connect(database(rasa)) as connection:
        query = "SELECT data FROM conversation_turn WHERE conversation = ?"
        sealed = [row[0] for row in connection.execute(query, (conversation,))]
    rasa.say(conversation, choice="menu.stop_delete")
    erasing = str(uuid.uuid4())
    erased = rasa.send(conversation, erasing, choice="delete.yes").json()
    assert erased["erased"] is True
    assert texts(erased["replies"]) == ["It is closed."]
    assert rows(rasa, "conversation_turn", conversation) == 0
    stored = stored_bytes(rasa)
    assert not any(data in stored for data in sealed)

    calls = len(actions.calls)
    assert rasa.send(conversation, erasing, choice="delete.yes").json() == erased
    later = rasa.send(conversation, text="are you there?").json()
    assert (later["erased"], later["replies"]) == (True, erased["replies"])
    assert len(actions.calls) == calls
    assert rows(rasa, "conversation_turn", conversation) == 0


def test_the_gateway_can_erase_a_conversation(rasa: Rasa, conversation: str) -> None:
    rasa.say(conversation, choice="menu.start")
    content = json.dumps({"conversation": conversation}).encode()
    for _ in range(2):
        assert rasa.post("erase", content).json() == {"erased": True}
    assert rows(rasa, "conversation_turn", conversation) == 0
    after = rasa.send(conversation, choice="menu.start").json()
    assert (after["erased"], after["replies"]) == (True, [])


def test_an_unreadable_row_fails_the_turn_instead_of_starting_over(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    other = uuid.uuid4().hex
    rasa.say(other, choice="menu.start")
    with sqlite3.connect(database(rasa)) as connection:
        connection.execute(
            "INSERT INTO conversation_turn SELECT ?, seq, data, key_id, created"
            " FROM conversation_turn WHERE conversation = ?",
            (conversation, other),
        )
    assert rasa.send(conversation, choice="heard.4").status_code == 503
    assert not actions.called("validate_reflection_form", conversation)


def test_a_locked_database_fails_the_turn_and_the_retry_lands_right(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    writer = sqlite3.connect(database(rasa), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert rasa.send(conversation, choice="heard.4").status_code == 503
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    assert texts(rasa.say(conversation, choice="heard.4")) == ["Question note"]
    assert texts(rasa.say(conversation, text="and a note")) == ["It is closed."]
    assert actions.heard(conversation)[-1] == ("note", "and a note")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"AFTERWORD_CHANNEL_KEY": ""}, "AFTERWORD_CHANNEL_KEY is not set"),
        ({"AFTERWORD_TRACKER_KEY": "c2hvcnQ="}, "must hold 32 bytes, not 5"),
        ({"SANIC_WORKERS": "2"}, "SANIC_WORKERS must be 1"),
    ],
)
def test_it_does_not_start_without_what_it_needs(
    new_rasa: Callable[..., Rasa], environment: dict[str, str], words: str
) -> None:
    rasa = new_rasa(environment=environment)
    assert rasa.spawn().wait(40) != 0
    assert words in rasa.log()


def test_it_does_not_serve_on_a_store_that_rasa_fell_back_to(
    new_rasa: Callable[..., Rasa],
) -> None:
    rasa = new_rasa(endpoints={"StrictTrackerStore": "StrictTrackerStor"})
    assert rasa.spawn().wait(40) != 0
    assert "tracker_store must be" in rasa.log()
