"""The lines that language understanding learns from, and which are kept back to choose bounds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
DEGREES = ROOT / "understanding" / "degrees"
INTENTS = ROOT / "data" / "nlu"
SCALES = ("extent", "strain")
KEPT_BACK = 0.15
_EXTENT = {"none": 1, "hardly": 1, "little": 2, "some": 2, "mostly": 3, "much": 4, "all": 5}
_STRAIN = {"much": 1, "mostly": 1, "all": 1, "some": 2, "little": 3, "hardly": 4, "none": 5}
_NO_DEGREE = frozenset(
    (
        *("ask_who_sees", "ask_why", "ask_human", "ask_if_human", "ask_language", "help", "repeat"),
        *("back", "pause", "stop", "stop_delete", "off_topic", "not_me", "wrong_session"),
        *("technical_problem", "medical_question"),
    )
)


@dataclass(frozen=True)
class Line:
    """An answer to a question with options in order.

    `place` is the option that is surely meant, from 1, or 0; `open`: which one it is, is left open;
    `question` is empty for the words of degree of data/nlu, which belong to none.
    """

    scale: str
    text: str
    language: str
    place: int
    question: str
    open: bool = False


def kept_back(text: str) -> bool:
    """Whether the encoder is not trained on it: the same each time, whatever lines join it."""
    return hashlib.sha256(text.encode()).digest()[0] < KEPT_BACK * 256


def read_degrees() -> list[Line]:
    """All lines of understanding/degrees."""
    found = []
    for path in sorted(DEGREES.glob("*.jsonl")):
        for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            scale = "strain" if entry["question"] == "snag" else "extent"
            places = entry["places"]
            place = places[0] if len(places) == 1 else 0
            line = Line(scale, entry["text"], path.stem, place, entry["question"])
            found.append(replace(line, open=len(places) > 1))
    return found


def read_words() -> list[Line]:
    """The words of degree of data/nlu, at both scales."""
    return [
        Line(scale, text, language, places[intent.removeprefix("rated_")], "")
        for intent, text, language in read_intents("degrees")
        for scale, places in zip(SCALES, (_EXTENT, _STRAIN), strict=True)
    ]


def read_requests() -> list[Line]:
    """What people ask for in data/nlu, at both scales: it says no degree.

    Without the requests that name an option, and without those that may be a rating in other words.
    """
    return [
        Line(scale, text, language, 0, "")
        for intent, text, language in read_intents()
        if intent in _NO_DEGREE
        for scale in SCALES
    ]


def read_intents(file: str = "*") -> Iterator[tuple[str, str, str]]:
    """Intent, text and language of each line of data/nlu, of all files or of one."""
    for path in sorted(INTENTS.glob(f"*/{file}.yml")):
        for block in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                yield block["intent"], line.removeprefix("- ").strip(), path.parent.name
