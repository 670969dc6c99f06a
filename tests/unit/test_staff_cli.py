"""`afterword staff`: the first admin, invitations, lost factors, from an empty installation on."""

import re
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from afterword.records import accounts
from afterword.records.store import Records
from afterword.staff_cli import staff

CLINIC = (
    *("--clinic", "Harbour Clinic", "--timezone", "Europe/London", "--phone", "1"),
    *("--urgent-phone", "999", "--urgent-text", "Call 999."),
)
INES = ("--name", "Ines Haddad", "--email", "ines@clinic.example")
Run = Callable[..., Result]


@pytest.fixture
def run(installation: Records) -> Run:
    return lambda *arguments: CliRunner().invoke(staff, arguments)


def token_in(result: Result) -> str:
    found = re.fullmatch(r"http://\S+/portal/invitation/(\S+)\n", result.stdout)
    assert found, result.output
    return found[1]


def test_the_first_admin_of_an_empty_installation(installation: Records, run: Run) -> None:
    token = token_in(run("first-admin", *INES, *CLINIC))
    with installation.read() as tx:
        invited = accounts.invited(tx, token)
    assert invited is not None
    assert not invited.keeps_password


def test_without_a_clinic_it_says_what_is_missing(run: Run) -> None:
    done = run("first-admin", *INES)
    assert done.exit_code == 2
    assert "--clinic, --timezone" in done.stderr


def test_there_is_one_first_admin(run: Run) -> None:
    run("first-admin", *INES, *CLINIC)
    done = run("first-admin", "--name", "Eve", "--email", "eve@x.example")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "There is an admin" in done.stderr


def test_others_are_invited_and_listed_without_their_addresses(run: Run) -> None:
    run("first-admin", *INES, *CLINIC)
    given = ("--name", "Noor", "--email", "noor@clinic.example", "--role", "supervisor")
    token_in(run("invite", *given))
    again = run("invite", *given)
    assert (again.exit_code, "account already" in again.stderr) == (2, True)
    listed = run("list").stdout
    assert "Noor  supervisor  not set up yet" in listed
    assert "Ines Haddad  admin" in listed
    assert "@" not in listed


@pytest.mark.parametrize("wrong", [("--role", "owner"), ("--clinic", "Elsewhere")])
def test_wrong_roles_and_clinics_are_said(run: Run, wrong: tuple[str, str]) -> None:
    run("first-admin", *INES, *CLINIC)
    done = run("invite", "--name", "Noor", "--email", "noor@clinic.example", *wrong)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_a_lost_factor_keeps_the_password_unless_it_is_forgotten(
    installation: Records, run: Run
) -> None:
    run("first-admin", *INES, *CLINIC)
    with installation.begin() as tx:
        accounts.set_password(tx, str(accounts.by_email(tx, INES[3])), "a hash")
    kept = token_in(run("reset-factors", "--email", INES[3]))
    with installation.read() as tx:
        invited = accounts.invited(tx, kept)
    assert invited is not None and invited.keeps_password
    anew = token_in(run("reset-factors", "--email", INES[3], "--forgotten-password"))
    with installation.read() as tx:
        assert accounts.invited(tx, kept) is None
        invited = accounts.invited(tx, anew)
    assert invited is not None and not invited.keeps_password


def test_an_unknown_address_has_nothing_to_reset(run: Run) -> None:
    assert run("reset-factors", "--email", "nobody@x.example").exit_code == 2
