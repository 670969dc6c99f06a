"""Which texts a clinic may change, where they stand, and which it may not, and why."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from afterword.reflection.instrument import Instrument

Texts = Mapping[str, str]
LONGEST_KEY = 120
PARTS = ("ask", "again", "means", "why", "label")
_OPTION = "option."
_SCALE = "scale."


class Place(StrEnum):
    """Where a text stands, what patients see first coming first."""

    QUESTIONS = "questions"
    REPLIES = "replies"
    PAGES = "pages"
    DIGEST = "digest"
    MAILS = "mails"


class Shape(StrEnum):
    """A line is read; a button is tapped; an option is a button that is the patient's own words."""

    LINE = "line"
    BUTTON = "button"
    OPTION = "option"


FOR_PATIENTS = frozenset({Place.QUESTIONS, Place.REPLIES, Place.PAGES})
_SECTIONS = {
    "bot": Place.REPLIES,
    "page": Place.PAGES,
    "digest": Place.DIGEST,
    "openers": Place.DIGEST,
    "mail": Place.MAILS,
}
FIXED = {
    "safety": r"safety\..+|bot\.(safety_\w+|medical|human)"
    r"|page\.(help_\w+|safe_\w+|landing_(danger|unscreened))",
    "agreed": r"page\.(consent_\w+|mine_(agree\w*|withdraw\w*|training_\w+))",
    "facts": r"page\.(mine_\w+|who_\w+|did_\w+|code_\w+|done_\w+|delete_\w+|read_by|landing_live)"
    r"|bot\.(who_sees|if_human|mark_\w+|done_\w+|closed_\w+|deleted|not_deleted|delete_unclear"
    r"|confirm_(delete|share|ratings|private)|choice_(delete\w*|share|ratings|private)"
    r"|taken_back|cannot_take_back)",
    "machine": r"bot\.(words_\w+|as_is|weekdays|months|date_time|language_names|language_signs)"
    r"|page\.(months|date|progress|demo\w*)",
    "nobody": r"page\.(embed_\w+|link_broken\w*|slow_down\w*|unread\w*|no_records\w*)",
    "program": r"portal\..+",
}
"""Why a text stays as it is, by its key: help in danger, what patients agreed to, what the program
does with their words, what it reads itself, what is said before a clinic is known, staff pages."""
_MUST_SAY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "bot.opening": {
        "en": ("computer program", "not a person", "Nobody reads", "{urgent_phone}"),
        "es": ("un programa", "no una persona", "Nadie", "en directo", "{urgent_phone}"),
    },
    "page.landing_what": {
        "en": ("computer program", "not a person"),
        "es": ("programa", "persona"),
    },
}
"""What a line has to go on saying, in these words."""


@dataclass(frozen=True)
class Text:
    """A text that may be changed. `shipped` by language; `fixed` says why it may not after all.

    `item`, `part` and `option` are of a question set; `item` is empty for a scale's options, that
    several questions share, and then `scale` has its name.
    """

    key: str
    place: Place
    shape: Shape
    shipped: Texts
    fixed: str = ""
    item: str = ""
    part: str = ""
    option: str = ""
    scale: str = ""

    @property
    def for_patients(self) -> bool:
        return self.place in FOR_PATIENTS

    @property
    def address(self) -> str:
        """What names it in the address of a page, where a key may not stand."""
        return address_of(self.key)

    def must_say(self, language: str) -> tuple[str, ...]:
        return _MUST_SAY.get(self.key, {}).get(language, ())


def texts_of(catalogues: Mapping[str, Texts], instrument: Instrument) -> dict[str, Text]:
    """All texts by key, in the order of the page: the questions, then what is said around them.

    `catalogues` holds the texts of a language by `section.key`.
    """
    found = [*_of_questions(instrument), *_of_catalogues(catalogues)]
    return {one.key: one for one in found if len(one.key) <= LONGEST_KEY}


def address_of(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=6).hexdigest()


def why_fixed(key: str) -> str:
    """Why a text stays as it is; empty where it may be changed."""
    return next((why for why, keys in FIXED.items() if re.fullmatch(keys, key)), "")


def part_key(instrument: str, item: str, part: str) -> str:
    return f"{instrument}/{item}/{part}"


def option_key(instrument: str, item: str, scale: str, option: str) -> str:
    """Options of a scale have one key for all questions that are answered on it."""
    return f"{instrument}/{_SCALE + scale if scale else item}/{_OPTION}{option}"


def _of_questions(instrument: Instrument) -> Iterator[Text]:
    for item in instrument.items.values():
        for part in PARTS:
            if not getattr(item, part):
                continue
            yield Text(
                part_key(instrument.id, item.id, part),
                Place.QUESTIONS,
                Shape.LINE,
                getattr(item, part),
                item=item.id,
                part=part,
            )
        for option in item.options:
            yield Text(
                option_key(instrument.id, item.id, item.scale, option.id),
                Place.QUESTIONS,
                Shape.OPTION,
                option.label,
                item="" if item.scale else item.id,
                part="option",
                option=option.id,
                scale=item.scale,
            )


def _of_catalogues(catalogues: Mapping[str, Texts]) -> Iterator[Text]:
    measure = next(iter(catalogues.values()), {})
    for section, place in _SECTIONS.items():
        for key in measure:
            if key.partition(".")[0] == section:
                yield Text(
                    key,
                    place,
                    Shape.BUTTON if key.startswith("bot.choice_") else Shape.LINE,
                    {name: texts[key] for name, texts in catalogues.items() if key in texts},
                    fixed=why_fixed(key),
                )
