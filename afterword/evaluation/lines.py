"""Labelled lines: what was typed at which question, and what a careful reader would make of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CONTEXTS = (
    *("heard", "safe", "goals", "approach", "snag"),
    *("open_text", "wish", "review", "consent"),
)
_WITH_VALUE = ("rating", "rating_and_words")
KINDS = (
    *_WITH_VALUE,
    "rating_range",
    *("decline", "skip", "yes", "no", "words", "share", "share_ratings", "keep_private"),
    *("nonsense", "digression"),
)
DIGRESSIONS = {
    "who_sees": "ask_who_sees",
    "why_ask": "ask_why",
    "back": "back",
    "correct": "correct",
    "pause": "pause",
    "stop": "stop",
    "delete": "stop_delete",
    "human": "ask_human",
    "language": "ask_language",
    "repeat": "repeat",
    "help": "help",
    "are_you_human": "ask_if_human",
    "thanks": "thanks",
    "off_topic": "off_topic",
    "not_me": "not_me",
    "expired_or_wrong_session": "wrong_session",
    "technical_problem": "technical_problem",
    "medical_question": "medical_question",
}
"""What a digression is called in labelled lines, and the intent that stands for it."""
LANGUAGES = ("en", "es")
_PLACES = range(1, 6)
"""The options of a scale."""


class LinesRefused(Exception):
    """Lines that cannot be evaluated; `problems` names each by place and reason, never its text."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Expected:
    """What a line means. `item` and `value` of a correction may be missing: then any is right."""

    kind: str
    name: str | None = None
    value: int | None = None
    values: tuple[int, ...] = ()
    item: str | None = None
    words: bool = False
    also: str | None = None


@dataclass(frozen=True)
class Line:
    """One labelled line; `accept` holds what else is right."""

    place: str
    context: str
    text: str
    language: str
    expected: Expected
    accept: tuple[Expected, ...] = field(default=())

    @property
    def outcomes(self) -> tuple[Expected, ...]:
        return (self.expected, *self.accept)


def read_lines(files: Iterable[tuple[str, str]]) -> list[Line]:
    """The lines of files, given as (name, content). Raises LinesRefused."""
    lines: list[Line] = []
    problems: list[str] = []
    for name, content in files:
        for number, raw in enumerate(content.splitlines(), start=1):
            if not raw.strip():
                continue
            try:
                lines.append(_line(f"{name}:{number}", json.loads(raw)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said = str(error) if type(error) is _Wrong else "this is no line of labelled JSON."
                problems.append(f"{name}:{number}: {said}")
    if not lines and not problems:
        problems.append("There are no lines.")
    if problems:
        raise LinesRefused(problems)
    return lines


class _Wrong(ValueError):
    """A sentence about one line, without its text."""


def _line(place: str, data: Mapping[str, Any]) -> Line:
    context, text = data.get("context"), data.get("text")
    if context not in CONTEXTS:
        raise _Wrong(f"context must be one of {', '.join(CONTEXTS)}.")
    if not isinstance(text, str) or not text.strip():
        raise _Wrong("text is missing.")
    language = data.get("lang", "en")
    if language not in LANGUAGES:
        raise _Wrong(f"lang must be one of {', '.join(LANGUAGES)}.")
    given = data.get("expected")
    others = given.get("accept") if isinstance(given, Mapping) else None
    accept = tuple(_expected(one) for one in others or ())
    return Line(place, context, text, language, _expected(given), accept)


def _expected(data: Any) -> Expected:
    if isinstance(data, str):
        data = {"kind": data}
    if not isinstance(data, Mapping) or data.get("kind") not in KINDS:
        raise _Wrong(f"expected.kind must be one of {', '.join(KINDS)}.")
    name = data.get("name")
    if data["kind"] == "digression" and name not in DIGRESSIONS:
        raise _Wrong(f"expected.name must be one of {', '.join(DIGRESSIONS)}.")
    also, values = data.get("also"), _options(data, "values", data.get("values") or ())
    if isinstance(also, Mapping) and also.get("kind", "digression") == "digression":
        also = also.get("name")
    value = _options(data, "value", [] if data.get("value") is None else [data["value"]])
    if also is not None and (not isinstance(also, str) or also not in DIGRESSIONS):
        raise _Wrong(f"expected.also must be one of {', '.join(DIGRESSIONS)}.")
    if data["kind"] in _WITH_VALUE and not value:
        raise _Wrong(f"expected.value is missing; {data['kind']} needs it.")
    return Expected(
        kind=data["kind"],
        name=name,
        value=value[0] if value else None,
        values=values,
        item=data.get("item"),
        words=bool(data.get("words")),
        also=also,
    )


def _options(data: Mapping[str, Any], key: str, given: Any) -> tuple[int, ...]:
    if not isinstance(given, list | tuple) or not all(one in _PLACES for one in given):
        raise _Wrong(f"expected.{key} must be of 1 to {len(_PLACES)}.")
    return tuple(given)
