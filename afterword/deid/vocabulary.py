"""The words that the product itself ships, by language: whoever writes them tells nothing by it."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]
_EXAMPLE = re.compile(r"^\s*- (.*)$", re.MULTILINE)
_KEY = re.compile(r"^\s*[\w.-]+:\s", re.MULTILINE)
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


def fold(text: str) -> str:
    """Small letters without accents and curly apostrophes: what words are compared in."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("’", "'").replace("`", "'"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words_in(text: str) -> list[str]:
    """The words of a text, folded, in order; numbers are none."""
    return _WORD.findall(fold(text))


@cache
def shipped(language: str) -> frozenset[str]:
    """Every word of the lines that the assistant is trained on, of its lists and of its texts.

    Words with a capital letter in the middle of a line are left out: they may be names.
    """
    return frozenset(
        word for text in _texts(language) for line in text.splitlines() for word in _small(line)
    )


def _texts(language: str) -> Iterator[str]:
    for path in sorted((_PROJECT / "data" / "nlu" / language).glob("*.yml")):
        yield "\n".join(_EXAMPLE.findall(path.read_text(encoding="utf-8")))
    plain = (
        _PROJECT / "understanding" / f"{language}.yml",
        *sorted((_PROJECT / "locales" / language).glob("*.yml")),
    )
    for path in filter(Path.is_file, plain):
        yield _KEY.sub("", _COMMENT.sub("", path.read_text(encoding="utf-8")))


def _small(line: str) -> Iterator[str]:
    for at, word in enumerate(_WORD.findall(line.replace("’", "'"))):
        if at == 0 or word[0].islower() or word == "I":
            yield fold(word)


@cache
def fixed(language: str) -> frozenset[str]:
    """The words by which people say how much, yes and no: they are never taken for a name."""
    path = _PROJECT / "understanding" / f"{language}.yml"
    if not path.is_file():
        return frozenset()
    listed = _KEY.sub("", _COMMENT.sub("", path.read_text(encoding="utf-8")))
    return frozenset(words_in(listed))
