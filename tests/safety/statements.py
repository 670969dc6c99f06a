"""Plain statements of danger, the shipped rules, and slips that people make in typing."""

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from afterword.safety.finding import Category, Finding, Tier
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import RULES, Screener

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "es")

_BESIDE = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o",
    "j": "k", "k": "l", "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t",
    "s": "d", "t": "y", "u": "i", "v": "b", "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """One statement, and what it is about."""

    text: str
    category: Category
    language: str


@cache
def statements(language: str) -> tuple[Statement, ...]:
    lines = (DATA / f"plain_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Statement(one["text"], Category(one["label"]), one["lang"])
        for one in map(json.loads, lines)
    )


@cache
def screener() -> Screener:
    """The shipped rules alone; time does not pass, so that a busy machine is no failure."""
    return Screener(load_rules(), layers=frozenset({RULES}), clock=lambda: 0.0)


@cache
def found(text: str) -> Finding:
    return screener().screen(text)


def tier(text: str) -> Tier:
    return found(text).tier


def swapped(word: str, at: int) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def doubled(word: str, at: int) -> str:
    return word[: at + 1] + word[at:]


def left_out(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def missed_key(word: str, at: int) -> str:
    return word[:at] + _BESIDE.get(word[at].lower(), "x") + word[at + 1 :]


SLIPS = (swapped, doubled, left_out, missed_key)


def chance(seed: str) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(seed)
