"""Which choices a conversation has offered, and which one a patient means. Pure.

A choice is a button that an action uttered: a title to show, a token to send back, and the intent
that it stands for. Patients send tokens, never intents, so nothing that was not offered can run.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What a choice means that stands for no intent of its own.
ANSWER = "answer"
MENU_PREFIX = "menu."
# The gateway offers these below its safe messages, which Rasa never sees; so they may be chosen at
# any time, as the menu may.
SAFETY_TOKENS = frozenset(
    f"safety.{name}"
    for name in ("go_on", "stop", "support", "help_now", "forward_yes", "forward_no")
)
_PAYLOAD = re.compile(r"/([A-Za-z][A-Za-z0-9_]*)")
_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'"})
_FINAL_PUNCTUATION = ".!?,;:\u2026"


@dataclass(frozen=True)
class Choice:
    """One thing a patient may tap, or type instead of tapping."""

    token: str
    title: str
    intent: str
    style: str = "option"
    words: tuple[str, ...] = ()

    def shown(self) -> dict[str, str]:
        """What the gateway needs to draw it. The intent stays here."""
        return {"token": self.token, "title": self.title, "style": self.style}


def choices_of(buttons: Iterable[Mapping[str, Any]] | None) -> list[Choice]:
    """The choices among the buttons of one bot message. A button without a token is not one."""
    found = (_choice(button) for button in buttons or ())
    return [choice for choice in found if choice is not None]


def _choice(button: Mapping[str, Any]) -> Choice | None:
    payload = _PAYLOAD.fullmatch(str(button.get("payload", "")))
    token, title = button.get("token"), button.get("title")
    if payload is None or not token or not title:
        return None
    return Choice(
        token=str(token),
        title=str(title),
        intent=payload[1],
        style=str(button.get("style") or "option"),
        words=tuple(str(word) for word in button.get("words") or ()),
    )


def resolve(token: str, offered: Iterable[Choice], menu: Sequence[str]) -> Choice | None:
    """The choice behind a token, or None when it was never offered and is not for any time.

    Args:
        offered: every choice of this conversation, newest first, so that a title shown again with
            other words counts as it was shown last.
        menu: intents that may be chosen at any time, as are the choices below safe messages.
    """
    for choice in offered:
        if choice.token == token:
            return choice
    intent = token.removeprefix(MENU_PREFIX)
    if token.startswith(MENU_PREFIX) and intent in menu:
        return Choice(token=token, title=intent.replace("_", " "), intent=intent)
    if token in SAFETY_TOKENS:
        title = token.partition(".")[2].replace("_", " ")
        return Choice(token=token, title=title, intent=ANSWER)
    return None


def typed(text: str, latest: Iterable[Choice]) -> Choice | None:
    """The one choice of the latest bot turn whose title or words were typed out, if it is one."""
    said = plain(text)
    if not said:
        return None
    meant = {
        choice.token: choice
        for choice in latest
        if any(plain(words) == said for words in (choice.title, *choice.words))
    }
    return next(iter(meant.values())) if len(meant) == 1 else None


def plain(text: str) -> str:
    """Text as it is compared: case, apostrophes, outer space and final punctuation do not count."""
    folded = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    return " ".join(folded.split()).rstrip(_FINAL_PUNCTUATION + " ")
