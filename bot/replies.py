"""What the bot said, read from the events of a conversation. Pure: events are looked at, not made.

Replies are always rebuilt from stored events, for the first call and for a repeated one alike, so
that both cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.choices import Choice, choices_of

# The style of choices that the message's own part shows, such as *change* in a list of answers.
DRAWN_BY_THE_MESSAGE = "row"
# Key in the metadata of a user event; marks it as a message that came through our channel.
MESSAGE = "message"


def message_of(event: Any) -> str | None:
    """The message id of an event that is a patient's message, else None."""
    if event.type_name != "user":
        return None
    message = (event.metadata or {}).get(MESSAGE)
    return str(message) if message else None


def replies_to(message: str, events: Sequence[Any]) -> list[dict[str, Any]] | None:
    """Everything the bot said to this message, in order; None when the message is not there."""
    said: list[Any] = []
    # From the end: a repeated message is nearly always the last one.
    for event in reversed(events):
        found = message_of(event)
        if found == message:
            return [reply(bot) for bot in reversed(said)]
        if found is not None:
            said.clear()
        elif event.type_name == "bot":
            said.append(event)
    return None


def reply(event: Any) -> dict[str, Any]:
    """One bot message for the gateway: {"text", "choices", **custom}."""
    data = event.data
    custom = data.get("custom")
    said: dict[str, Any] = dict(custom) if isinstance(custom, dict) else {}
    said["text"] = event.text or ""
    said["choices"] = [
        choice.shown()
        for choice in choices_of(data.get("buttons"))
        if choice.style != DRAWN_BY_THE_MESSAGE
    ]
    return said


def offered(events: Iterable[Any]) -> Iterator[Choice]:
    """Every choice that the conversation has offered, newest first."""
    for event in reversed(list(events)):
        if event.type_name == "bot":
            yield from choices_of(event.data.get("buttons"))


def latest_offered(events: Iterable[Any]) -> list[Choice]:
    """The choices of the latest bot turn: of all that was said since the last message."""
    found: list[Choice] = []
    for event in reversed(list(events)):
        if message_of(event) is not None:
            break
        if event.type_name == "bot":
            found += choices_of(event.data.get("buttons"))
    return found
