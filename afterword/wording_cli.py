"""What is said to patients, on the command line: `afterword wording --help`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from afterword import locales
from afterword.datafiles import load_instruments
from afterword.operator import ClinicUnclear, clinic_named, operator
from afterword.phrasing import Phrasing
from afterword.records import wordings
from afterword.records.store import Records, Tx
from afterword.records.vault import load_vault
from afterword.rewording import Rewording, UnknownText, WordingRefused, sentence
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import Screener
from afterword.settings import load_settings
from afterword.wording.checking import Finding, Weight
from afterword.wording.places import Place

wording = typer.Typer(
    help="The words that patients read: look, change, take back, check.", no_args_is_help=True
)
Clinic = Annotated[str, typer.Option(help="The clinic's name; needed where there are several.")]
Language = Annotated[str, typer.Argument(help="en or es.")]
Key = Annotated[str, typer.Argument(help="The text, as `afterword wording list` names it.")]
Reason = Annotated[str, typer.Option(help="Why, for those who look later.")]


@wording.command("list")
def list_(
    language: Language = "en",
    place: Annotated[str, typer.Option(help=f"One of {', '.join(Place)}; else all.")] = "",
    changed: Annotated[bool, typer.Option(help="Only what the clinic has changed.")] = False,
    clinic: Clinic = "",
) -> None:
    """List the texts with their keys; + is changed, = stays as it is."""
    with _open("wording list", clinic) as (tx, work):
        found = list(work.said(tx, language))
    for one in found:
        if (place and one.text.place != place) or (changed and one.change is None):
            continue
        sign = "+" if one.change else "=" if one.text.fixed else " "
        typer.echo(f"{sign} {one.text.key}: {' '.join(one.now.split())}")


@wording.command()
def show(language: Language, key: Key, clinic: Clinic = "") -> None:
    """Show one text: what it says now, what it came with, and what it said before."""
    with _open("wording show", clinic) as (tx, work):
        said = work.one(tx, language, key)
        history = wordings.history(tx, work.clinic_id, language, key)
    typer.echo(f"now: {said.now}")
    typer.echo(f"came with: {said.shipped}")
    for one in history:
        words = one.text or "as it came"
        typer.echo(f"{one.at:%Y-%m-%d %H:%M} {one.author or 'on the server'}: {words}")
        if one.reason:
            typer.echo(f"  {one.reason}")


@wording.command("set")
def set_(
    language: Language,
    key: Key,
    text: Annotated[str, typer.Argument(help="What it should say from now on.")],
    reason: Reason = "",
    meant: Annotated[
        bool, typer.Option("--meant", help="It is hard to read and has to be; needs a reason.")
    ] = False,
    clinic: Clinic = "",
) -> None:
    """Change a text for everybody, if the checks let it."""
    with _open("wording set", clinic) as (tx, work):
        told = work.publish(tx, language, key, text, reason=reason, meant=meant)
    _tell(told)
    typer.echo("Published.")


@wording.command()
def back(language: Language, key: Key, reason: Reason = "", clinic: Clinic = "") -> None:
    """Have a text say again what it came with."""
    with _open("wording back", clinic) as (tx, work):
        changed = work.back(tx, language, key, reason=reason)
    typer.echo("Taken back." if changed else "It says what it came with.")


@wording.command()
def check(
    language: Annotated[str, typer.Argument(help="en or es; without any: all changes.")] = "",
    key: Annotated[str, typer.Argument(help="The text.")] = "",
    text: Annotated[str, typer.Argument(help="What it should say.")] = "",
    clinic: Clinic = "",
) -> None:
    """Check one new text, or all that the clinic has changed; ends with 1 where one is refused."""
    with _open("wording check", clinic) as (tx, work):
        if language:
            found = [("", "", one) for one in work.check(tx, language, key, text)]
        else:
            found = work.review(tx)
    for spoken, place, one in found:
        if place:
            typer.echo(f"{spoken} {place}:")
        _tell([one])
    refused = [one for _, _, one in found if one.weight is Weight.REFUSED]
    typer.echo(f"{len(found)} findings, {len(refused)} of them refuse it.")
    if refused:
        raise typer.Exit(1)


def _tell(findings: list[Finding] | tuple[Finding, ...]) -> None:
    say = locales.load(locales.MEASURE).section("portal")
    for one in findings:
        typer.echo(f"{one.weight:8}{sentence(say, one)}")


@contextmanager
def _open(purpose: str, clinic: str) -> Iterator[tuple[Tx, Rewording]]:
    settings = load_settings()
    phrasing = Phrasing(
        {name: locales.load(name) for name in (locales.MEASURE, *_others())},
        load_instruments(settings.instrument_file),
    )
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        with records.begin(by=operator(), purpose=purpose) as tx:
            yield tx, Rewording(phrasing, _screener, clinic_named(tx, clinic))
    except WordingRefused as refused:
        _tell(refused.findings)
        _stop("Nothing was changed.")
    except UnknownText:
        _stop("There is no such text. `afterword wording list` names them.")
    except ClinicUnclear as unclear:
        _stop(str(unclear))
    finally:
        records.close()


def _screener() -> Screener:
    """By rule alone, read only when an answer to tap is changed: that takes some seconds."""
    return Screener(load_rules())


def _others() -> list[str]:
    return [name for name in locales.languages() if name != locales.MEASURE]


def _stop(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(1)
