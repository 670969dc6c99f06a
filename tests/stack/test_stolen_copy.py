"""Whoever steals a copy of everything but the key file reads no word and no name in it."""

import gzip
import re
import shutil
import sqlite3
import tarfile
import uuid
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import httpx
from case import Case
from factory import said
from sqlalchemy import LargeBinary, select
from stack import Stack
from stolen import found_in

from afterword.access.actors import Actor
from afterword.gateway.spool import Spool
from afterword.records import (
    accounts,
    alert_desk,
    consents,
    data_versions,
    glass,
    models,
    reflections,
)
from afterword.records.consents import Subject, Wording
from afterword.records.vault import Vault
from afterword.settings import PROJECT
from afterword.training import model as training

DATABASES = ("afterword.db", "conversations.db")
TRAINING = Wording(Subject.TRAINING, 1, "en", "Words may be used to teach it.")


def reflects(case: Case, canary: str) -> None:
    """Words in the chat: not understood, as a command, at open questions; shared and read."""
    with case.stack.records.begin() as tx:
        consents.give(tx, case.reflection_id, TRAINING, "page")
    patient = case.patient()
    patient.start()
    patient.type(f"the bus was late {canary}")
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


def is_in_danger(case: Case, canary: str) -> None:
    """Words of danger and about the clinician, answers before and after, what staff note."""
    duty, safeguarding = case.contact("duty"), case.contact("safeguarding")
    patient = case.patient()
    patient.start()
    for text in ("I want to kill myself", "my therapist kissed me"):
        patient.type(f"{text} {canary}")
    for choice in ("forward_yes", "go_on"):
        patient.tap(f"safety.{choice}")
    with case.stack.records.begin() as tx:
        for words in ("before", "after"):
            wish = said("wish", f"{words} {canary}")
            reflections.record_answer(tx, case.reflection_id, wish, str(uuid.uuid4()))
    for email in (duty, safeguarding):
        with case.stack.records.read() as tx:
            staff = str(accounts.by_email(tx, email))
        with case.stack.records.begin(by=Actor.staff(staff)) as tx:
            (alert,) = alert_desk.for_staff(tx, staff)
            assert canary in alert.words[0].text, "those who have to read it can"
            alert_desk.close(tx, staff, alert.id, alert_desk.OUTCOMES[0], f"called {canary}")
    with case.stack.records.begin(by=Actor.staff(staff)) as tx:
        glass.break_glass(tx, staff, name=f"Pat {canary}", reason=f"asked for by {canary}")
    case.settled()


def deletes(case: Case, canary: str) -> None:
    """Words that were there and are not any more."""
    patient = case.patient()
    patient.start()
    patient.tap("heard.1")
    patient.type(f"it was about number {canary}")
    with httpx.Client(base_url=case.stack.url, follow_redirects=True) as browser:
        page = browser.get(f"/f/{case.token}/form/review").text
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        browser.post(f"/f/{case.token}/form/review", data=fields | {"decision": "delete_yes"})
    assert case.state() == "deleted"


def steal(stack: Stack, loot: Path) -> None:
    """Data folder with logs, the model, and a backup as docs/runbooks.md says; not the key file."""
    settings = stack.settings
    left_out = shutil.ignore_patterns(settings.keys.name, "*.bell")
    shutil.copytree(settings.data_dir, loot / "data", ignore=left_out)
    model = training.find(PROJECT, settings.models_dir, settings.model_key)
    assert model is not None
    for folder in ("models", "backup"):
        (loot / folder).mkdir()
    for path in settings.models_dir.glob(f"{model.fingerprint}*"):
        shutil.copy(path, loot / "models")
    for name in DATABASES:
        source, target = settings.data_dir / name, loot / "backup" / name
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as kept:
            live.backup(kept)


def keys_of(vault: Vault) -> set[bytes]:
    """Each key itself, as it is derived and as a variable or a file would hold it."""
    derived = {vault.derive(one) for one in ("trackers", "channel", "actions", "audit", "conduct")}
    return {vault.root, *vault.keys.values(), *derived}


def empty_columns(database: Path) -> list[str]:
    """Sealed columns in which nothing was put: what is not there cannot be found either."""
    sealed = [
        (table.name, column.name)
        for table in models.Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.name.startswith("sealed_")
    ]
    with closing(sqlite3.connect(database)) as kept:
        return [
            f"{table}.{column}"
            for table, column in sealed
            if not kept.execute(
                f"SELECT count(*) FROM {table} WHERE length({column}) > 0"
            ).fetchone()[0]
        ]


def test_with_a_stolen_copy_but_not_the_key_no_word_and_no_name_is_found(
    stack: Stack, tmp_path: Path
) -> None:
    # Digits among plain words: a word that nobody writes may be taken for anything.
    canary = f"{uuid.uuid4().int:039d}"[:16]
    cases = [stack.case(goals=(f"goal {canary}",), named=canary) for _ in range(3)]
    reflects(cases[0], canary)
    is_in_danger(cases[1], canary)
    deletes(cases[2], canary)
    with stack.records.begin() as tx:
        clinic = str(tx.session.scalar(select(models.Clinic.id)))
        data_versions.add(tx, clinic, language="en", label="stop", text=f"no more {canary}")
    loot = tmp_path / "loot"
    steal(stack, loot)
    Spool(loot / "data" / "spool", stack.vault).keep(cases[0].token, "one", canary, "chat")
    assert empty_columns(loot / "backup" / "afterword.db") == []
    with closing(sqlite3.connect(loot / "backup" / "conversations.db")) as talks:
        assert talks.execute("SELECT count(*) FROM conversation_turn").fetchone()[0]
    tokens = {case.token.encode() for case in cases}
    assert found_in(loot, {canary.encode(), *tokens, *keys_of(stack.vault)}) == set()


def test_in_clear_it_would_be_found_wherever_it_stands(tmp_path: Path) -> None:
    canary = b"4711471147114711"
    packed = tmp_path / "inner.txt"
    packed.write_bytes(b"words " + canary)
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(packed, "nlu/inner.txt")
    packed.unlink()
    (tmp_path / "old.log.gz").write_bytes(gzip.compress(b"at " + canary))
    (tmp_path / "wide.txt").write_bytes(b"\xff\xfe" + canary.decode().encode("utf-16-le"))
    for before in range(3):
        (tmp_path / f"url{before}.log").write_bytes(b64encode(bytes(before) + canary + b"?"))
    with closing(sqlite3.connect(tmp_path / "free.db")) as left:
        left.execute("PRAGMA secure_delete=OFF")
        left.execute("CREATE TABLE words (text)")
        left.execute("INSERT INTO words VALUES (?)", (b"x" * 50 + canary,))
        left.commit()
        left.execute("DELETE FROM words")
        left.commit()
    long = sqlite3.connect(tmp_path / "long.db")
    long.execute("PRAGMA journal_mode=WAL")
    long.execute("CREATE TABLE words (text)")
    # Each of them on two pages at least: somewhere the words are cut in two.
    for start in range(4080, 4100):
        long.execute("INSERT INTO words VALUES (?)", (b"x" * start + canary,))
    long.commit()
    found = found_in(tmp_path, [canary])
    long.close()
    assert found == {
        "free.db",
        "long.db-wal",
        "long.db: rows",
        "model.tar.gz: gunzipped: nlu/inner.txt",
        "model.tar.gz: gunzipped",
        "old.log.gz: gunzipped",
        *("url0.log", "url1.log", "url2.log", "wide.txt"),
    }
