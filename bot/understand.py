"""Reads lines of text as a turn would, without a server: JSON lines in, JSON lines out.

    python -m bot.understand MODEL.tar.gz < lines.jsonl > parses.jsonl

A line in: `text`, `expects` and the `choices` that are on offer. A line out: `intent`, `choice`,
`guess` and `also`, as actions get to know them. `afterword understanding evaluate` calls it.
"""

from __future__ import annotations

import json
import sys
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
        sys.stdout.write(json.dumps(read(json.loads(line)), ensure_ascii=False) + "\n")
        sys.stdout.flush()


def reader(model: Path) -> Any:
    """What reads one line with a model. Imports Rasa, which takes seconds."""
    set_defaults()
    tensorflow_stand_in.install()
    # Only now: these import Rasa, and with it what stands in for TensorFlow.
    from rasa.core.lock_store import InMemoryLockStore
    from rasa.core.nlg import TemplatedNaturalLanguageGenerator
    from rasa.core.tracker_store import InMemoryTrackerStore
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.choices import choices_of, typed
    from bot.install import install
    from bot.processor import StrictProcessor
    from bot.turn import understood

    install()
    processor = StrictProcessor(
        model,
        tracker_store=InMemoryTrackerStore(None),
        lock_store=InMemoryLockStore(),
        generator=TemplatedNaturalLanguageGenerator({}),
    )
    tracker = DialogueStateTracker.from_events("evaluation", [], slots=processor.domain.slots)

    def read(line: Mapping[str, Any]) -> dict[str, Any]:
        choice = typed(line["text"], choices_of(line["choices"]))
        if choice is not None:
            return {"intent": choice.intent, "choice": choice.token, "guess": None, "also": None}
        metadata = {"expects": line["expects"]}
        parsed = understood(processor, line["text"], metadata, tracker)
        intent = parsed["intent"]
        return {
            "intent": intent.get("name"),
            "choice": None,
            "guess": intent.get("instead_of"),
            "also": parsed.get("also"),
            "likely": parsed.get("likely"),
            "confidence": intent.get("confidence"),
        }

    return read


if __name__ == "__main__":
    main(sys.argv[1])
