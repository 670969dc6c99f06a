"""Who read what, and whether that list is whole: `afterword audit --help`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword.access.chain import Broken
from afterword.delivery.anchors import AnchorsUnreadable, anchor_file, read_anchors
from afterword.operator import operator
from afterword.records import audit as trail
from afterword.records.audit import Read
from afterword.records.store import Records, Tx
from afterword.records.vault import load_vault
from afterword.settings import Settings, load_settings

audit = typer.Typer(
    help="Who read or changed what, and whether that list is whole.", no_args_is_help=True
)


@audit.command()
def verify(
    anchors: Annotated[
        Path | None,
        typer.Option(help="Heads that were kept elsewhere; default: the file of the worker."),
    ] = None,
) -> None:
    """Check the whole chain: what was changed, taken out or cut off is found. Exit 1 if so."""
    with _opened("audit verify") as (tx, settings):
        file = anchors or anchor_file(settings.data_dir)
        if anchors is not None and not anchors.exists():
            _stop(f"There is no file {anchors}.", 2)
        try:
            kept = read_anchors(file)
        except AnchorsUnreadable as unreadable:
            _stop(str(unreadable), 2)
        found = trail.verify(tx, kept)
    if isinstance(found, Broken):
        _stop(f"BROKEN at row {found.seq}: {found.why}. See docs/audit.md.", 1)
    typer.echo(
        f"Whole: {found.seq} rows, {len(kept)} earlier heads fit. The last link: {found.link}"
    )


@audit.command()
def head() -> None:
    """Print the end of the chain, to be kept where nobody of this server can change it."""
    with _opened("audit head") as (tx, _):
        end = trail.head(tx)
    typer.echo(f"{end.seq} {end.link}")


@audit.command()
def show(
    patient: Annotated[str, typer.Option(help="The id of a patient.")] = "",
    staff: Annotated[str, typer.Option(help="The id of a member of staff.")] = "",
) -> None:
    """List what was done with one patient's data, or by one member of staff; newest first."""
    if bool(patient) == bool(staff):
        _stop("Name one: --patient or --staff.", 2)
    with _opened("audit show") as (tx, _):
        found = trail.of_patient(tx, patient) if patient else trail.of_staff(tx, staff)
    for one in found:
        typer.echo(_line(one))


def _line(one: Read) -> str:
    who, what = f"{one.actor_kind}:{one.actor_id}", f"{one.object_kind}:{one.object_id}"
    at = one.at.isoformat(timespec="seconds")
    return f"{one.seq}  {at}  {who}  {one.outcome}  {one.action}  {what}  for {one.purpose or '-'}"


@contextmanager
def _opened(purpose: str) -> Iterator[tuple[Tx, Settings]]:
    settings = load_settings()
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        with records.read(by=operator(), purpose=purpose) as tx:
            yield tx, settings
    finally:
        records.close()


def _stop(line: str, code: int) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(code)
