"""Reads labelled lines with the trained model, in Rasa's environment, and decides over each."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterword import children
from afterword.evaluation.lines import Line
from afterword.evaluation.outcomes import Done, Verdict, done_with, verdict
from afterword.evaluation.scenes import scene
from afterword.settings import PROJECT

RASA_PYTHON = ".venv/rasa/bin/python"
_PATIENCE = 900.0

Progress = Callable[[int], None]


class EvaluationFailed(Exception):
    """The lines could not be read by the model; the message says what to do."""


@dataclass(frozen=True)
class Judged:
    """A line, what was done with it, and whether that is right.

    `likeliest` is the intent that comes first, also where it was not sure enough to count;
    `seconds` are those of reading.
    """

    line: Line
    done: Done
    verdict: Verdict
    confidence: float | None
    seconds: float | None = None
    likeliest: str = ""


@dataclass(frozen=True)
class Evaluation:
    """`seconds` of reading, with the model's start."""

    model: str
    judged: tuple[Judged, ...]
    seconds: float


def evaluate(
    lines: Sequence[Line],
    model: Path,
    environment: Path | None = None,
    *,
    progress: Progress = lambda at: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Evaluation:
    """Reads each line as a live turn does. `progress` hears how many were read.

    Raises EvaluationFailed, and Stopped when it is not wanted any more.
    """
    began = time.monotonic()
    asked_for = [asked(line) for line in lines]
    parsed = ask_rasa("bot.understand", model, asked_for, environment, progress, wanted)
    judged = []
    for line, found in zip(lines, parsed, strict=True):
        done = done_with(line.text, found, scene(line.context, line.language))
        judged.append(
            Judged(
                line,
                done,
                verdict(line, done),
                confidence=found.get("confidence"),
                seconds=found.get("seconds"),
                likeliest=str(found.get("guess") or found["intent"]),
            )
        )
    return Evaluation(model.name, tuple(judged), time.monotonic() - began)


def ask_rasa(
    module: str,
    model: Path,
    given: Sequence[dict[str, Any]],
    environment: Path | None = None,
    progress: Progress = lambda at: None,
    wanted: Callable[[], bool] = lambda: True,
) -> list[dict[str, Any]]:
    """What a module of bot/ answers to each of the lines, in Rasa's environment.

    Raises as `evaluate`.
    """
    read: list[dict[str, Any]] = []

    def heard(line: str) -> None:
        read.append(json.loads(line))
        progress(len(read))

    command = [str(environment or PROJECT / RASA_PYTHON), "-m", module, str(model)]
    path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    try:
        code = children.run(
            command,
            folder=PROJECT,
            environment={**os.environ, "PYTHONPATH": path},
            heard=heard,
            wanted=wanted,
            given="".join(json.dumps(one, ensure_ascii=False) + "\n" for one in given),
            patience=_PATIENCE,
        )
    except (OSError, children.TooLong) as error:
        raise EvaluationFailed(
            f"The model could not be asked ({type(error).__name__}); run make setup."
        ) from None
    except ValueError:
        code = 1
    if code != 0 or len(read) != len(given):
        # What Rasa printed may hold a line's text.
        raise EvaluationFailed(
            f"The model stopped after {len(read)} of {len(given)} lines; "
            "train it anew with: afterword train --force"
        )
    return read


def asked(line: Line) -> dict[str, Any]:
    """A line as language understanding is asked: with what is open and on offer."""
    place = scene(line.context, line.language)
    choices = [
        {
            "token": choice.token,
            "title": choice.title,
            "words": list(choice.words),
            "payload": f"/{choice.intent}",
        }
        for choice in place.choices
    ]
    return {"text": line.text, "expects": place.expects, "choices": choices}
