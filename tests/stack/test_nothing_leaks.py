"""What a patient writes is in clear in no log, no database file and no tracker row."""

import re
import sqlite3
import uuid
from pathlib import Path

from sqlalchemy import select
from stack import Stack
from waiting import wait_for

from afterword.records import inbox, models


def test_tracker_rows_hold_no_intent_in_clear(stack: Stack) -> None:
    patient = stack.case().patient()
    patient.start()
    patient.type("who can see this?")
    found = sqlite3.connect(stack.settings.data_dir / "conversations.db")
    rows = found.execute("SELECT * FROM conversation_turn").fetchall()
    found.close()
    assert rows
    assert not any("ask_who_sees" in str(value) for row in rows for value in row)


def taken(stack: Stack) -> bool:
    """Whether the worker has sent on the only message that waits."""
    query = select(models.Inbox.attempts).where(models.Inbox.state == inbox.RECEIVED)
    with stack.records.read() as tx:
        return tx.session.scalar(query) == 1


def test_failures_tell_nothing_of_what_was_written(tmp_path: Path) -> None:
    """An action that raises, a Rasa that hangs, an action server that dies, and slash text."""
    words = f"she said that canary{uuid.uuid4().hex} would help"
    canary = re.findall(r"canary\w+", words)[0]
    with Stack(tmp_path / "data") as stack:
        patient = stack.case(goals=()).patient()
        patient.start()
        patient.tap("heard.1")
        patient.type(f"/restart {words}")
        with stack.hanging("rasa"):
            message = str(uuid.uuid4())
            patient.post({"choice": "safe.5"}, message)
            wait_for("the worker to take it", lambda: taken(stack))
            clinic = sqlite3.connect(stack.settings.data_dir / "afterword.db", timeout=30)
            clinic.execute("BEGIN IMMEDIATE")
        # Rasa goes on, and the action cannot write: it waits for the lock and then raises.
        wait_for("the action to fail", lambda: "an action failed" in stack.logs(), 60)
        clinic.execute("ROLLBACK")
        clinic.close()
        patient.answered(message)
        with stack.hanging("actions"):
            message = str(uuid.uuid4())
            patient.post({"text": words}, message)
            stack.kill("rasa")
            stack.kill("actions")
        patient.answered(message)
        for text in (f'/inform{{"x": "{canary}"}}', f"{canary} %s {{0}} \x1b[2J", words):
            patient.type(text)
        said = stack.logs()
        for path in stack.settings.data_dir.rglob("*"):
            if path.is_file():
                assert canary.encode() not in path.read_bytes(), path.name
    assert "a turn failed" in said, "the failures were logged"
    assert "Traceback" not in said
    # Ours are in UTC and say so; Rasa's are as Rasa writes them.
    line = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d+(\+00:00)? [A-Z]+ \S+ ")
    assert [one for one in said.splitlines() if one and not line.match(one)] == []
