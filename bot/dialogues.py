"""Goes through written dialogues with a model, without a server: JSON lines in, JSON lines out.

    python -m bot.dialogues MODEL.tar.gz < dialogues.jsonl > heard.jsonl

A line in: a dialogue, as the list `turns` of `text`, `expects`, `choices`, `held` and `ends`. A
line out: for each of its turns what `bot.understand` says of it, and the `actions` that the model's
policies let follow. No action runs: what a form asks next is written in the dialogue.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from afterword.screening import one_core  # noqa: F401  before numpy
from bot.understand import processor_of

FORM, SLOT = "reflection_form", "answer"
_MOST_ACTIONS = 8


def main(model: str) -> None:
    """Read standard input to its end."""
    # Rasa tells on standard output what it decides; that is not what is read there.
    out, sys.stdout = sys.stdout, sys.stderr
    processor = processor_of(Path(model))
    for number, line in enumerate(sys.stdin):
        turns = list(go_through(processor, f"dialogue-{number}", json.loads(line)["turns"]))
        out.write(json.dumps({"turns": turns}, ensure_ascii=False) + "\n")
        out.flush()


def go_through(
    processor: Any, conversation: str, turns: list[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Each turn of a dialogue in one conversation, as the model goes on with it."""
    from rasa.shared.core.events import UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.safety_policy import SAFETY
    from bot.understand import parsed

    tracker = DialogueStateTracker.from_events(conversation, [], slots=processor.domain.slots)
    _act(tracker, "action_session_start")
    _act(tracker, "action_listen")
    for turn in turns:
        safety = {SAFETY: {"held": True}} if turn["held"] else {}
        found = parsed(processor, turn, tracker, safety)
        intent = {"name": found["intent"], "confidence": found.get("confidence") or 1.0}
        said = UserUttered(turn["text"], intent, [], {"intent": intent, "metadata": safety})
        said.metadata = safety
        tracker.update(said, processor.domain)
        yield found | {"actions": list(_follow(processor, tracker, ends=turn["ends"]))}


def _follow(processor: Any, tracker: Any, *, ends: bool) -> Iterator[str]:
    from rasa.shared.core.constants import REQUESTED_SLOT
    from rasa.shared.core.events import ActionExecutionRejected, ActiveLoop, SlotSet

    refuses = _not_for_the_form(processor.domain)
    rejected = tracker.active_loop_name is None
    for _ in range(_MOST_ACTIONS):
        action, prediction = processor.predict_next_with_tracker_if_should(tracker)
        said = tracker.latest_message.intent["name"]
        if action.name() == FORM and not rejected and said in refuses:
            # What an open form does with a message that is none of its answers.
            rejected = True
            tracker.update(ActionExecutionRejected(FORM), processor.domain)
            continue
        tracker.update_with_events(prediction.events, processor.domain)
        rejected = True
        _act(tracker, action.name())
        if action.name() == "action_listen":
            return
        yield action.name()
        if action.name() == FORM:
            tracker.update(ActiveLoop(None if ends else FORM), processor.domain)
            tracker.update(SlotSet(REQUESTED_SLOT, None if ends else SLOT), processor.domain)
    yield "..."


def _not_for_the_form(domain: Any) -> frozenset[str]:
    """The intents that fill no slot of the form."""
    mappings = domain.as_dict()["slots"][SLOT]["mappings"]
    return frozenset(intent for one in mappings for intent in one.get("not_intent") or ())


def _act(tracker: Any, name: str) -> None:
    from rasa.shared.core.events import ActionExecuted

    tracker.update(ActionExecuted(name))


if __name__ == "__main__":
    main(sys.argv[1])
