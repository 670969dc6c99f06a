"""`afterword review`: the verbs of the page on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from factory import Clinic, Clock
from typer.testing import CliRunner, Result

from afterword.access.policy import Role
from afterword.records import consents, misheard
from afterword.records.consents import Subject, Wording
from afterword.records.store import Records
from afterword.review_cli import review

ALEX, NAT = "alex@clinic.example", "nat@clinic.example"
Run = Callable[..., Result]


@pytest.fixture
def records(installation: Records) -> Records:
    clinic = Clinic(installation, Clock())
    clinic.add_clinician("Alex Roe", ALEX, Role.ADMIN)
    clinic.add_clinician("Nat Poe", NAT, Role.ANNOTATOR)
    clinic.add_clinician("Bea Poe", "bea@clinic.example")
    reflection = clinic.reflect(sharing=None)
    with installation.begin() as tx:
        consents.give(tx, reflection, Wording(Subject.TRAINING, 1, "en", "Words."), "page")
    for text in ("knock it on the head, Robin Okafor", "one up again"):
        with installation.begin() as tx:
            misheard.note(
                tx,
                reflection,
                question="heard",
                language="en",
                text=text,
                reason="fallback",
                did="unclear",
                guesses=[("stop", 0.4)],
                model="m",
            )
    return installation


@pytest.fixture
def run(records: Records) -> Run:
    return lambda *arguments: CliRunner().invoke(review, arguments)


def id_of(result: Result, text: str) -> str:
    lines = result.stdout.splitlines()
    return lines[lines.index(f"  {text}") - 1].split()[0]


def test_a_message_is_listed_without_names_and_labelled(run: Run) -> None:
    listed = run("list", "--as", ALEX)
    assert "0 of 2 done" in listed.stdout
    assert "Okafor" not in listed.stdout
    key = id_of(listed, "one up again")
    assert run("label", key, "back", "--as", ALEX).stdout == "Saved.\n"
    assert "1 of 2 done" in run("list", "--as", ALEX).stdout
    assert key in run("undo", "--as", ALEX).stdout
    assert run("skip", key, "--as", NAT).stdout == "Skipped.\n"
    assert run("undo", "--as", ALEX).stdout == "There is nothing to take back.\n"


def test_a_label_that_touches_safety_needs_two_addresses(run: Run) -> None:
    key = id_of(run("list", "--as", ALEX), "knock it on the head, <name>")
    assert "second person" in run("label", key, "stop", "--as", ALEX).stdout
    again = run("label", key, "stop", "--as", ALEX)
    assert (again.exit_code, again.stderr) == (
        2,
        "afterword: This needs a second person: ask a colleague.\n",
    )
    assert "A colleague says stop" in run("list", "--as", NAT).stdout
    assert run("label", key, "stop", "--as", NAT).stdout == "Saved.\n"


@pytest.mark.parametrize("who", ["nobody@clinic.example", "bea@clinic.example"])
def test_only_admins_and_annotators_decide(run: Run, who: str) -> None:
    assert run("list", "--as", who).exit_code == 2


def test_a_meaning_that_there_is_none_of_is_refused(run: Run) -> None:
    key = id_of(run("list", "--as", ALEX), "one up again")
    refused = run("label", key, "nonsense", "--as", ALEX)
    assert refused.exit_code == 2
    assert run("hide", key, "--as", ALEX).stdout == "Hidden. It will be deleted.\n"
    other = id_of(run("list", "--as", ALEX), "knock it on the head, <name>")
    assert run("answer", other, "--as", ALEX).stdout == "Saved.\n"


def test_all_meanings_are_printed(run: Run) -> None:
    listed = run("labels").stdout
    assert "back               Go back\n" in listed
    assert "stop               Stop  (needs a second person)\n" in listed


def test_what_is_taken_out_is_measured(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    lines = ("can [name:zyzzyva] see it", "call [phone:07700 900123]", "stop")
    file.write_text("\n".join(json.dumps({"language": "en", "text": one}) for one in lines))
    missed = run("measure", str(file), "--missed").stdout
    assert "3 lines. Taken out 1 of 2 (50.0%): name 0 of 1, phone 1 of 1." in missed
    assert "can [name:zyzzyva] see it  ->  can zyzzyva see it" in missed
    assert "2 of 2 (100.0%)" in run("measure", str(file), "--people", "Zyzzyva Poe").stdout
