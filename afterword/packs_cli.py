"""The packs of questions of one patient: `afterword packs --help`."""

from typing import Annotated, NoReturn

import typer

from afterword.datafiles import load_instrument
from afterword.operator import operator
from afterword.records.history import choose_packs, packs_of, patients_called
from afterword.records.store import Records
from afterword.records.vault import load_vault
from afterword.settings import load_settings


def packs(
    patient: Annotated[str, typer.Argument(help="The patient's name, as it stands in Today.")],
    chosen: Annotated[
        list[str] | None, typer.Argument(metavar="[PACK...]", help="The packs from now on.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="No pack from now on.")] = False,
) -> None:
    """Show or choose which packs of questions take turns with the others for a patient."""
    settings = load_settings()
    known = load_instrument(settings.instrument_file).packs
    wanted = set(chosen or [])
    if unknown := sorted(wanted - known.keys()):
        _stop(f"There is no pack {unknown[0]}. There are: {', '.join(known) or 'none'}.")
    if none and wanted:
        _stop("Name packs, or say --none.")
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        with records.begin(by=operator(), purpose="packs") as tx:
            found = patients_called(tx, patient)
            if len(found) != 1:
                _stop(f"{len(found) or 'No'} patients have this name; nothing was changed.")
            if wanted or none:
                choose_packs(tx, found[0], wanted)
            now = sorted(packs_of(tx, found[0]))
    finally:
        records.close()
    typer.echo(f"Packs from the next reflection on: {', '.join(now) or 'none'}.")


def _stop(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(2)
