"""The audit on both databases: what was changed, taken out or cut off is found."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factory import Clinic, Clock
from sqlalchemy import text
from typer.testing import CliRunner, Result

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.cli import cli
from afterword.delivery.anchors import Anchoring, anchor_file
from afterword.records import audit, history
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault

Run = Callable[..., Result]
Tamper = Callable[[str], None]
READS = 5


@pytest.fixture
def records(database: str, tmp_path: Path, clock: Clock) -> Iterator[Records]:
    create_key_file(tmp_path / "keys.json")
    opened = Records(database, load_vault(tmp_path / "keys.json"), clock)
    yield opened
    opened.close()


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("AFTERWORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AFTERWORD_DATABASE_URL", database)
    return lambda *words: CliRunner().invoke(cli, ["audit", *words])


@pytest.fixture
def read(clinic: Clinic) -> Clinic:
    """A clinic in which Ada has looked at Robin's packs some times."""
    for _ in range(READS):
        with clinic.records.read(by=Actor.staff(clinic.ada), purpose="packs") as tx:
            history.packs_of(tx, clinic.robin)
    return clinic


def test_a_whole_chain_is_said_to_be_whole(read: Clinic, run: Run) -> None:
    said = run("verify")
    assert said.exit_code == 0
    assert said.stdout.startswith(f"Whole: {READS} rows, 0 earlier heads fit.")
    assert run("head").stdout.split()[0] == str(READS)


@pytest.mark.parametrize(
    ("statement", "row", "why"),
    [
        ("UPDATE audit SET actor_id = 'x' WHERE seq = 3", 3, "was changed"),
        ("UPDATE audit SET outcome = 'denied' WHERE seq = 5", 5, "was changed"),
        ("DELETE FROM audit WHERE seq = 2", 2, "is missing"),
        ("DELETE FROM audit WHERE seq = 1", 1, "is missing"),
        (
            "UPDATE audit SET link = (SELECT link FROM audit WHERE seq = 4) WHERE seq = 5",
            5,
            "chang",
        ),
    ],
)
def test_what_was_changed_or_taken_out_is_found(
    read: Clinic, run: Run, tamper: Tamper, statement: str, row: int, why: str
) -> None:
    tamper(statement)
    said = run("verify")
    assert said.exit_code == 1
    assert f"BROKEN at row {row}:" in said.stderr
    assert why in said.stderr


def test_what_was_cut_off_at_the_end_shows_by_an_earlier_head(
    read: Clinic, run: Run, tamper: Tamper, tmp_path: Path
) -> None:
    assert Anchoring(read.records, anchor_file(tmp_path)).once()
    tamper("DELETE FROM audit WHERE seq > 3")
    said = run("verify")
    assert said.exit_code == 1
    assert "cut off" in said.stderr
    # Without the file nothing shows, which is why it has to be kept elsewhere, too.
    anchor_file(tmp_path).unlink()
    assert run("verify").exit_code == 0


def test_a_chain_that_was_made_anew_shows_by_an_earlier_head(
    read: Clinic, run: Run, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text(f"3 {'0' * 64}\n", encoding="utf-8")
    said = run("verify", "--anchors", str(elsewhere))
    assert said.exit_code == 1
    assert "made anew" in said.stderr


@pytest.mark.parametrize("line", ["words", "3 short", "x " + "0" * 64])
@pytest.mark.usefixtures("records")
def test_a_file_that_holds_no_heads_is_refused(run: Run, line: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text(line, encoding="utf-8")
    for file in (elsewhere, tmp_path / "not there"):
        assert run("verify", "--anchors", str(file)).exit_code == 2


def test_the_worker_keeps_one_head_a_day(read: Clinic, clock: Clock, tmp_path: Path) -> None:
    anchoring = Anchoring(read.records, anchor_file(tmp_path))
    kept = []
    for hours in (0, 12, 11, 1, 24):
        clock.move(hours=hours)
        kept.append(anchoring.once())
    assert kept == [True, False, False, True, True]
    assert len(anchor_file(tmp_path).read_text(encoding="utf-8").splitlines()) == 3


def test_the_list_tells_who_and_what_by_patient_and_by_staff(read: Clinic, run: Run) -> None:
    for option, key in (("--patient", read.robin), ("--staff", read.ada)):
        lines = run("show", option, key).stdout.splitlines()
        assert len(lines) == READS
        assert f"staff:{read.ada}  allowed  choose_packs  patient:{read.robin}" in lines[0]
    # Looking at it leaves a row, too.
    assert "read_audit" in run("show", "--patient", read.robin).stdout
    assert run("show").exit_code == 2


def test_the_database_itself_refuses_to_change_a_row(read: Clinic) -> None:
    for statement in ("UPDATE audit SET actor_id = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="append-only"), read.records.engine.begin() as at:
            at.execute(text(statement))


def test_only_whoever_looks_after_privacy_reads_it(read: Clinic) -> None:
    for ask in (audit.of_patient, audit.of_staff, audit.of_clinic):
        with pytest.raises(Denied), read.records.read(by=Actor.staff(read.ada)) as tx:
            ask(tx, read.robin)
