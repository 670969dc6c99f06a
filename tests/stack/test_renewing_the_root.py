"""`afterword keys renew-root` on an installation: killed at each step it loses nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factory import Clinic
from sqlalchemy import select
from stack import Stack, rasas_own_role
from typer.testing import CliRunner, Result

from afterword import doctor
from afterword.access.chain import Head
from afterword.cli import cli
from afterword.records import alert_rows, alerts, audit, models
from afterword.records.alerts import Incident
from afterword.records.store import Records
from afterword.records.vault import Vault, VaultError, create_key_file, load_vault
from afterword.running import StillRunning, alone, while_running
from afterword.safety.finding import Category, Route, Tier
from afterword.settings import PROJECT, Settings, load_settings
from bot.seal import CLOSING, CannotOpen, Sealer, place_of
from bot.turn_table import TurnTable

WORDS, TURNS = "words about the clinician", 3
# Runs the command and is killed as it says for the n-th time how far it is.
KILLED = """
import os, signal, sys
from afterword import renewal
from afterword.settings import load_settings
left = int(sys.argv[1])
def report(line):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
renewal.renew(load_settings(), report)
"""


class Installation:
    """One that does not run, with a concern and a conversation, found by the command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        create_key_file(settings.keys)
        self.vault = load_vault(settings.keys)
        records = Records(settings.database, self.vault)
        clinic = Clinic(records, records.clock)  # type: ignore[arg-type]
        reflection = clinic.reflect(sharing=None)
        incident = Incident(
            reflection,
            Route.SAFEGUARDING,
            Tier.SAME_DAY,
            WORDS,
            evidence=("en-1",),
            categories=(Category.ABUSE_BY_CLINICIAN,),
            version="rules 1",
            language="en",
        )
        with records.begin() as tx:
            alerts.raise_alert(tx, incident)
            tx.note("test", "allowed", "keys", "")
        with records.read() as tx:
            self.head = audit.head(tx)
        records.close()
        table, sealer = self.turns(), self.sealer(self.vault)
        for turn in range(1, TURNS + 1):
            table.append("talk", turn, sealer.seal(b"[]", place_of("talk", turn)))
        table.erase("gone", sealer.seal(b"bye", place_of("gone", CLOSING)))
        table.close()

    def turns(self) -> TurnTable:
        # Rasa's environment has psycopg2, this one psycopg.
        url = str(self.settings.trackers)
        return TurnTable(url.replace("postgresql://", "postgresql+psycopg://"))

    @staticmethod
    def sealer(vault: Vault) -> Sealer:
        return Sealer(vault.derive("trackers"))

    def is_whole(self, vault: Vault) -> None:
        """The concern, the conversation and the audit open with these keys and no others."""
        records = Records(self.settings.database, vault)
        with records.read() as tx:
            row = tx.session.scalars(select(models.Alert)).one()
            assert alert_rows.detail(tx, row)["words"][0]["text"] == WORDS
            assert isinstance(audit.verify(tx, [self.head]), Head)
        records.close()
        table, sealer = self.turns(), self.sealer(vault)
        opened = [sealer.open(one, place_of("talk", turn)) for turn, one in table.read("talk")]
        closing = table.state("gone").closing
        table.close()
        assert opened == [b"[]"] * TURNS
        assert closing is not None
        assert sealer.open(closing, place_of("gone", CLOSING)) == b"bye"


@pytest.fixture
def installation(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setenv("AFTERWORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AFTERWORD_DATABASE_URL", database)
    if not database.startswith("sqlite"):
        monkeypatch.setenv("AFTERWORD_TRACKER_URL", rasas_own_role(database))
    return Installation(load_settings())


def renew(*options: str) -> Result:
    return CliRunner().invoke(cli, ["keys", "renew-root", *options])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_others_who_are_connected_keep_it_from_beginning(installation: Installation) -> None:
    keys = installation.settings.keys
    before, elsewhere = keys.read_bytes(), Records(installation.settings.database, load_vault(keys))
    with elsewhere.read() as tx:
        audit.head(tx)
    done = renew()
    elsewhere.close()
    assert "connected to the database (1)" in done.stderr
    assert keys.read_bytes() == before


def killed_at(step: int) -> None:
    command = [sys.executable, "-c", KILLED, str(step)]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL


def test_killed_at_each_step_nothing_is_lost_and_the_same_command_ends_it(
    installation: Installation,
) -> None:
    keys, old = installation.settings.keys, installation.vault
    # Each time it goes on where it was: the new key is made, conversations, database.
    for step in (1, 1, 2):
        killed_at(step)
        with pytest.raises(VaultError, match="afterword keys renew-root"):
            load_vault(keys)
    done = renew()
    assert done.exit_code == 0, done.output
    new = load_vault(keys)
    assert (new.former, new.keys) == ((old.root,), old.keys)
    assert new.root != old.root
    installation.is_whole(new)
    with pytest.raises((VaultError, CannotOpen)):
        installation.is_whole(old)
    assert doctor.unfit_keys(installation.settings) == ""


def test_what_is_not_whole_is_refused_and_nothing_changes(
    installation: Installation, tamper: Callable[[str], None]
) -> None:
    before = installation.settings.keys.read_bytes()
    tamper("UPDATE audit SET action = 'x' WHERE seq = 1")
    done = renew()
    assert done.exit_code == 2
    assert "The audit is broken at row 1" in done.stderr
    assert installation.settings.keys.read_bytes() == before


def test_keys_from_elsewhere_are_written_to_a_file_and_carried_over_then(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, file = installation.settings.keys.read_text(), tmp_path / "new.json"
    monkeypatch.setenv("AFTERWORD_KEY_SOURCE", "env:CLINIC_KEYS")
    monkeypatch.setenv("CLINIC_KEYS", old)
    assert "--to FILE" in renew().stderr
    done = renew("--to", str(file))
    assert "--carry-over" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in renew("--to", str(file)).stderr
    installation.is_whole(load_vault("env:CLINIC_KEYS"))
    monkeypatch.setenv("CLINIC_KEYS", file.read_text())
    assert json.loads(file.read_text())["former"] == [json.loads(old)["root"]]
    assert "--carry-over" in doctor.unfit_keys(load_settings())
    assert renew("--carry-over").exit_code == 0
    installation.is_whole(load_vault("env:CLINIC_KEYS"))
    assert doctor.unfit_keys(load_settings()) == ""


def test_while_it_runs_nothing_is_changed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stack.settings.keys.read_bytes()
    monkeypatch.setenv("AFTERWORD_DATA_DIR", str(stack.settings.data_dir))
    done = renew()
    assert done.exit_code == 2
    assert "It is running. Stop it first" in done.stderr
    assert stack.settings.keys.read_bytes() == before


def test_nothing_starts_while_the_key_is_changed(tmp_path: Path) -> None:
    starting = while_running(tmp_path)
    with alone(tmp_path), pytest.raises(StillRunning, match="Start again"), starting:
        pass
    with while_running(tmp_path), while_running(tmp_path):
        pass
