"""A clinician's choice of packs, from the command line."""

import pytest
from factory import Clinic
from typer.testing import CliRunner, Result

from afterword.access.actors import Actor
from afterword.cli import cli
from afterword.records import history


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["packs", *words])


def chosen(clinic: Clinic) -> frozenset[str]:
    with clinic.records.read(by=Actor.operator("test")) as tx:
        return history.packs_of(tx, clinic.robin)


def test_packs_are_shown_chosen_and_left(clinic: Clinic) -> None:
    assert "none" in run("Robin Okafor").stdout
    assert "psychiatry, psychodynamic" in run("robin okafor", "psychodynamic", "psychiatry").stdout
    assert chosen(clinic) == {"psychiatry", "psychodynamic"}
    assert "psychiatry, psychodynamic" in run("Robin Okafor").stdout
    assert run("Robin Okafor", "--none").exit_code == 0
    assert chosen(clinic) == frozenset()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Robin Okafor", "surgery"], "There is no pack surgery."),
        (["Robin"], "No patients have this name"),
        (["Robin Okafor", "psychiatry", "--none"], "Name packs, or say --none."),
    ],
)
def test_what_is_not_possible_is_told_and_changes_nothing(
    clinic: Clinic, words: list[str], told: str
) -> None:
    done = run(*words)
    assert done.exit_code == 2 and told in done.output
    assert chosen(clinic) == frozenset()


def test_nobody_is_chosen_when_two_have_the_name(clinic: Clinic) -> None:
    clinic.add_patient("Robin Okafor", clinic.ada)
    assert "2 patients have this name" in run("Robin Okafor", "psychiatry").output
    assert chosen(clinic) == frozenset()
