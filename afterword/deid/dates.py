"""Days and times of day. A year, a weekday and "two weeks ago" lead to nobody and stay."""

import re
from collections.abc import Iterator

from afterword.deid.spans import Span, Tag

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre"
    "|ene|abr|ago|dic"
)
# Full names that are no other word: they need no day beside them.
_SURE = (
    "january|february|april|june|july|august|september|october|november|december"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre"
)
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth"
    "|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
    "|twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirty[ -]first"
    "|uno|primero|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince"
    "|diecis[eé]is|diecisiete|dieciocho|diecinueve|veinte|veinti[a-zóéú]+|treinta(?: y uno)?"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th|º|ª)?|{_ORDINALS})"
_YEAR = r"(?:,?\s(?:of\s|de\s|del\s)?(?:\d{4}|['’]?\d{2})\b)?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![\d/.-])\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2})(?![\d/-])",
        r"(?<![\d/.-])(?:19|20)\d\d([/.-])\d{1,2}\1\d{1,2}(?![\d/-])",
        rf"\b{_DAY}\s(?:of\s|de\s)?(?:{_MONTHS})\b\.?{_YEAR}",
        rf"\b(?:{_MONTHS})\b\.?\s(?:the\s)?{_DAY}\b{_YEAR}",
        rf"\b(?:{_MONTHS})\s(?:of\s|de\s|del\s)?(?:19|20)\d\d\b",
        rf"\b(?:{_SURE})\b",
        r"(?<=\bin )(?:march|may)\b|(?<=\bsince )(?:march|may)\b|(?<=\blast )(?:march|may)\b",
        r"(?<=\bnext )(?:march|may)\b|(?<=\buntil )(?:march|may)\b|(?<=\bthis )(?:march|may)\b",
        # Times: an hour with minutes, or with what says that it is one.
        r"\b(?:[01]?\d|2[0-3])[:h][0-5]\d(?:\s?[ap]\.?m\b\.?|\s?h(?:rs)?\b)?",
        r"\b(?:[01]?\d|2[0-3])(?:\.[0-5]\d)?\s?[ap]\.?m\b\.?",
        r"\b\d{1,2} de la (?:mañana|manana|tarde|noche)\b",
        r"(?<=\ba las )\d{1,2}\b|(?<=\ba la )1\b",
        r"\b\d{1,2} o'?clock\b",
    )
)
_SHORT = re.compile(r"\b(\d{1,2})([/-])(\d{1,2})\b(?![/.-]\d|\s?%)")
_DATED = re.compile(
    r"(?:born|birthday|dob|birth|appointment|session|since|until|before|after|seen|date"
    r"|naci[dó]?o?|nac[ií]|cumplea[ñn]os|cita|sesi[oó]n|desde|hasta|fecha|antes del?|d[ií]a)"
    r"(?: (?:is|was|on|del?|el|es|fue|the|date|it|for|para|of))*[ :]$",
    re.IGNORECASE,
)
_SCALES = frozenset({4, 5, 7, 10})


def found(text: str) -> Iterator[Span]:
    """All of them, overlaps included; the text is `plain`."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Span(*match.span(), Tag.DATE)
    for match in _SHORT.finditer(text):
        if _is_day(match, text):
            yield Span(*match.span(), Tag.DATE)


def _is_day(match: re.Match[str], text: str) -> bool:
    """ "31/12" is a day; "4/5" is a rating, unless the words before it say otherwise."""
    first, second = int(match[1]), int(match[3])
    if not (0 < first <= 31 and 0 < second <= 31) or min(first, second) > 12:
        return False
    if _DATED.search(text[: match.start()]):
        return True
    if match[2] == "-":
        return False
    padded = match[1].startswith("0") or match[3].startswith("0")
    return padded or (first > second and second not in _SCALES)
