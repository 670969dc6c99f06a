"""One turn: a patient's message goes in, replies come out, and all of it is stored or none.

The same message id gives the same replies again, without running anything; so the worker may repeat
a call until it hears an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from afterword.datafiles import load_lexicon
from afterword.reflection.lexicon import Lexicon
from afterword.reflection.parts import after_degree, parts_of
from bot.answer_gate import LIKELY, is_scale
from bot.choices import ANSWER, Choice, resolve, typed
from bot.incoming import Incoming
from bot.processor import StrictProcessor, TurnFailed
from bot.replies import MESSAGE, latest_offered, offered, replies_to
from bot.safety_policy import SAFETY, is_held
from bot.tracker_store import ConversationErased, StrictTrackerStore
from bot.two_in_one import START, combine

CHANNEL = "afterword"
# For rules and actions together. The worker waits longer, and tries again.
TURN_SECONDS = 8.0
# What language understanding gets to see; the conversation keeps all of it.
UNDERSTOOD_CHARACTERS = 1_000
_SLASH = "/"
# The slot that counts how often in a row the open question was not understood.
MISSES = "misses"


class ChoiceNotOffered(Exception):
    """The token was never offered in this conversation, and is not for any time."""


@dataclass(frozen=True)
class Answered:
    """What came of a turn; `missed`: the message was not understood. A repeat does not say so."""

    replies: list[dict[str, Any]] = field(default_factory=list)
    erased: bool = False
    missed: bool = False


class Silent(OutputChannel):
    """Rasa's way out, unused: replies are read from the conversation's events (bot/replies.py).

    Whole messages stay whole there, text, buttons and custom together; stock channels send each
    part as a message of its own.
    """

    @classmethod
    def name(cls) -> str:
        """The name that responses in the domain can be written for."""
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Nothing to do."""


async def take_turn(agent: Agent, incoming: Incoming, menu: Sequence[str]) -> Answered:
    """Answer one message. Nothing is stored unless everything worked.

    Args:
        menu: intents that may be chosen at any time as `menu.<intent>`.

    Raises:
        ChoiceNotOffered: see there.
        TurnFailed: an action failed, nothing was said, or the turn took too long.
        Exception: whatever the lock store or the tracker store raises.
    """
    async with agent.lock_store.lock(incoming.conversation):
        try:
            return await _locked_turn(agent, incoming, menu)
        except ConversationErased as erased:
            # Every further message hears what the erasing one heard, and nothing runs.
            return Answered(erased.replies, erased=True)


async def erase(agent: Agent, conversation: str) -> None:
    """Erase a conversation, after the turn that may be running."""
    store: StrictTrackerStore = agent.tracker_store
    async with agent.lock_store.lock(conversation):
        await store.delete(conversation)


async def _locked_turn(agent: Agent, incoming: Incoming, menu: Sequence[str]) -> Answered:
    processor: StrictProcessor = agent.processor
    store: StrictTrackerStore = agent.tracker_store
    tracker = await processor.get_tracker(incoming.conversation)
    known = replies_to(incoming.message, tracker.events)
    if known is not None:
        return Answered(known)
    # Before the time limit: a token that was not offered is refused, however slow the rest is.
    choice = _chosen(incoming, tracker, menu, processor)
    misses = slot(tracker, MISSES) or 0
    try:
        await asyncio.wait_for(_converse(processor, tracker, incoming, choice), TURN_SECONDS)
    except TimeoutError:
        raise TurnFailed("took too long") from None
    replies = replies_to(incoming.message, tracker.events) or []
    if not replies and not incoming.held:
        # Silence is a rule that is missing, and a patient left alone with it; unless the gateway
        # has said all there is to say.
        raise TurnFailed("the bot said nothing")
    if slot(tracker, "erased") is True:
        await store.delete(incoming.conversation, replies)
        return Answered(replies, erased=True)
    missed = (slot(tracker, MISSES) or 0) > misses
    await store.save(tracker)
    return Answered(replies, missed=missed)


def _chosen(
    incoming: Incoming,
    tracker: DialogueStateTracker,
    menu: Sequence[str],
    processor: StrictProcessor,
) -> Choice | None:
    if incoming.choice is None:
        if incoming.held:
            # Words that are held are words, also when an option has the same name.
            return None
        return typed(incoming.text or "", latest_offered(tracker.events))
    choice = resolve(incoming.choice, offered(tracker.events), menu)
    if choice is None or choice.intent not in processor.domain.intents:
        raise ChoiceNotOffered
    return choice


async def _converse(
    processor: StrictProcessor,
    tracker: DialogueStateTracker,
    incoming: Incoming,
    choice: Choice | None,
) -> None:
    output = Silent()
    await processor.begin(tracker, output)
    metadata = {
        MESSAGE: incoming.message,
        "choice": choice.token if choice else None,
        "expects": slot(tracker, "expects"),
        SAFETY: asdict(incoming.safety) if incoming.safety else None,
    }
    # What was typed stays as it was typed, also when it meant a choice.
    text = incoming.text or (choice.title if choice else "")
    parsed = _certain(choice.intent) if choice else understood(processor, text, metadata, tracker)
    said = UserUttered(
        text,
        parsed["intent"],
        parsed["entities"],
        # Actions see the message as parse data only, so what we know of it must be in there.
        {**parsed, "text": text, "metadata": metadata},
        input_channel=CHANNEL,
        message_id=incoming.message,
        metadata=metadata,
    )
    tracker.update(said, processor.domain)
    await processor.decide(tracker, output)


def understood(
    processor: StrictProcessor, text: str, metadata: dict[str, Any], tracker: DialogueStateTracker
) -> dict[str, Any]:
    """What a typed text means; one that looks like a command is just the patient's words."""
    if is_held(metadata) or text.strip().startswith(_SLASH):
        return _certain(ANSWER)
    known = text.strip()[:UNDERSTOOD_CHARACTERS]
    parsed = processor.understand(known, metadata, tracker)
    degree = after_degree(known, _lexicons()) if is_scale(metadata.get("expects")) else []
    parts = [
        {**read["intent"], "text": part, LIKELY: read[LIKELY]}
        for part in degree or parts_of(known)
        for read in [processor.understand(part, metadata, tracker)]
    ]
    begun = any(isinstance(one, UserUttered) and one.intent_name == START for one in tracker.events)
    if begun:
        # "Ok. Who reads it?" after the end begins nothing again.
        parts = [{**part, "go": False} for part in parts]
    intent, also = combine(parsed["intent"], parts, metadata.get("expects"))
    return {**parsed, "intent": intent, "also": also, LIKELY: _of_answer(parsed, parts, also)}


def _of_answer(
    parsed: dict[str, Any], parts: list[dict[str, Any]], also: str | None
) -> dict[str, list[float]]:
    """How much the answer says, without what was asked beside it."""
    rest = [part for part in parts if part["name"] != also]
    likely: dict[str, list[float]] = rest[0][LIKELY] if also and len(rest) == 1 else parsed[LIKELY]
    return likely


@cache
def _lexicons() -> tuple[Lexicon, ...]:
    return tuple(load_lexicon(language) for language in ("en", "es"))


def _certain(intent: str) -> dict[str, Any]:
    return {"intent": {"name": intent, "confidence": 1.0}, "entities": []}


def slot(tracker: DialogueStateTracker, name: str) -> Any:
    """The value of a slot, None when the domain has no such slot."""
    found = tracker.slots.get(name)
    return found.value if found else None
