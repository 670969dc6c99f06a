"""The commands about language understanding: `afterword understanding --help`."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword.evaluation import sheet
from afterword.evaluation.lines import LinesRefused, read_lines
from afterword.evaluation.running import EvaluationFailed, evaluate
from afterword.settings import PROJECT, load_settings
from afterword.training import model as training

STDIN = "-"
_MOST_PROBLEMS = 20

understanding = typer.Typer(
    help="What patients mean: measured on labelled lines, without a server or a database.",
    no_args_is_help=True,
)


@understanding.callback()
def _understanding() -> None:
    """Keeps `evaluate` a command of its own."""


@understanding.command(name="evaluate")
def evaluate_lines(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="JSON lines (docs/understanding.md); - is stdin."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of sentences and tables.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Also list the lines that are not right, with texts.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="A trained model; without it the present one.")
    ] = None,
    environment: Annotated[
        Path | None, typer.Option(help="The Python of another Rasa environment.")
    ] = None,
) -> None:
    """Read labelled lines as a live turn does, and count what was right, asked back or wrong."""
    try:
        lines = read_lines([(file, _content(file)) for file in files])
        archive = model or _present_model()
        found = evaluate(lines, archive, environment)
    except LinesRefused as refused:
        _stop(*refused.problems)
    except EvaluationFailed as failed:
        _stop(str(failed))
    if as_json:
        typer.echo(json.dumps(sheet.as_json(found, show=show), indent=2, ensure_ascii=False))
    else:
        typer.echo(sheet.as_text(found, show=show))


def _present_model() -> Path:
    settings = load_settings()
    return training.train(PROJECT, settings.models_dir, settings.model_key, _report).path


def _report(text: str) -> None:
    typer.echo(text, err=True)


def _content(file: str) -> str:
    try:
        return sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        _stop(f"{file}: there is no such file.")
    except (OSError, UnicodeDecodeError) as error:
        _stop(f"{file}: this file cannot be read ({type(error).__name__}).")


def _stop(*problems: str) -> NoReturn:
    for problem in problems[:_MOST_PROBLEMS]:
        typer.echo(problem, err=True)
    if len(problems) > _MOST_PROBLEMS:
        typer.echo(f"... and {len(problems) - _MOST_PROBLEMS} more.", err=True)
    raise typer.Exit(1)
