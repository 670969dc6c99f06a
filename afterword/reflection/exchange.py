"""What is heard, where the dialogue stands, and what is decided: the plain values of a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from afterword.reflection.answers import Answer, Sharing

MENU = "menu."
"""How the tokens of the page's menu begin: they stand for an intent, not for an option."""
DELETE_YES, DELETE_NO = "delete.yes", "delete.no"
SAFETY = "safety."
"""How the tokens below safe messages begin. Only two of them are for the dialogue."""
SAFETY_GO_ON, SAFETY_STOP = "safety.go_on", "safety.stop"


class Pending(StrEnum):
    """What a yes, a no, *keep my words* or *go on* would refer to.

    `confirm`: whether a reading of typed words is right; `share`: whether to share as was typed.
    """

    DELETE = "delete"
    KEEP = "keep"
    CONFIRM = "confirm"
    SHARE = "share"
    STOP = "stop"
    PAUSE = "pause"
    SAFETY = "safety"


@dataclass(frozen=True)
class Heard:
    """A message as the assistant took it: `choice` is the tapped token, else `text` was typed.

    `guess` is what language understanding makes of an answer, such as `rated_mostly`; it is never
    stored without a yes. `also` is a second intent in the same message. `likely` is how much the
    text says as learnt from lines, see `likely.py`.
    """

    text: str
    intent: str
    choice: str | None = None
    guess: str | None = None
    also: str | None = None
    likely: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Open:
    """Where the dialogue stands.

    `draft` holds words that were not understood as an option, or not taken because they were
    answered with a safe message. Only *keep my words* makes an answer of them. `candidates` are
    the options that typed words may have meant, while that is being asked.
    """

    question: str
    pending: Pending | None = None
    misses: int = 0
    draft: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of the catalogue to be said."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What is to be done, in this order: store, remove, share, erase; then say, then ask.

    `open` is None when the reflection has ended with this message.
    """

    open: Open | None
    short: bool = False
    store: tuple[Answer, ...] = ()
    remove: str | None = None
    share: Sharing | None = None
    erase: bool = False
    say: tuple[Line, ...] = ()


ASIDE_LINES = {
    "ask_who_sees": "who_sees",
    "ask_human": "human",
    "ask_if_human": "if_human",
    "help": "help",
    "medical_question": "medical",
    "not_me": "not_me",
    "off_topic": "off_topic",
    "technical_problem": "technical",
    "thanks": "thanks",
    "wrong_session": "wrong_session",
}
"""The line of the catalogue that answers an intent by itself, whatever question is open."""

PENDING_AFTER = {
    "pause": Pending.PAUSE,
    "stop": Pending.STOP,
    "stop_delete": Pending.DELETE,
}
"""What is asked next when an answer comes together with one of these intents."""
