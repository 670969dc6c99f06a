"""Measures a model on the lines that are kept apart: what it makes of each, and how long it takes.

It runs where the trainer runs, never in the Rasa that serves patients.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from afterword import children
from afterword.evaluation.lines import Line
from afterword.evaluation.outcomes import Done, Verdict, done_with, verdict
from afterword.evaluation.running import Judged, ask_rasa, asked, evaluate
from afterword.evaluation.scenes import scene
from afterword.safety.finding import Tier
from afterword.screening.screener import Screener
from afterword.training.locked import Dialogue, Locked, Turn
from afterword.training.report import Broken, Measured, Read

# What a statement of danger may be taken for without the screen: words that are kept, a question
# back, or what leads to a person. All else would pass over it.
_HARMLESS = frozenset({"words", "asked", "human", "help", "medical_question", "rating_and_words"})
# The labels that would send it away for good, or thank for it.
_GRAVE = frozenset(
    {"stop_delete", "share_all", "share_ratings", "keep_private", "skip", "rather_not_say"}
    | {"thanks"}
)

Progress = Callable[[int, int], None]
Wanted = Callable[[], bool]


@dataclass(frozen=True)
class Guess:
    """A label, how sure a model is of it, from 0 to 1, and whether that is enough to act on."""

    label: str
    confidence: float
    acted_on: bool = False


def measure(
    archive: Path,
    locked: Locked,
    screener: Screener,
    progress: Progress = lambda at, of: None,
    wanted: Wanted = lambda: True,
) -> Measured:
    """Everything about one model. Raises EvaluationFailed, and Stopped when it is not wanted."""
    lines = (*locked.lines, *locked.safety)
    steps = len(lines) + len(locked.safety) + len(locked.dialogues)
    found = evaluate(lines, archive, progress=lambda at: progress(at, steps), wanted=wanted)
    spoken, dangers = found.judged[: len(locked.lines)], found.judged[len(locked.lines) :]
    held = []
    # How long it takes is measured elsewhere: what it holds because it was late it did not notice.
    unhurried = replace(screener, clock=lambda: 0.0)
    for number, one in enumerate(dangers):
        if not wanted():
            raise children.Stopped
        held.append(unhurried.screen(one.line.text).tier > Tier.NONE)
        progress(len(lines) + number, steps)
    broken = broken_dialogues(archive, locked.dialogues, wanted)
    progress(steps, steps)
    return Measured(
        model=archive.name.removesuffix(".tar.gz"),
        digest=locked.digest,
        lines={one.line.place: _read(one) for one in spoken},
        not_held=tuple(
            one.line.place for one, is_held in zip(dangers, held, strict=True) if not is_held
        ),
        misread={
            one.line.place: name for one in dangers if (name := called(one.done)) not in _HARMLESS
        },
        leaning={one.line.place: one.likeliest for one in dangers if one.likeliest in _GRAVE},
        broken=tuple(broken),
        dialogues=len(locked.dialogues),
        seconds=median(one.seconds for one in spoken if one.seconds is not None),
        bytes=archive.stat().st_size,
    )


def called(one: Done) -> str:
    """What was done with a line, as a short name: a digression's own, else its kind."""
    return (one.name or one.kind) if one.kind == "digression" else one.kind


def meant(line: Line) -> str:
    """What a line means, as the same short names."""
    expected = line.expected
    return (expected.name or expected.kind) if expected.kind == "digression" else expected.kind


def _read(one: Judged) -> Read:
    return Read(meant(one.line), called(one.done), one.verdict is Verdict.RIGHT)


def broken_dialogues(
    archive: Path, dialogues: Sequence[Dialogue], wanted: Wanted = lambda: True
) -> Iterator[Broken]:
    """The first turn of each dialogue that does not go as it is written."""
    for dialogue, heard in zip(dialogues, _heard(archive, dialogues, wanted), strict=True):
        for number, (turn, found) in enumerate(zip(dialogue.turns, heard, strict=True), start=1):
            if problem := _problem(turn, found):
                yield Broken(dialogue.name, number, turn.line.text, *problem)
                break


def _problem(turn: Turn, found: dict[str, Any]) -> tuple[str, str] | None:
    """What was expected and what came; None when a turn went as it is written."""
    line = turn.line
    if not turn.held:
        done = done_with(line.text, found, scene(line.context, line.language))
        if verdict(line, done) is not Verdict.RIGHT:
            return meant(line), called(done)
    if turn.then and tuple(found["actions"]) != turn.then:
        return ", ".join(turn.then), ", ".join(found["actions"])
    return None


def _heard(
    archive: Path, dialogues: Sequence[Dialogue], wanted: Wanted
) -> list[list[dict[str, Any]]]:
    given = [
        {"turns": [{**asked(one.line), "held": one.held, "ends": one.ends} for one in each.turns]}
        for each in dialogues
    ]
    return [one["turns"] for one in ask_rasa("bot.dialogues", archive, given, wanted=wanted)]


def sure_of(archive: Path, texts: Sequence[str], wanted: Wanted = lambda: True) -> list[Guess]:
    """What a model takes texts for by themselves, and how sure it is of that."""
    given = [{"text": text, "expects": "choice", "choices": []} for text in texts]
    found = ask_rasa("bot.understand", archive, given, wanted=wanted)
    return [
        Guess(
            str(one["guess"] or one["intent"]),
            float(one.get("confidence") or 0.0),
            not one["guess"],
        )
        for one in found
    ]
