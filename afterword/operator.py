"""Who runs the command line, and about which clinic: the audit names both."""

import getpass

from afterword.access.actors import Actor
from afterword.records import accounts
from afterword.records.store import Tx


class ClinicUnclear(LookupError):
    """No clinic has this name, or none was named where there are several; the message says which
    there are."""


def operator() -> Actor:
    """The account of the system that this command runs under."""
    return Actor.operator(getpass.getuser())


def clinic_named(tx: Tx, name: str) -> str:
    """The id of a clinic; without a name of the only one. Raises ClinicUnclear."""
    known = accounts.clinics(tx)
    if name in known:
        return known[name]
    if name or len(known) != 1:
        names = ", ".join(sorted(known)) or "none"
        raise ClinicUnclear(f"Say which clinic with --clinic. There are: {names}.")
    return next(iter(known.values()))
