"""Reads lines of text as a turn would, without a server: JSON lines in, JSON lines out.

    python -m bot.understand MODEL.tar.gz < lines.jsonl > parses.jsonl

A line in: `text`, `expects` and the `choices` that are on offer. A line out: `intent`, `choice`,
`guess` and `also`, as actions get to know them, and the `seconds` that it took. `afterword
understanding evaluate` and the trainer call it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from afterword.screening import one_core  # noqa: F401  before numpy
from bot import tensorflow_stand_in
from bot.environment import set_defaults


def main(model: str) -> None:
    """Read standard input to its end."""
    read = reader(Path(model))
    for line in sys.stdin:
        began = time.perf_counter()
        found = read(json.loads(line)) | {"seconds": round(time.perf_counter() - began, 4)}
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def reader(model: Path) -> Any:
    """What reads one line with a model. Imports Rasa, which takes seconds."""
    processor = processor_of(model)
    from rasa.shared.core.trackers import DialogueStateTracker

    tracker = DialogueStateTracker.from_events("evaluation", [], slots=processor.domain.slots)

    def read(line: Mapping[str, Any]) -> dict[str, Any]:
        return parsed(processor, line, tracker, {})

    return read


def processor_of(model: Path) -> Any:
    """Rasa's processor with a model, without a server. Imports Rasa."""
    set_defaults()
    tensorflow_stand_in.install()
    # Only now: these import Rasa, and with it what stands in for TensorFlow.
    from rasa.core.lock_store import InMemoryLockStore
    from rasa.core.nlg import TemplatedNaturalLanguageGenerator
    from rasa.core.tracker_store import InMemoryTrackerStore

    from bot.install import install
    from bot.processor import StrictProcessor

    install()
    return StrictProcessor(
        model,
        tracker_store=InMemoryTrackerStore(None),
        lock_store=InMemoryLockStore(),
        generator=TemplatedNaturalLanguageGenerator({}),
    )


def parsed(
    processor: Any, line: Mapping[str, Any], tracker: Any, known: Mapping[str, Any]
) -> dict[str, Any]:
    """What a text means, as actions get to know it. `known` is what the gateway found out."""
    from bot.choices import choices_of, typed
    from bot.safety_policy import is_held
    from bot.turn import understood

    # Words that are held are words, also when an option has the same name.
    choice = None if is_held(known) else typed(line["text"], choices_of(line["choices"]))
    if choice is not None:
        return {"intent": choice.intent, "choice": choice.token, "guess": None, "also": None}
    metadata = {"expects": line["expects"], **known}
    found = understood(processor, line["text"], metadata, tracker)
    intent = found["intent"]
    return {
        "intent": intent.get("name"),
        "choice": None,
        "guess": intent.get("instead_of"),
        "also": found.get("also"),
        "likely": found.get("likely"),
        "confidence": intent.get("confidence"),
    }


if __name__ == "__main__":
    main(sys.argv[1])
