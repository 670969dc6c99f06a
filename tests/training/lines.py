"""Reports and changes, made in a line."""

from collections.abc import Sequence

from afterword.evaluation.lines import Expected, Line
from afterword.records.data_versions import Change, Kind
from afterword.training import corpus
from afterword.training.locked import Dialogue, Locked
from afterword.training.report import Data, Measured, Read, Report


def add(text: str, label: str, *, language: str = "en", owner: str = "", key: str = "") -> Change:
    return Change(key or f"add {text}", Kind.ADD, language, label, "", text, owner)


def move(text: str, was: str, label: str, language: str = "en") -> Change:
    return Change(f"move {text}", Kind.MOVE, language, label, was, text)


def remove(text: str, was: str, language: str = "en") -> Change:
    return Change(f"remove {text}", Kind.REMOVE, language, was, was, text)


def shipped(*lines: tuple[str, str]) -> list[corpus.Line]:
    return [
        corpus.Line("en", label, text, f"data/nlu/en/a.yml:{number}")
        for number, (text, label) in enumerate(lines, start=1)
    ]


def kept(lines: Sequence[tuple[str, str]], safety: Sequence[str] = ("I want to die",)) -> Locked:
    """Lines kept apart as (meaning, text): half of them English, half Spanish; one dialogue."""
    return Locked(
        lines=tuple(
            Line(f"{'en' if at % 2 else 'es'}:{at}", "heard", text, "en", Expected("words"))
            for at, (_, text) in enumerate(lines)
        ),
        safety=tuple(
            Line(f"safety:{at}", "heard", text, "en", Expected("words"))
            for at, text in enumerate(safety)
        ),
        dialogues=(Dialogue("from start to end", ()),),
        digest="today",
    )


def measured(
    locked: Locked, meanings: Sequence[str], wrong: dict[int, str] | None = None, **more: object
) -> Measured:
    """A model that reads all lines right but those in `wrong`, by number."""
    wrong = wrong or {}
    lines = {
        line.place: Read(meant, wrong.get(at, meant), at not in wrong)
        for at, (line, meant) in enumerate(zip(locked.lines, meanings, strict=True))
    }
    given: dict[str, object] = {"model": "new", "digest": locked.digest, "dialogues": 1}
    return Measured(lines=lines, **{**given, **more})  # type: ignore[arg-type]


def report(candidate: Measured, live: Measured, data: Data | None = None, **more: object) -> Report:
    return Report(1, candidate, live, data or Data(), **more)  # type: ignore[arg-type]
