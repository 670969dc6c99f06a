"""Messages that were not understood, on the command line: `afterword review --help`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from afterword import locales
from afterword.deid.known import NOBODY, Known
from afterword.deid.masking import mask
from afterword.deid.measuring import Score, measure
from afterword.operator import operator
from afterword.records import accounts, misheard_review
from afterword.records.misheard_review import Filters, ReviewRefused, Row
from afterword.records.store import Records, Tx
from afterword.records.vault import load_vault
from afterword.settings import PROJECT, load_settings
from afterword.training import labels
from afterword.training.suggesting import suggester

review = typer.Typer(
    help="Messages that the assistant did not understand: look at them, say what was meant.",
    no_args_is_help=True,
)
_LANGUAGE = "en"
_PURPOSE = "review"

As = Annotated[
    str,
    typer.Option(
        "--as", help="Whose decision it is: the sign-in address of an admin or annotator."
    ),
]
Message = Annotated[str, typer.Argument(help="The id of the message, as `list` prints it.")]


@review.command("list")
def list_(
    as_: As,
    reason: Annotated[
        str, typer.Option(help="Only these: fallback, margin, corrected or not_meant.")
    ] = "",
    language: Annotated[str, typer.Option(help="Only this language.")] = "",
    week: Annotated[str, typer.Option(help="Only the week of this Monday, as 2026-11-23.")] = "",
) -> None:
    """Print the next twenty messages with what they may have meant."""
    with _acting(as_) as (tx, staff_id, clinic_id):
        found = misheard_review.batch(tx, staff_id, clinic_id, Filters(reason, language, week))
    typer.echo(f"{found.decided} of {found.of} done")
    for row in found.rows:
        for line in _told(row):
            typer.echo(line)


@review.command()
def label(
    message: Message,
    meant: Annotated[str, typer.Argument(help="What was meant; `labels` prints them all.")],
    as_: As,
) -> None:
    """Say what a message meant. What touches safety needs a second person who says the same."""
    if meant not in labels.known(PROJECT):
        raise typer.BadParameter(f"There is no meaning {meant}. See: afterword review labels")
    with _acting(as_) as (tx, staff_id, _):
        settled = misheard_review.label(tx, staff_id, message, meant)
    typer.echo("Saved." if settled else "Saved. It counts once a second person says the same.")


@review.command()
def answer(message: Message, as_: As) -> None:
    """Say that a message was an answer."""
    with _acting(as_) as (tx, staff_id, _):
        misheard_review.label(tx, staff_id, message, labels.ANSWER)
    typer.echo("Saved.")


@review.command()
def skip(message: Message, as_: As) -> None:
    """Leave a message out."""
    with _acting(as_) as (tx, staff_id, _):
        misheard_review.skip(tx, staff_id, message)
    typer.echo("Skipped.")


@review.command()
def hide(message: Message, as_: As) -> None:
    """Hide a message that is still personal; it is deleted a day later."""
    with _acting(as_) as (tx, staff_id, _):
        misheard_review.hide(tx, staff_id, message)
    typer.echo("Hidden. It will be deleted.")


@review.command()
def undo(as_: As) -> None:
    """Take back the latest decision."""
    with _acting(as_) as (tx, staff_id, clinic_id):
        found = misheard_review.undo(tx, staff_id, clinic_id)
    typer.echo(f"Taken back: {found}" if found else "There is nothing to take back.")


@review.command("labels")
def labels_() -> None:
    """Print what a message may mean."""
    for name, words in labels.by_words(PROJECT, _words()):
        second = "  (needs a second person)" if name in labels.SECOND_PERSON else ""
        typer.echo(f"{name:<18} {words}{second}")


@review.command("measure")
def measure_(
    files: Annotated[list[Path], typer.Argument(help="Marked lines, as JSON lines.")],
    people: Annotated[list[str] | None, typer.Option(help="A name that the clinic knows.")] = None,
    clinic: Annotated[list[str] | None, typer.Option(help="What the clinic is called.")] = None,
    missed: Annotated[bool, typer.Option(help="Print the lines that went wrong.")] = False,
) -> None:
    """Measure how much that leads to a person is taken out of marked lines, and what else."""
    known = Known.of(people or [], clinic or []) if people or clinic else NOBODY
    for file in files:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        score = measure(lines, lambda text, language: mask(text, language, known))
        typer.echo(f"{file.name}: {len(lines)} lines. {_told_score(score)}")
        if missed:
            for line in [*score.missed, *score.lost]:
                typer.echo(f"  {line}")


def _told_score(score: Score) -> str:
    kinds = ", ".join(
        f"{tag} {score.found[tag]} of {count}" for tag, count in sorted(score.pieces.items())
    )
    return (
        f"Taken out {score.found.total()} of {score.pieces.total()} ({score.recall:.1%}): {kinds}. "
        f"Of other words {score.over_masking:.2%} as well."
    )


def _told(row: Row) -> Iterator[str]:
    words = _words()
    yield f"{row.id}  {row.language}  {row.reason}  {row.week.isoformat()}"
    yield f"  {row.text}"
    yield f"  open: {row.question}; the assistant: {row.did}"
    if row.rare:
        yield "  Only one person uses these words: look closely whether they tell who it is."
    if row.chosen:
        yield f"  A colleague says {row.chosen}: it needs you as second person."
    for one in suggester(PROJECT).suggest(row.text, row.language, row.guesses, row.chosen):
        yield f"  {one.label} ({words[one.label]}): {' | '.join(one.examples)}"


def _words() -> dict[str, str]:
    say = locales.load(_LANGUAGE).section("portal")
    return {one: say(f"label_{one}") for one in labels.known(PROJECT)}


@contextmanager
def _acting(email: str) -> Iterator[tuple[Tx, str, str]]:
    """A transaction of the operator for somebody of the staff, with their id and their clinic's."""
    settings = load_settings()
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        with records.begin(by=operator(), purpose=_PURPOSE) as tx:
            found = accounts.by_email(tx, email)
            if found is None:
                raise ReviewRefused("unknown", "There is no account for this address.")
            yield tx, found, misheard_review.clinic_of(tx, found)
    except (ReviewRefused, LookupError) as refused:
        typer.echo(f"afterword: {refused}", err=True)
        raise typer.Exit(2) from None
    finally:
        records.close()
