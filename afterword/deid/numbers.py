"""Addresses and numbers that lead to somebody: mail, links, phones, ids. Not: ratings, amounts."""

import re
from collections.abc import Iterator

import phonenumbers

from afterword.deid.spans import Span, Tag

# The countries whose ways of writing a number are tried; others need their + in front.
_REGIONS = ("GB", "US", "ES", "MX")
_FEWEST_OF_A_PHONE, _MOST_OF_A_PHONE = 7, 15
_FEWEST_OF_AN_ID = 5
_HIGHEST_RATING = 5

_MAIL = re.compile(
    r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+"
    r"|\b[\w.+-]+ (?:at|arroba) [\w-]+ (?:dot|punto) (?:com|org|net|es|uk|co|mx|ar|edu|info|me)\b"
    r"(?: (?:dot|punto) [a-z]{2,3}\b)?",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\bhttps?://\S+|\bwww\.\S+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|app|me|io|uk|es|mx|ar|cl|co|us|ie)\b(?:/\S*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@])@\w{2,}")
_DIGITS = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,3}\d){2,}")
_MIXED = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]{5,}\b")
_SPACED_ID = re.compile(
    # National insurance, then number plates of the United Kingdom and of Spain.
    r"\b[a-z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[a-d]\b|\b[a-z]{2}\d{2}\s[a-z]{3}\b"
    r"|\b\d{4}\s?[bcdfghjklmnprstvwxyz]{3}\b|\b\d{7,8}\s?-?\s?[a-z]\b|\b[xyz]-?\d{7}-?[a-z]\b",
    re.IGNORECASE,
)
_ADDRESS_OF_A_COMPUTER = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b"
)
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?:\s?[a-z0-9]{4}){3,7}(?:\s?[a-z0-9]{1,3})?\b", re.IGNORECASE)
_AFTER_A_CUE = re.compile(
    r"\b(?:pin|code|codigo|código|c[oó]d|ref|reference|referencia|case|file|expediente|policy"
    r"|p[oó]liza|member|membership|account|acct|cuenta|passport|pasaporte|licen[cs]e|record"
    r"|historia|nhs|dni|nie|nif|ssn|curp|rfc|room|sala|habitaci[oó]n|patient|paciente|invoice"
    r"|factura|ticket|flat|apartment|piso|puerta)"
    r"(?: (?:number|no|num|id|is|es|n[uú]mero|de|del?|cl[ií]nica|card|tarjeta)\b\.?){0,3}"
    r"[\s:#º°.nN]{1,4}(?P<id>[\w-]*\d[\w-]*)",
    re.IGNORECASE,
)
_SPELLED = frozenset(
    [
        "zero",
        "oh",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "double",
        "triple",
        "hundred",
        "thousand",
        "cero",
        "uno",
        "dos",
        "tres",
        "cuatro",
        "cinco",
        "seis",
        "siete",
        "ocho",
        "nueve",
        "doble",
        "mil",
        "cien",
        "ciento",
    ]
)
_WORDS = re.compile(r"[^\W_]+")
_FEWEST_SPELLED = 5
_YEAR = re.compile(r"(?:19|20)\d\d")


def addresses(text: str) -> Iterator[Span]:
    """What says by its form what it is, overlaps included; the text is `plain`."""
    yield from _each(_MAIL, text, Tag.MAIL)
    yield from _each(_LINK, text, Tag.LINK)
    for pattern in (_HANDLE, _SPACED_ID, _ADDRESS_OF_A_COMPUTER, _IBAN):
        yield from _each(pattern, text, Tag.ID)
    for match in _AFTER_A_CUE.finditer(text):
        yield Span(*match.span("id"), Tag.ID)
    for match in _MIXED.finditer(text):
        if sum(sign.isdigit() for sign in match[0]) >= 3:
            yield Span(*match.span(), Tag.ID)
    yield from _spelled(text)


def long_numbers(text: str) -> Iterator[Span]:
    """Phone numbers, and other numbers that are too long for an amount."""
    yield from _phones(text)
    yield from _runs(text)


def _each(pattern: re.Pattern[str], text: str, tag: Tag) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield Span(*match.span(), tag)


def _phones(text: str) -> Iterator[Span]:
    for region in _REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(
            text, region, leniency=phonenumbers.Leniency.VALID
        ):
            yield Span(match.start, match.end, Tag.PHONE)


def _runs(text: str) -> Iterator[Span]:
    for match in _DIGITS.finditer(text):
        digits = [sign for sign in match[0] if sign.isdigit()]
        if _is_ratings(match[0], digits):
            continue
        groups = re.findall(r"\d+", match[0])
        if len(digits) >= _FEWEST_OF_A_PHONE and not all(map(_YEAR.fullmatch, groups)):
            is_phone = len(digits) <= _MOST_OF_A_PHONE and len(groups) > 1
            yield Span(*match.span(), Tag.PHONE if is_phone or _dials(match[0]) else Tag.ID)
            continue
        for group in re.finditer(r"\d+", match[0]):
            if len(group[0]) >= _FEWEST_OF_AN_ID:
                yield Span(match.start() + group.start(), match.start() + group.end(), Tag.ID)


def _dials(number: str) -> bool:
    return number.startswith(("+", "0", "6", "7", "9"))


def _is_ratings(written: str, digits: list[str]) -> bool:
    """ "5 4 4 5 3": one rating after the other, not a number."""
    alone = len(re.findall(r"\d+", written)) == len(digits)
    return alone and all(int(one) <= _HIGHEST_RATING for one in digits)


def _spelled(text: str) -> Iterator[Span]:
    """A number that is said in words, "oh seven double nine ..."."""
    run: list[re.Match[str]] = []
    for word in [*_WORDS.finditer(text), None]:
        if word is not None and (word[0].casefold() in _SPELLED or word[0].isdigit()):
            run.append(word)
            continue
        said = [one for one in run if not one[0].isdigit()]
        if len(run) >= _FEWEST_SPELLED and len(said) > len(run) / 2:
            yield Span(run[0].start(), run[-1].end(), Tag.PHONE)
        run = []
