"""The commands about the safety screen: `afterword safety --help`."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword.screening import measuring, sheet
from afterword.screening.screener import LAYERS, Screener

STDIN = "-"
_MOST_PROBLEMS = 20

safety = typer.Typer(
    help="The safety screen: measured on labelled lines, without a server or a database.",
    no_args_is_help=True,
)


@safety.command()
def screen(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="JSON lines (docs/safety-screen.md); - is stdin."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of sentences and tables.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Also list missed lines and false alarms, with texts.")
    ] = False,
    layers: Annotated[
        str, typer.Option(help="Layers to screen with, divided by commas.")
    ] = ",".join(LAYERS),
) -> None:
    """Screen labelled lines as messages are screened, and count what was found or missed."""
    wanted = _layers(layers)
    try:
        lines = measuring.read_lines([(_name(file), _content(file)) for file in files])
        screener = _load(wanted)
        workers = measuring.workers_for(lines, screener)
        progress = _progress(len(lines))
        measured = measuring.measure(lines, screener, workers=workers, progress=progress)
    except measuring.LinesRefused as refused:
        _stop(*refused.problems)
    except measuring.MeasuringFailed as failed:
        _stop(str(failed))
    if as_json:
        typer.echo(json.dumps(sheet.as_json(measured, show=show), indent=2))
    else:
        typer.echo(sheet.as_text(measured, show=show))


@safety.command()
def version() -> None:
    """Print which rules and which model screen, and which layers do not work."""
    screener = _load(frozenset(LAYERS))
    typer.echo(screener.screen("").version)
    typer.echo(f"missing: {', '.join(screener.missing) or 'nothing'}")


def _load(layers: frozenset[str]) -> Screener:
    """Raises DataFileError and ScreenBroken."""
    # The model brings a matrix library, which the other commands need not wait for.
    from afterword.screening.loading import load_screener

    return load_screener(layers)


def _layers(given: str) -> frozenset[str]:
    layers = frozenset(layer.strip() for layer in given.split(",") if layer.strip())
    if not layers or not layers <= set(LAYERS):
        _stop(f"--layers: name one or more of {', '.join(LAYERS)}, divided by commas.")
    return layers


def _name(file: str) -> str:
    return "stdin" if file == STDIN else file


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        _stop(f"{_name(file)}: cannot be read: {error.strerror}")


def _progress(total: int) -> measuring.Progress | None:
    """Says on a terminal how far it is; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return None

    def say(done: int) -> None:
        if done % 25 == 0 or done == total:
            end = "\r\033[K" if done == total else ""
            typer.echo(f"\r{done} of {total} lines{end}", err=True, nl=False)

    return say


def _stop(*lines: str) -> NoReturn:
    for line in lines[:_MOST_PROBLEMS]:
        typer.echo(f"afterword: {line}", err=True)
    if len(lines) > _MOST_PROBLEMS:
        typer.echo(f"afterword: and {len(lines) - _MOST_PROBLEMS} more", err=True)
    raise typer.Exit(2)
