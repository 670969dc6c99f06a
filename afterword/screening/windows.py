"""Windows of a few sentences: danger that is buried in a long message is seen by itself."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONGEST = 48
"""Word pieces in a window. A message that is no longer is one window, so that it keeps its context."""
_OVERLAP = 12
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
    reached = 0
    for start in range(len(parts)):
        end = _end(parts, start)
        if end > reached:
            found.append(_joined(parts[start:end]))
            reached = end
    return found


def _end(parts: Sequence[Window], start: int) -> int:
    """How far a window from there goes."""
    length, end = 0, start
    while end < len(parts) and (end == start or length + len(parts[end].pieces) <= LONGEST):
        length += len(parts[end].pieces)
        end += 1
    return end


def _joined(parts: Sequence[Window]) -> Window:
    return Window(
        " ".join(part.text for part in parts), tuple(piece for part in parts for piece in part.pieces)
    )


def _cut(sentence: Window) -> list[Window]:
    """A sentence without end, as overlapping parts."""
    if len(sentence.pieces) <= LONGEST:
        return [sentence] if sentence.pieces else []
    words = sentence.text.split()
    per_word = len(sentence.pieces) / max(1, len(words))
    step = max(1, int((LONGEST - _OVERLAP) / per_word))
    size = max(1, int(LONGEST / per_word))
    starts = range(0, max(1, len(words) - (size - step)), step)
    share = len(sentence.pieces) / max(1, len(words))
    return [
        Window(
            " ".join(words[start : start + size]),
            sentence.pieces[int(start * share) : int(start * share) + LONGEST],
        )
        for start in starts
    ]
