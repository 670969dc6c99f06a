"""What a patient writes is in clear in no log, no database file and no tracker row."""

import sqlite3
import uuid

from stack import Stack


def test_a_canary_is_found_nowhere(stack: Stack) -> None:
    # Digits among plain words: a word that nobody writes may be taken for anything.
    canary = f"{uuid.uuid4().int:039d}"[:16]
    goal = f"goal{uuid.uuid4().hex}"
    case = stack.case(goals=(goal,))
    patient = case.patient()
    patient.start()
    patient.type(f"the walk helped, number {canary}")
    patient.type(f"/restart {canary}")
    patient.tap("heard.1")
    for tap in ("safe.5", "goals.5", f"goal-{case.goal_ids[0]}.mine", "approach.5", "snag.1"):
        patient.tap(tap)
    patient.type(f"she listened and wrote down {canary} for me")
    patient.type(f"she listened and wrote down {canary} for me")
    patient.type(f"more time to talk, see my list number {canary}")
    patient.tap("review.share")
    assert case.digest().count(canary) >= 3, "the clinician does see it"
    for path in stack.settings.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (canary, goal, case.token, case.email, "Pat Example", "Dr Test"):
                assert secret.encode() not in content, path.name


def test_tracker_rows_hold_no_intent_in_clear(stack: Stack) -> None:
    patient = stack.case().patient()
    patient.start()
    patient.type("who can see this?")
    found = sqlite3.connect(stack.settings.data_dir / "conversations.db")
    rows = found.execute("SELECT * FROM conversation_turn").fetchall()
    found.close()
    assert rows
    assert not any("ask_who_sees" in str(value) for row in rows for value in row)
