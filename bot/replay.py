"""Takes stored conversations that are under way through another model: would they go on?

    python -m bot.replay MODEL.tar.gz

One line of JSON comes out, with counts and nothing else: no id, no word of anybody. The
conversations are only read, and no action runs: what an action did stands in the events, so the
model is asked at each point what would come next. The promotion of a model calls it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from afterword.screening import one_core  # noqa: F401  before numpy
from bot.seal import Sealer, place_of
from bot.turn_table import TurnTable

MOST = 50
# Of them some are at their end, and some have just begun.
_LOOKED_AT = 4 * MOST
# The last turns decide over where a conversation stands.
_TURNS = 3


@dataclass
class Counts:
    """`failed`: conversations that the model cannot be asked about. `strayed`: steps at which it
    would do another thing with the same understanding. `otherwise`: messages that it reads in
    another way, which may well be better."""

    conversations: int = 0
    turns: int = 0
    failed: int = 0
    strayed: int = 0
    otherwise: int = 0


def main(model: str, environment: Mapping[str, str]) -> None:
    """Prints the counts."""
    from bot.understand import processor_of

    stored = Stored(environment)
    processor = processor_of(Path(model))
    sys.stdout.write(json.dumps(asdict(replay(processor, stored))) + "\n")


class Stored:
    """The conversations of the tracker store, opened to be read only."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises KeyUnusable."""
        self._sealer = Sealer.from_environment(environment)
        self._table = TurnTable(environment["AFTERWORD_TRACKER_URL"], read_only=True)

    def newest(self) -> list[str]:
        """Conversations, the newest first."""
        return self._table.newest(_LOOKED_AT) if self._table.is_there else []

    def events(self, conversation: str) -> list[Any]:
        """All that happened in one of them."""
        from rasa.shared.core.events import deserialise_events

        found: list[Any] = []
        for seq, sealed in self._table.read(conversation):
            clear = self._sealer.open(sealed, place_of(conversation, seq))
            found += deserialise_events(json.loads(clear))
        return found


def replay(processor: Any, stored: Stored) -> Counts:
    """Goes through the newest conversations that are under way."""
    counts = Counts()
    for conversation in stored.newest():
        if counts.conversations == MOST:
            break
        try:
            events = stored.events(conversation)
            if _is_under_way(processor, conversation, events):
                counts.conversations += 1
                _go_through(processor, conversation, events, counts)
        except Exception:  # whatever it is, its words may be a patient's
            counts.failed += 1
    return counts


def _is_under_way(processor: Any, conversation: str, events: list[Any]) -> bool:
    tracker = _tracker(processor, conversation, events)
    return tracker.active_loop_name is not None


def _go_through(processor: Any, conversation: str, events: list[Any], counts: Counts) -> None:
    """Asks the model for each step of the last turns."""
    start = _start(events)
    tracker = _tracker(processor, conversation, events[:start])
    for event in events[start:]:
        if event.type_name == "user":
            counts.turns += 1
            counts.otherwise += _reads_otherwise(processor, tracker, event)
        elif event.type_name == "action" and event.action_name is not None:
            counts.strayed += _next(processor, tracker) != event.action_name
        tracker.update(event, processor.domain)


def _start(events: list[Any]) -> int:
    """Where the last turns begin."""
    said = [place for place, event in enumerate(events) if event.type_name == "user"]
    return said[-_TURNS:][0] if said else len(events)


def _reads_otherwise(processor: Any, tracker: Any, event: Any) -> bool:
    from bot.turn import understood

    metadata = dict(event.metadata or {})
    if metadata.get("choice") or not event.text:
        return False
    intent = understood(processor, event.text, metadata, tracker)["intent"]["name"]
    return bool(intent != event.intent_name)


def _next(processor: Any, tracker: Any) -> str:
    # On a copy: asking takes what an action wants to follow out of the tracker.
    action, _ = processor.predict_next_with_tracker_if_should(tracker.copy())
    return str(action.name())


def _tracker(processor: Any, conversation: str, events: list[Any]) -> Any:
    from rasa.shared.core.trackers import DialogueStateTracker

    domain = processor.domain
    return DialogueStateTracker.from_events(conversation, events, domain.slots, domain=domain)


if __name__ == "__main__":
    main(sys.argv[1], os.environ)
