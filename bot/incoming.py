"""The body of a signed call, checked. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

MAX_CHARACTERS = 10_000
# Ten thousand characters, each written as two \uXXXX escapes, and some room for the rest.
MAX_BODY_BYTES = 12 * MAX_CHARACTERS + 4_096

TIERS = ("none", "note", "check", "same_day", "now")
ROUTES = (None, "duty", "safeguarding")

_CONVERSATION = re.compile(r"[0-9a-f]{32}")
_TOKEN = re.compile(r"[\w.:-]{1,200}")
_SCREEN_CHARACTERS = 200


class BadShape(Exception):
    """The body is not what the contract says. The message names the field, never its value."""


class NotScreened(BadShape):
    """A text without the result of the safety screen: it came by another way than the gateway."""


class TooLong(Exception):
    """The text has more characters than a message may have."""


@dataclass(frozen=True)
class Safety:
    """What the gateway's screen found in a message; see afterword/safety.

    `held`: the gateway has answered it with a safe message, and the dialogue stops here. `screen`
    names the version of the rules that have looked.
    """

    tier: str
    route: str | None
    held: bool
    screen: str


@dataclass(frozen=True)
class Incoming:
    """One message of a patient: a text, or the token of a choice."""

    conversation: str
    message: str
    text: str | None = None
    choice: str | None = None
    safety: Safety | None = None

    @property
    def held(self) -> bool:
        """Whether the dialogue has no part in this message."""
        return self.safety is not None and self.safety.held


def read_message(body: bytes) -> Incoming:
    """The message in the body of a turn.

    Raises:
        BadShape: fields are missing, unknown or of another shape.
        NotScreened: a text has no `safety`.
        TooLong: the text is longer than `MAX_CHARACTERS`.
    """
    if len(body) > MAX_BODY_BYTES:
        raise TooLong
    fields = _fields(body)
    if fields.keys() - {"safety"} not in (
        {"conversation", "message", "text"},
        {"conversation", "message", "choice"},
    ):
        raise BadShape("needs conversation, message and either text or choice")
    incoming = Incoming(
        conversation=_conversation(fields["conversation"]),
        message=_message(fields["message"]),
        text=_text(fields["text"]) if "text" in fields else None,
        choice=_choice(fields["choice"]) if "choice" in fields else None,
        safety=_safety(fields["safety"]) if "safety" in fields else None,
    )
    if incoming.text is not None and incoming.safety is None:
        raise NotScreened("safety")
    return incoming


def read_conversation(body: bytes) -> str:
    """The conversation in the body of an erasure.

    Raises:
        BadShape: anything but {"conversation": 32 hexadecimal digits}.
    """
    if len(body) > MAX_BODY_BYTES:
        raise BadShape("body")
    fields = _fields(body)
    if set(fields) != {"conversation"}:
        raise BadShape("needs conversation")
    return _conversation(fields["conversation"])


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise BadShape("body is not JSON") from None
    if not isinstance(fields, dict):
        raise BadShape("body is not an object")
    return fields


def _conversation(value: Any) -> str:
    if not isinstance(value, str) or not _CONVERSATION.fullmatch(value):
        raise BadShape("conversation")
    return value


def _message(value: Any) -> str:
    if not isinstance(value, str):
        raise BadShape("message")
    try:
        UUID(value)
    except ValueError:
        raise BadShape("message") from None
    # As it was sent: the caller gets back the id that it knows.
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadShape("text")
    if len(value) > MAX_CHARACTERS:
        raise TooLong
    # Half a surrogate pair cannot be written as UTF-8 anywhere further on.
    text = value.encode("utf-8", "replace").decode().strip()
    if not text:
        raise BadShape("text")
    return text


def _choice(value: Any) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise BadShape("choice")
    return value


def _safety(value: Any) -> Safety:
    if not isinstance(value, dict) or set(value) != {"tier", "route", "held", "screen"}:
        raise BadShape("safety")
    if value["tier"] not in TIERS or value["route"] not in ROUTES:
        raise BadShape("safety")
    screen = value["screen"]
    if not isinstance(value["held"], bool) or not _is_version(screen):
        raise BadShape("safety")
    return Safety(value["tier"], value["route"], value["held"], screen)


def _is_version(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= _SCREEN_CHARACTERS
        and value.isascii()
        and value.isprintable()
    )
