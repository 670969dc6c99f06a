"""Help lines of a place, and which of them a patient is shown. Data in, contacts out.

The sentence for somebody who is somewhere else is a text of the catalogue, not a line: whoever
shows contacts adds it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import chain, zip_longest

Wording = Mapping[str, str]
Words = tuple[str, ...]

MOST_CONTACTS = 4
FRESH_DAYS = 180
_FALLBACK_LANGUAGE = "en"
_LONGEST_TEXT = 2_000


class Kind(StrEnum):
    SUICIDE = "suicide"
    DOMESTIC_ABUSE = "domestic_abuse"
    SEXUAL_ASSAULT = "sexual_assault"
    CHILD = "child"
    ELDER = "elder"
    POISON = "poison"
    URGENT_MENTAL_HEALTH = "urgent_mental_health"
    CLINICIAN_COMPLAINT = "clinician_complaint"


URGENT = (Kind.URGENT_MENTAL_HEALTH, Kind.SUICIDE)
"""The kinds whose lines answer for a kind that has none of its own."""


@dataclass(frozen=True)
class Source:
    """Where a number was seen, and which person has checked it, if one has."""

    url: str
    seen_on: date
    verified_on: date | None
    verified_by: str | None


@dataclass(frozen=True)
class TextLine:
    """A number that takes text messages; `word` is what to send, where it must be a word."""

    number: str
    word: Wording | None


@dataclass(frozen=True)
class HelpLine:
    id: str
    kinds: tuple[Kind, ...]
    name: Wording
    voice: str | None
    text: TextLine | None
    chat: str | None
    web: str | None
    hours: Wording
    languages: tuple[str, ...]
    cost: Wording
    note: Wording | None
    source: Source

    @property
    def is_verified(self) -> bool:
        return self.source.verified_on is not None


@dataclass(frozen=True)
class Country:
    """A country, or a part of one with its own lines.

    `places` are names that always mean it. `places_after_in` are also people, teams or ordinary
    words (Georgia, Reading): they count after “I live in” or after another place. `not_places`
    hold a place's name and mean something else (New South Wales).
    """

    code: str
    name: Wording
    phone_prefix: str
    emergency: HelpLine
    lines: tuple[HelpLine, ...]
    places: tuple[str, ...]
    places_after_in: tuple[str, ...] = ()
    not_places: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlaceName:
    """What a name stands for; no `code`: it is no place of ours."""

    code: str | None
    is_sure: bool


@dataclass(frozen=True)
class Directory:
    """All countries; `default` is the one for a patient of whose place nothing is known."""

    countries: tuple[Country, ...]
    default: Country

    def country(self, code: str | None) -> Country | None:
        """By code, in any case: `gb` finds the first part of it, `us-tx` finds `us`."""
        wanted = (code or "").strip().casefold().replace("_", "-")
        if not wanted:
            return None
        whole = wanted.split("-")[0]
        by_code = {each.code: each for each in self.countries}
        part = next((each for each in self.countries if each.code.startswith(f"{whole}-")), None)
        return by_code.get(wanted) or by_code.get(whole) or part

    @cached_property
    def names(self) -> Mapping[Words, PlaceName]:
        """Every place name as its words. A name for sure wins over one that needs its place."""
        names: dict[Words, PlaceName] = {}
        for country in self.countries:
            for group, code, is_sure in (
                (country.places_after_in, country.code, False),
                (country.places, country.code, True),
                (country.not_places, None, True),
            ):
                names.update({words_of(name): PlaceName(code, is_sure) for name in group})
        return names


@dataclass(frozen=True)
class Contact:
    """A line as one patient reads it."""

    id: str
    name: str
    voice: str | None
    text_number: str | None
    text_word: str | None
    chat: str | None
    web: str | None
    hours: str
    languages: tuple[str, ...]
    cost: str
    note: str | None

    @property
    def voice_link(self) -> str | None:
        """What a tap dials."""
        return f"tel:{self.voice.replace(' ', '')}" if self.voice else None


@dataclass(frozen=True)
class StaleLine:
    country: str
    line: str
    verified_on: date
    age: timedelta


def choose(
    directory: Directory,
    *,
    named_place_text: str | None,
    clinic_country: str | None,
    phone_prefix: str | None,
) -> Country:
    """The place that the patient names, else the clinic's, else that of the phone number.

    `phone_prefix` may be a whole number that begins with + or 00.
    """
    return (
        find_place(named_place_text or "", directory)
        or directory.country(clinic_country)
        or _by_phone(phone_prefix or "", directory)
        or directory.default
    )


def contacts(
    country: Country, kinds: Iterable[Kind], language: str, *, emergency_first: bool = False
) -> tuple[Contact, ...]:
    """At most four contacts, one of each kind in turn, the emergency number always among them.

    Only lines that a person has verified. A kind without one gets the urgent lines; for poison the
    emergency number comes first then, a crisis line cannot answer that. The emergency number
    itself is shown verified or not: without it a list could be empty.
    """
    wanted = tuple(dict.fromkeys(kinds)) or URGENT
    lines = [_lines_for(country, kind, language) for kind in wanted]
    others = list({line.id: line for line in _in_turn(lines)}.values())[: MOST_CONTACTS - 1]
    is_first = emergency_first or (Kind.POISON in wanted and not _own(country, Kind.POISON))
    ordered = [country.emergency, *others] if is_first else [*others, country.emergency]
    return tuple(contact(line, language) for line in ordered)


def contact(line: HelpLine, language: str) -> Contact:
    """A line in the patient's language, in English where that has no words for it."""
    text = line.text
    return Contact(
        id=line.id,
        name=_in_language(line.name, language),
        voice=line.voice,
        text_number=text.number if text else None,
        text_word=_in_language(text.word, language) if text and text.word else None,
        chat=line.chat,
        web=line.web,
        hours=_in_language(line.hours, language),
        languages=line.languages,
        cost=_in_language(line.cost, language),
        note=_in_language(line.note, language) if line.note else None,
    )


def stale(directory: Directory, today: date, days: int = FRESH_DAYS) -> tuple[StaleLine, ...]:
    """The lines whose verification is more than `days` days old."""
    return tuple(
        StaleLine(country.code, line.id, checked, today - checked)
        for country, line in all_lines(directory)
        if (checked := line.source.verified_on) and today - checked > timedelta(days)
    )


def unverified(directory: Directory) -> tuple[tuple[str, str], ...]:
    """Country and id of each line that no person has verified."""
    return tuple(
        (country.code, line.id) for country, line in all_lines(directory) if not line.is_verified
    )


def all_lines(directory: Directory) -> Iterator[tuple[Country, HelpLine]]:
    """Every line with its country, the emergency number first."""
    for country in directory.countries:
        for line in (country.emergency, *country.lines):
            yield country, line


def _own(country: Country, kind: Kind) -> list[HelpLine]:
    return [line for line in country.lines if kind in line.kinds and line.is_verified]


def _lines_for(country: Country, kind: Kind, language: str) -> list[HelpLine]:
    lines = _own(country, kind) or [line for urgent in URGENT for line in _own(country, urgent)]
    return sorted(lines, key=lambda line: language not in line.languages)


def _in_turn(groups: Sequence[Sequence[HelpLine]]) -> Iterator[HelpLine]:
    """The first of each group, then the second of each, and so on."""
    return (line for line in chain.from_iterable(zip_longest(*groups)) if line is not None)


def _in_language(wording: Wording, language: str) -> str:
    return wording.get(language) or wording[_FALLBACK_LANGUAGE]


def _by_phone(number: str, directory: Directory) -> Country | None:
    written = re.sub(r"[^\d+]", "", number)
    digits = written.removeprefix("+") if written.startswith("+") else written.removeprefix("00")
    if digits == written or not digits:
        return None
    known = (directory.default, *directory.countries)
    fitting = [each for each in known if digits.startswith(each.phone_prefix.removeprefix("+"))]
    return max(fitting, key=lambda each: len(each.phone_prefix), default=None)


def words_of(text: str) -> Words:
    """Lower case, without accents, apostrophes and punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(re.findall(r"[^\W_]+", re.sub(r"['’ʼ`´]", "", plain)))


def _phrases(*texts: str) -> frozenset[Words]:
    return frozenset(map(words_of, texts))


_HERE = _phrases(
    *("i am in", "i'm in", "im in", "am in", "i live in", "i now live in", "i currently live in"),
    *("i still live in", "we live in", "am living in", "i'm living in", "am staying in"),
    *("i'm staying in", "am based in", "i'm based in", "i'm located in", "am located in"),
    *("here in", "currently in", "now in", "estoy en", "vivo en", "vivimos en", "resido en"),
    *("estoy viviendo en", "aquí en", "me encuentro en", "ahora en"),
)
_NOT_HERE = _phrases(
    *("not in", "longer in", "not live in", "don't live in", "longer live in", "used to live in"),
    *("lives in", "moved from", "no estoy en", "no vivo en", "vive en", "viven en", "vivía en"),
)
_LONGEST_LEAD = max(map(len, _HERE | _NOT_HERE))
_JOINTS = {(), ("in",), ("en",)}


@dataclass(frozen=True)
class _Found:
    code: str
    end: int
    is_here: bool
    is_not_here: bool


def find_place(text: str, directory: Directory) -> Country | None:
    """The country of a place that the text names, such as “I'm in Toronto”.

    Whole words, the longest name; the latter of two names in a row (London, Ontario). Of several
    countries the one that the patient says to be in; None when that leaves more than one. It
    cannot tell whose place is meant: give it what the patient says of where they are.
    """
    words = words_of(text[:_LONGEST_TEXT])
    found = [each for each in _places_in(words, directory.names) if not each.is_not_here]
    codes = {each.code for each in [each for each in found if each.is_here] or found}
    return directory.country(codes.pop()) if len(codes) == 1 else None


def _places_in(words: Words, names: Mapping[Words, PlaceName]) -> list[_Found]:
    found: list[_Found] = []
    longest = max(map(len, names), default=0)
    at = 0
    while at < len(words):
        end = _end_of_name(words, at, names, longest)
        name = names[words[at:end]] if end else None
        is_here, goes_on = _led_by(words, at, _HERE), _goes_on(words, at, found)
        if name is None or not (name.is_sure or is_here or goes_on):
            at += 1
            continue
        if name.code and goes_on:
            found.append(replace(found.pop(), code=name.code, end=end))
        elif name.code:
            found.append(_Found(name.code, end, is_here, _led_by(words, at, _NOT_HERE)))
        at = end
    return found


def _end_of_name(words: Words, at: int, names: Mapping[Words, PlaceName], longest: int) -> int:
    """Where the longest name that begins here ends; 0 for none."""
    ends = range(min(at + longest, len(words)), at, -1)
    return next((end for end in ends if words[at:end] in names), 0)


def _led_by(words: Words, at: int, leads: frozenset[Words]) -> bool:
    return any(words[max(at - length, 0) : at] in leads for length in range(1, _LONGEST_LEAD + 1))


def _goes_on(words: Words, at: int, found: Sequence[_Found]) -> bool:
    """Whether the name here tells more of the place before it: “Birmingham, Alabama”."""
    return bool(found) and words[found[-1].end : at] in _JOINTS
