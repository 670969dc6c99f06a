"""`afterword wording`: the verbs of the pages on the command line."""

from collections.abc import Callable

import pytest
from factory import Clinic
from typer.testing import CliRunner, Result

from afterword.doctor import missing_questions
from afterword.records import models, people
from afterword.settings import load_settings
from afterword.wording_cli import wording

Run = Callable[..., Result]
HEARD, NEW = "core/heard/ask", "Did {clinician} get what was on your mind?"


@pytest.fixture
def run(clinic: Clinic) -> Run:
    return lambda *arguments: CliRunner().invoke(wording, arguments)


def test_a_text_is_changed_shown_and_taken_back(run: Run) -> None:
    done = run("set", "en", HEARD, NEW, "--reason", "Asked for by patients")
    assert done.exit_code == 0, done.output
    assert "Spanish may still say the old thing" in done.stdout
    shown = run("show", "en", HEARD).stdout
    assert f"now: {NEW}" in shown
    assert "on the server" in shown and "Asked for by patients" in shown
    listed = run("list", "--changed").stdout.splitlines()
    assert listed == [f"+ {HEARD}: {NEW}"]
    assert "Taken back" in run("back", "en", HEARD).stdout
    assert "It says what it came with" in run("back", "en", HEARD).stdout
    assert run("list", "--changed").stdout == ""


def test_what_stands_in_the_way_is_said_and_nothing_is_changed(run: Run) -> None:
    hard = "Did {clinician} understand everything that was important to you?"
    for text in ("Great. Did you feel heard?", hard):
        done = run("set", "en", HEARD, text)
        assert done.exit_code == 1
        assert "Nothing was changed" in done.stderr
    assert run("set", "en", HEARD, hard, "--meant").exit_code == 1
    assert run("set", "en", HEARD, hard, "--meant", "--reason", "Our own name").exit_code == 0
    fixed = run("set", "en", "safety.opening", "All is well")
    assert (fixed.exit_code, "in danger" in fixed.stdout) == (1, True)
    assert run("set", "en", "no/such/text", "Words").exit_code == 1
    assert run("set", "xx", HEARD, NEW).exit_code == 1


def test_one_text_and_all_changes_can_be_checked(run: Run, clinic: Clinic) -> None:
    assert run("check").exit_code == 0
    assert run("check", "en", HEARD, NEW).exit_code == 0
    wrong = run("check", "en", HEARD, "Did you feel heard?")
    assert (wrong.exit_code, "{clinician} is missing" in wrong.stdout) == (1, True)
    run("set", "en", HEARD, NEW)
    looked = run("check")
    assert (looked.exit_code, f"en {HEARD}:" in looked.stdout) == (0, True)


def test_a_clinics_edition_is_no_question_set_that_is_missing(run: Run, clinic: Clinic) -> None:
    run("set", "en", HEARD, NEW)
    reflection = clinic.reflect(sharing=None)
    for version, missing in ((200001, []), (900001, ["core 9"])):
        with clinic.records.begin() as tx:
            tx.session.get_one(models.Reflection, reflection).instrument_version = version
        assert missing_questions(load_settings()) == missing


def test_it_has_to_be_said_whose_words_where_there_are_several(run: Run, clinic: Clinic) -> None:
    with clinic.records.begin() as tx:
        people.add_clinic(
            tx, name="Elm", timezone="UTC", phone="1", urgent_phone="2", urgent_text=""
        )
    done = run("list")
    assert (done.exit_code, "Elm, Harbour Clinic" in done.stderr) == (1, True)
    assert run("list", "--clinic", "Elm", "--place", "mails").stdout.count("mail.") == 6
