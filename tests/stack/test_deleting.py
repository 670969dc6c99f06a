"""Deleting reaches Rasa's copy too, also from the plain form and while Rasa is busy elsewhere."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
from case import Case
from stack import Stack
from waiting import wait_for

from afterword.access.actors import Actor
from afterword.records import consents, erasure, models, reflections
from afterword.records.tombstones import Tombstones


def turns_of(stack: Stack, case: Case) -> int:
    """How many turns of a case Rasa still holds."""
    with stack.records.read() as tx:
        reflection = reflections.by_id(tx, case.reflection_id)
    assert reflection is not None
    found = sqlite3.connect(stack.settings.data_dir / "conversations.db")
    query = "SELECT count(*) FROM conversation_turn WHERE conversation = ?"
    (count,) = found.execute(query, (reflection.conversation,)).fetchone()
    found.close()
    return int(count)


def test_deleting_on_the_plain_form_reaches_rasa(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.1")
    assert turns_of(stack, case) > 0
    with httpx.Client(base_url=stack.url, follow_redirects=True) as browser:
        page = browser.get(f"/f/{case.token}/form/review").text
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        browser.post(f"/f/{case.token}/form/review", data=fields | {"decision": "delete_yes"})
    assert case.state() == "deleted"
    wait_for("Rasa to forget", lambda: turns_of(stack, case) == 0)


def turns_in(path: Path, conversation: str) -> int:
    query = "SELECT count(*) FROM conversation_turn WHERE conversation = ?"
    with closing(sqlite3.connect(path)) as found:
        (count,) = found.execute(query, (conversation,)).fetchone()
    return int(count)


def copied(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(target)) as after:
        before.backup(after)


def test_an_erased_patient_is_gone_from_rasa_and_comes_back_with_no_backup(
    stack: Stack, tmp_path: Path
) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.1")
    with stack.records.read() as tx:
        reflection = reflections.by_id(tx, case.reflection_id)
        assert reflection is not None
        (agreed,) = consents.of_patient(tx, reflection.patient_id)
    assert (agreed.channel, agreed.version, agreed.withdrawn_at) == ("chat", 1, None)
    talks, backup = stack.settings.data_dir / "conversations.db", tmp_path / "talks.db"
    assert turns_in(talks, reflection.conversation) > 0
    copied(talks, backup)
    erasure.carry_out(
        stack.records,
        Tombstones(stack.settings.tombstone_file),
        reflection.patient_id,
        by=Actor.operator("tests"),
        purpose="test",
    )
    wait_for("Rasa to forget", lambda: turns_in(talks, reflection.conversation) == 0)
    with stack.records.read() as tx:
        assert tx.session.get(models.Patient, reflection.patient_id) is None
    copied(backup, talks)
    assert turns_in(talks, reflection.conversation) > 0
    stack.kill("worker")
    wait_for("Rasa to forget again", lambda: turns_in(talks, reflection.conversation) == 0)
