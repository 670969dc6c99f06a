"""Changing the keys that seal words and names: `afterword keys --help`."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword import renewal
from afterword.operator import operator
from afterword.records import rekey
from afterword.records.store import Records
from afterword.records.vault import add_key, load_vault, retire_keys
from afterword.running import StillRunning
from afterword.services import RasaRefused
from afterword.settings import Settings, load_settings

keys = typer.Typer(
    help="Change the keys: those that seal words and names while everything runs, the root key "
    "while nothing does.",
    no_args_is_help=True,
)
_ELSEWHERE = (
    "The keys come from {place}: add a new current key there, keep the old one, restart, and run "
    "this again with --reseal."
)
_ROOT_ELSEWHERE = (
    "The keys come from {place}: run this with --to FILE. It writes what has to stand there from "
    "then on."
)
_PUT_THERE = (
    "{file} holds the keys with a new root. Put it where the keys come from, then run: "
    "afterword keys renew-root --carry-over. Delete the file. Nothing has changed yet."
)


@keys.command()
def rotate(
    reseal: bool = typer.Option(False, help="Make no new key: only seal with the current one."),
) -> None:
    """Make a new key and seal with it what the old one had sealed. The old one stays for now."""
    settings = load_settings()
    if not reseal:
        if settings.key_source:
            _stop(_ELSEWHERE.format(place=settings.key_source.partition(":")[0]))
        typer.echo(f"The current key is now {add_key(settings.keys)}.")
    records = _records(settings)
    try:
        changed = rekey.reseal(records)
        with records.begin(by=operator(), purpose="keys rotate") as tx:
            tx.note("rotate_keys", "allowed", "keys", "")
    finally:
        records.close()
    typer.echo(f"{changed} values are sealed with it. Back the key file up.")
    typer.echo("In a minute or later, when nothing of before runs: afterword keys retire")


@keys.command()
def retire() -> None:
    """Take older keys out of the key file, once nothing needs them any more."""
    settings = load_settings()
    if settings.key_source:
        _stop(_ELSEWHERE.format(place=settings.key_source.partition(":")[0]))
    records = _records(settings)
    try:
        rekey.reseal(records)
        with records.begin(by=operator(), purpose="keys retire") as tx:
            needed = rekey.left(tx)
            if not needed:
                tx.note("retire_keys", "allowed", "keys", "")
    finally:
        records.close()
    waiting = sorted(path for path in (settings.data_dir / "spool").glob("*") if path.is_file())
    if needed or waiting:
        places = [f"{one.count} in {one.table}.{one.column}" for one in needed]
        places += [f"{len(waiting)} waiting messages"] if waiting else []
        _stop(f"Older keys are still needed: {', '.join(places)}. Nothing was taken out.")
    retired = retire_keys(settings.keys)
    typer.echo(f"Taken out: {', '.join(retired) or 'none'}. Older backups need them: keep a copy.")


@keys.command(name="renew-root")
def renew_root(
    carry_over: Annotated[
        bool,
        typer.Option(
            "--carry-over",
            help="Make no new key: only carry over what older ones hold, as after a restore.",
        ),
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            help="For keys from a variable or a program: write to this file what it must hold."
        ),
    ] = None,
) -> None:
    """Make a new root key and carry over all that came from the old one. Stop everything first."""
    settings = load_settings()
    try:
        if to is not None:
            renewal.write_elsewhere(settings, to)
            typer.echo(_PUT_THERE.format(file=to))
        elif carry_over:
            renewal.carry_over(settings, typer.echo)
        elif settings.key_source:
            _stop(_ROOT_ELSEWHERE.format(place=settings.key_source.partition(":")[0]))
        else:
            renewal.renew(settings, typer.echo)
    except (renewal.RenewalRefused, StillRunning, RasaRefused) as refused:
        _stop(str(refused))


def _records(settings: Settings) -> Records:
    return Records(settings.database, load_vault(settings.key_place))


def _stop(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(2)
