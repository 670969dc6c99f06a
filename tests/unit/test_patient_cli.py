"""What an operator does for a patient who asks: a code, a copy, erasing, checking the proof."""

import json
from pathlib import Path

import pytest
from factory import Clinic, said
from typer.testing import CliRunner, Result

from afterword.access.actors import Actor
from afterword.access.chain import Head
from afterword.cli import cli
from afterword.hashing import matches
from afterword.records import audit, certificates, models, root_file, root_key
from afterword.records.rights_models import PatientCode
from afterword.records.store import Records
from afterword.records.vault import load_vault
from afterword.settings import Settings


def run(*words: str, input: str = "") -> Result:
    return CliRunner().invoke(cli, ["patient", *words], input=input)


def done(clinic: Clinic) -> list[str]:
    with clinic.records.read(by=Actor.operator("tests")) as tx:
        rows = audit.of_patient(tx, clinic.robin)
    return [f"{row.actor_kind} {row.action} {row.purpose}" for row in rows]


def test_patients_are_listed_by_name(clinic: Clinic) -> None:
    clinic.add_patient("Alex Abe")
    lines = run("list").stdout.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["Alex Abe", "Robin Okafor"]
    assert lines[1].startswith(clinic.robin)


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_code_is_printed_once_and_kept_as_a_hash(clinic: Clinic, by: str) -> None:
    shown = run("code", "--patient", "robin  okafor" if by == "name" else clinic.robin).stdout
    digits = shown.replace(" ", "").strip()
    assert len(digits) == 8 and digits.isdigit()
    with clinic.records.read() as tx:
        stored = tx.session.get_one(PatientCode, clinic.robin).code_hash
    assert matches(digits, stored)
    assert digits not in stored
    assert "operator manage_clinic patient code" in done(clinic)


def test_each_code_is_another_one(clinic: Clinic) -> None:
    assert (
        run("code", "--patient", clinic.robin).stdout
        != run("code", "--patient", clinic.robin).stdout
    )


@pytest.mark.parametrize("before", [None, "an older copy that is longer" * 1000])
def test_a_copy_is_written_for_nobody_else_to_read(
    clinic: Clinic, tmp_path: Path, before: str | None
) -> None:
    clinic.reflect(said("heard", "canary words"))
    file = tmp_path / "copy.json"
    if before:
        file.write_text(before)
        file.chmod(0o666)
    open_since = file.open() if before else None
    assert run("export", "--patient", "Robin Okafor", "--out", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    found = json.loads(file.read_text())
    assert found["person"]["name"] == "Robin Okafor"
    assert found["reflections"][0]["answers"][0]["words"] == "canary words"
    assert json.loads(run("export", "--patient", "Robin Okafor").stdout)["format"]
    assert "operator export_patient patient export" in done(clinic)
    if open_since:
        assert open_since.read() == before
        open_since.close()
    assert list(tmp_path.glob(".copy*")) == []


def test_where_no_file_can_be_a_line_says_so(clinic: Clinic, tmp_path: Path) -> None:
    for out in (tmp_path / "none" / "copy.json", tmp_path):
        failed = run("export", "--patient", "Robin Okafor", "--out", str(out))
        assert failed.exit_code == 2
        assert failed.stderr.startswith(f"afterword: {out} cannot be written: ")


def test_erasing_gives_a_certificate_that_verifies(clinic: Clinic, tmp_path: Path) -> None:
    clinic.reflect(said("heard", "canary words"))
    file = tmp_path / "proof.json"
    asked = run("erase", "--patient", "Robin Okafor", input="n\n")
    assert asked.exit_code == 1
    with clinic.records.read() as tx:
        assert tx.session.get(models.Patient, clinic.robin) is not None
    assert run("erase", "--patient", "Robin Okafor", "--yes", "--out", str(file)).exit_code == 0
    with clinic.records.read() as tx:
        assert tx.session.get(models.Patient, clinic.robin) is None
    verified = run("certificate", "verify", str(file))
    assert verified.exit_code == 0, verified.output
    assert "Genuine" in verified.stdout
    assert "operator erase_patient patient erase" in done(clinic)
    file.write_text(file.read_text().replace('"answer": 1', '"answer": 2'))
    changed = run("certificate", "verify", str(file))
    assert changed.exit_code == 2
    assert "It was changed" in changed.output


def test_after_a_change_of_the_root_only_a_certificate_that_the_audit_knows_counts(
    clinic: Clinic, tmp_path: Path
) -> None:
    keys, old = tmp_path / "keys.json", clinic.records.vault
    gone = clinic.add_patient("Kim Lund")
    genuine, forged = tmp_path / "proof.json", tmp_path / "forged.json"
    assert run("erase", "--patient", gone, "--yes", "--out", str(genuine)).exit_code == 0
    made = json.loads(genuine.read_text())
    audited = Head(made["audit"]["seq"], made["audit"]["link"])
    root_file.propose(keys)
    root_file.settle(keys)
    present = Records(Settings(data_dir=tmp_path).database, load_vault(keys), clinic.clock)
    with present.begin() as tx:
        root_key.carry_over(tx)
    present.close()
    # Somebody who knows the old root says that Robin was erased, too.
    body = certificates.make(
        old,
        patient=clinic.robin,
        at=clinic.clock.now,
        deleted={},
        keys=[],
        conversations=0,
        tombstone="",
        tombstone_in_file=True,
        audit=audited,
    )
    forged.write_text(json.dumps(body))
    assert "Genuine" in run("certificate", "verify", str(genuine)).stdout
    refused = run("certificate", "verify", str(forged))
    assert refused.exit_code == 2
    assert "the audit has no such erasure" in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["erase", "--patient", "Nobody", "--yes"], "No patients fit."),
        (["code", "--patient", "Robin Okafor"], "2 patients fit."),
        (["certificate", "verify", "no-such-file"], "cannot be read"),
    ],
)
def test_what_is_not_possible_is_told_and_changes_nothing(
    clinic: Clinic, words: list[str], told: str
) -> None:
    clinic.add_patient("Robin Okafor")
    result = run(*words)
    assert result.exit_code == 2
    assert told in result.output
    assert len(run("list").stdout.splitlines()) == 2
