"""Patients' rights on the command line: `afterword patient --help`."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword import hashing, locales
from afterword.access.chain import Broken
from afterword.access.policy import Action
from afterword.datafiles import load_instruments
from afterword.gateway.takeout import Teller, as_json
from afterword.operator import operator
from afterword.phrasing import Phrasing
from afterword.records import accounts, audit, certificates, codes, erasure, rights, trail
from afterword.records.certificates import CertificateRefused, Signed
from afterword.records.store import Records, Tx
from afterword.records.tombstones import Tombstones
from afterword.records.vault import load_vault
from afterword.settings import Settings, load_settings

patient = typer.Typer(
    help="What a patient asks the clinic for: a code, a copy of their data, to be deleted.",
    no_args_is_help=True,
)
certificate = typer.Typer(help="Certificates of erasure.", no_args_is_help=True)
patient.add_typer(certificate, name="certificate")

Who = Annotated[str, typer.Option("--patient", help="The patient's name, or their id.")]
Out = Annotated[Path | None, typer.Option(help="File to write; without it: the screen.")]


@patient.command("list")
def list_() -> None:
    """List the patients: id, name, clinic."""
    with _opened() as (records, _), _acting(records, "patient list") as tx:
        found = rights.patients(tx)
    for key, name, clinic in found:
        typer.echo(f"{key}  {name}  {clinic}")


@patient.command()
def code(who: Who) -> None:
    """Make a new personal code and print it, once. The one before works no more."""
    digits = f"{secrets.randbelow(10**codes.DIGITS):0{codes.DIGITS}d}"
    hashed = hashing.hash_secret(digits)
    with _opened() as (records, _), _acting(records, "patient code") as tx:
        codes.give(tx, _one(tx, who), hashed)
    typer.echo(f"{digits[:4]} {digits[4:]}")
    typer.echo("Give it to the patient in person. It cannot be shown again.", err=True)


@patient.command()
def export(who: Who, out: Out = None) -> None:
    """Write all that is kept about a patient who asked for it, as JSON."""
    with _opened() as (records, settings), _acting(records, "patient export") as tx:
        own = rights.export_for(tx, _one(tx, who))
        made_at = tx.now
        phrasing = Phrasing({"en": locales.load("en")}, load_instruments(settings.instrument_file))
        phrasing.refresh(tx)
        words = phrasing.of(accounts.clinics(tx).get(own["person"]["clinic"], ""))
    teller = Teller(words.catalogue(), words.instruments, "UTC")
    _write(as_json(teller.explained(own), made_at=made_at), out)


@patient.command()
def erase(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    out: Out = None,
) -> None:
    """Delete all that is kept about a patient, for good, and write the certificate."""
    with _opened() as (records, settings):
        with _acting(records, "patient erase") as tx:
            patient_id = _one(tx, who)
        if not yes:
            typer.confirm("All about this patient is deleted for good. Go on?", abort=True)
        proof = erasure.carry_out(
            records,
            Tombstones(settings.tombstone_file),
            patient_id,
            by=operator(),
            purpose="patient erase",
        )
    _write(json.dumps(proof, indent=2, ensure_ascii=False) + "\n", out)
    typer.echo("The worker has the assistant forget the conversations; let it run.", err=True)


@certificate.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The certificate, as it was given out.")],
) -> None:
    """Check a certificate of erasure: who signed it, and that the audit still has its place."""
    with _opened() as (records, _):
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            signed = certificates.check(records.vault, found)
        except (OSError, ValueError) as error:
            _stop(f"{file} cannot be read: {type(error).__name__}.")
        except CertificateRefused as refused:
            _stop(str(refused))
        with records.read(by=operator(), purpose="certificate verify") as tx:
            end = audit.verify(tx, [signed.head])
            known = not signed.formerly or _tells_of_erasure(tx, signed)
    if isinstance(end, Broken):
        _stop(f"The certificate is genuine, but the audit is not as it was: {end.why}.")
    if not known:
        _stop(
            "It was signed with a root key that was changed since, and the audit has no such "
            "erasure: somebody who knew that key may have made it. Ask who gave it out."
        )
    row = signed.head.seq
    typer.echo(f"Genuine. Erased at {found['erased_at']}; row {row} of the audit is in place.")


def _tells_of_erasure(tx: Tx, signed: Signed) -> bool:
    rows = audit.of_patient(tx, signed.patient)
    return any(
        row.action == Action.ERASE_PATIENT.code
        and row.outcome == trail.ALLOWED
        and row.seq <= signed.head.seq
        for row in rows
    )


@contextmanager
def _opened() -> Iterator[tuple[Records, Settings]]:
    settings = load_settings()
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        yield records, settings
    finally:
        records.close()


def _acting(records: Records, purpose: str) -> AbstractContextManager[Tx]:
    return records.begin(by=operator(), purpose=purpose)


def _one(tx: Tx, who: str) -> str:
    found = rights.who_is(tx, who)
    if len(found) != 1:
        _stop(f"{len(found) or 'No'} patients fit. `afterword patient list` shows their ids.")
    return found[0]


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        _replace(text, out)
    except OSError as error:
        _stop(f"{out} cannot be written: {error.strerror}.")


def _replace(text: str, out: Path) -> None:
    """It holds the words of a patient: whoever could read a file of this name cannot read this."""
    handle, beside = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(beside).replace(out)
    except OSError:
        Path(beside).unlink()
        raise


def _stop(line: str) -> NoReturn:
    typer.echo(f"afterword: {line}", err=True)
    raise typer.Exit(2)
