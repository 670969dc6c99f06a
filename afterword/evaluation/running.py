"""Reads labelled lines with the trained model, in Rasa's environment, and decides over each."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterword.evaluation.lines import Line
from afterword.evaluation.outcomes import Done, Verdict, done_with, verdict
from afterword.evaluation.scenes import scene
from afterword.settings import PROJECT

RASA_PYTHON = ".venv/rasa/bin/python"
_PATIENCE = 900.0


class EvaluationFailed(Exception):
    """The lines could not be read by the model; the message says what to do."""


@dataclass(frozen=True)
class Judged:
    """A line, what was done with it, and whether that is right."""

    line: Line
    done: Done
    verdict: Verdict
    confidence: float | None


@dataclass(frozen=True)
class Evaluation:
    """`seconds` of reading, with the model's start."""

    model: str
    judged: tuple[Judged, ...]
    seconds: float


def evaluate(lines: Sequence[Line], model: Path, environment: Path | None = None) -> Evaluation:
    """Reads each line as a live turn does. Raises EvaluationFailed."""
    began = time.monotonic()
    parsed = _parse(lines, model, environment or PROJECT / RASA_PYTHON)
    judged = []
    for line, found in zip(lines, parsed, strict=True):
        done = done_with(line.text, found, scene(line.context, line.language))
        judged.append(Judged(line, done, verdict(line, done), found.get("confidence")))
    return Evaluation(model.name, tuple(judged), time.monotonic() - began)


def _parse(lines: Sequence[Line], model: Path, python: Path) -> list[dict[str, Any]]:
    asked = "".join(json.dumps(_asked(line), ensure_ascii=False) + "\n" for line in lines)
    command = [str(python), "-m", "bot.understand", str(model)]
    path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    try:
        answered = subprocess.run(
            command,
            input=asked,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EvaluationFailed(
            f"The model could not be asked ({type(error).__name__}); run make setup."
        ) from None
    read = [json.loads(line) for line in answered.stdout.splitlines()]
    if answered.returncode != 0 or len(read) != len(lines):
        # What Rasa printed may hold a line's text.
        raise EvaluationFailed(
            f"The model stopped after {len(read)} of {len(lines)} lines; "
            "train it anew with: afterword train --force"
        )
    return read


def _asked(line: Line) -> dict[str, Any]:
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
