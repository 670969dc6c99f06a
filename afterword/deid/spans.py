"""What is taken out of a text: pieces with a tag each, and the text without them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Tag(StrEnum):
    """What stands in the place of what was taken out."""

    NAME = "name"
    PLACE = "place"
    DATE = "date"
    PHONE = "phone"
    MAIL = "mail"
    LINK = "link"
    ID = "id"


@dataclass(frozen=True, order=True)
class Span:
    """A piece of a text; the end is not part of it."""

    start: int
    end: int
    tag: Tag


TAGGED = re.compile(f"<(?:{'|'.join(Tag)})>")
_SAME_TWICE = re.compile(rf"(<(?:{'|'.join(Tag)})>)(?:[\s,&-]*\1)+")
_HIDDEN = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})


def plain(text: str) -> str:
    """The text in one spelling: no invisible signs, no full-width letters, single spaces."""
    shown = unicodedata.normalize("NFKC", text)
    kept = (" " if sign.isspace() else sign for sign in shown)
    visible = "".join(sign for sign in kept if unicodedata.category(sign) not in _HIDDEN)
    return " ".join(visible.split())


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """What stands in a masked text, and the tags apart: (words, "") or ("", tag)."""
    at = 0
    for match in TAGGED.finditer(text):
        yield text[at : match.start()], ""
        yield "", match[0].strip("<>")
        at = match.end()
    yield text[at:], ""


def replaced(text: str, spans: Iterable[Span]) -> str:
    """The text with a tag in the place of each span; of spans that overlap the longest stays."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    for span in sorted(kept, reverse=True):
        text = f"{text[: span.start]}<{span.tag}>{text[span.end :]}"
    return _SAME_TWICE.sub(r"\1", text)
