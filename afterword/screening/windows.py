"""Windows of a few sentences: danger that is buried in a long message is seen by itself."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONGEST = 48
"""Word pieces in a window. A message that is no longer is one window: it keeps its context."""
SHORT = 24
"""The same for the windows of a longer message, so that no sentence drowns among others."""
_OVERLAP = 12
_MOST_SIGNS = 8 * LONGEST
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")

Pieces = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """A part of a message: its words, and their word pieces without start and end."""

    text: str
    pieces: Pieces


def windows(text: str, pieces_of: Callable[[str], Sequence[int]]) -> list[Window]:
    """The windows of a cleaned text, in its order; each sentence is at least in one of them."""
    parts = [
        part
        for sentence in _SENTENCE.findall(text)
        if sentence.strip()
        for part in _cut(Window(sentence.strip(), tuple(pieces_of(sentence))))
    ]
    whole = Window(text, tuple(piece for part in parts for piece in part.pieces))
    if len(whole.pieces) <= LONGEST:
        return [Window(text, tuple(pieces_of(text)))] if whole.pieces else []
    found: list[Window] = []
    start = 0
    while start < len(parts):
        end = _end(parts, start)
        found.append(_joined(parts[start:end]))
        # The last sentence is read once more, with those that follow it.
        start = end if end in (start + 1, len(parts)) else end - 1
    return found


def _end(parts: Sequence[Window], start: int) -> int:
    """How far a window from there goes."""
    length, end = 0, start
    while end < len(parts) and (end == start or length + len(parts[end].pieces) <= SHORT):
        length += len(parts[end].pieces)
        end += 1
    return end


def _joined(parts: Sequence[Window]) -> Window:
    return Window(
        " ".join(part.text for part in parts),
        tuple(piece for part in parts for piece in part.pieces),
    )


def _cut(sentence: Window) -> list[Window]:
    """A sentence without end, as overlapping parts."""
    count = len(sentence.pieces)
    if count <= LONGEST:
        return [sentence] if count else []
    signs = len(sentence.text) / count
    return [
        Window(
            _from_word(sentence.text, int(start * signs), int((start + LONGEST) * signs)),
            sentence.pieces[start : start + LONGEST],
        )
        for start in range(0, count - _OVERLAP, LONGEST - _OVERLAP)
    ]


def _from_word(text: str, start: int, end: int) -> str:
    """From about there to about there, in whole words where a word ends soon."""
    while start > 0 and not text[start - 1].isspace() and end - start < _MOST_SIGNS:
        start -= 1
    while end < len(text) and not text[end].isspace() and end - start < _MOST_SIGNS:
        end += 1
    return text[start:end].strip()
