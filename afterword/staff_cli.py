"""The accounts of staff: `afterword staff --help`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from afterword.access.actors import Actor
from afterword.access.policy import Role
from afterword.operator import ClinicUnclear, clinic_named
from afterword.portal.invitation import INVITATION
from afterword.records import accounts, people
from afterword.records.accounts import ROLES, AccountRefused
from afterword.records.store import Records, Tx
from afterword.records.vault import load_vault
from afterword.settings import Settings, load_settings

staff = typer.Typer(
    help="Accounts of staff: invitations, lost second factors, who there is.",
    no_args_is_help=True,
)
_BY = Actor.operator("command line")

Name = Annotated[str, typer.Option(help="The person's name.")]
Email = Annotated[str, typer.Option(help="The address that they sign in with.")]
Clinic = Annotated[str, typer.Option(help="The clinic's name; needed where there are several.")]


@staff.command("first-admin")
def first_admin(
    name: Name,
    email: Email,
    clinic: Clinic = "",
    timezone: Annotated[str, typer.Option(help="For a new clinic: as Europe/London.")] = "",
    phone: Annotated[str, typer.Option(help="For a new clinic: its number.")] = "",
    urgent_phone: Annotated[str, typer.Option(help="For a new clinic: the urgent number.")] = "",
    urgent_text: Annotated[str, typer.Option(help="For a new clinic: what to do at once.")] = "",
) -> None:
    """Invite the first admin, while there is none; makes the clinic if there is none either."""
    with _records("staff first-admin") as (tx, settings):
        if accounts.has_admin(tx):
            raise AccountRefused("admin", "There is an admin. Invite others on the page Staff.")
        if not accounts.clinics(tx):
            given = (clinic, timezone, phone, urgent_phone, urgent_text)
            if not all(given):
                raise AccountRefused(
                    "clinic",
                    "There is no clinic yet. Give --clinic, --timezone, --phone, --urgent-phone "
                    "and --urgent-text, too.",
                )
            people.add_clinic(
                tx,
                name=clinic,
                timezone=timezone,
                phone=phone,
                urgent_phone=urgent_phone,
                urgent_text=urgent_text,
            )
        token = accounts.invite(
            tx, clinic_named(tx, clinic), name=name, email=email, role=Role.ADMIN
        )
    _show(settings, token)


@staff.command()
def invite(
    name: Name,
    email: Email,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = Role.CLINICIAN,
    clinic: Clinic = "",
) -> None:
    """Make an account and print the link with which the person sets it up."""
    with _records("staff invite") as (tx, settings):
        token = accounts.invite(tx, clinic_named(tx, clinic), name=name, email=email, role=role)
    _show(settings, token)


@staff.command("reset-factors")
def reset_factors(
    email: Email,
    forgotten_password: Annotated[
        bool, typer.Option(help="The link also sets a new password. Make sure who asks for it.")
    ] = False,
) -> None:
    """Take a person's second factors away, end their sessions, and print a link to set up anew."""
    with _records("staff reset-factors") as (tx, settings):
        found = accounts.by_email(tx, email)
        if found is None:
            raise AccountRefused("unknown", "There is no account for this address.")
        token = accounts.reset_factors(tx, found, keeps_password=not forgotten_password)
    _show(settings, token)


@staff.command("list")
def list_() -> None:
    """List the accounts: name, role, second factors. Addresses cannot be read back."""
    with _records("staff list") as (tx, _):
        for clinic, clinic_id in sorted(accounts.clinics(tx).items()):
            typer.echo(clinic)
            for one in accounts.members(tx, clinic_id):
                has = "disabled" if one.disabled else ", ".join(one.factors) or "not set up yet"
                typer.echo(f"  {one.name}  {one.role}  {has}")


@contextmanager
def _records(purpose: str) -> Iterator[tuple[Tx, Settings]]:
    """A transaction of the operator; what is refused is said in one line."""
    settings = load_settings()
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        with records.begin(by=_BY, purpose=purpose) as tx:
            yield tx, settings
    except (AccountRefused, ClinicUnclear) as refused:
        typer.echo(f"afterword: {refused}", err=True)
        raise typer.Exit(2) from None
    finally:
        records.close()


def _show(settings: Settings, token: str) -> None:
    typer.echo(f"{settings.base_url}{INVITATION}/{token}")
    typer.echo(
        "Give this link to the person in a safe way. It works once, for seven days.", err=True
    )
