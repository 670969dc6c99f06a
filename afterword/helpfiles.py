"""Reading `help/*.yml`, the help lines of each country, so that an error names file and line."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from afterword.datafiles import DataFileError, line_of, read_yaml, stamp_of
from afterword.problems import DataProblem
from afterword.safety.helplines import (
    Country,
    Directory,
    HelpLine,
    Kind,
    Source,
    TextLine,
    words_of,
)
from afterword.settings import PROJECT

Where = tuple[str | int, ...]

HELP = PROJECT / "help"
LANGUAGES = ("en", "es")
"""Every text that a patient reads is there in these."""
DEFAULT = "us"
"""The country for a patient of whose place nothing is known: no clinic's, no phone number."""
PLACES = ("places", "places_after_in", "not_places")
NUMBER = re.compile(r"\d{2,6}|\d{3} \d{3}|\+[1-9]\d{0,2}( \d{2,7}){1,5}")
"""A short number of up to six digits, or an international one: `116 123`, `+44 808 2000 247`."""

_CODE = re.compile(r"[a-z]{2}(-[a-z]{2,3})?")
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PREFIX = re.compile(r"\+[1-9]\d{0,2}")
_URL = re.compile(r"https?://[^\s/]+\.[^\s]+")
_LINE = {"name", "voice", "text", "chat", "web", "hours", "languages", "cost", "note"} | {
    "source_url",
    "seen_on",
    "verified_on",
    "verified_by",
}


def load_help(folder: Path = HELP, default: str = DEFAULT) -> Directory:
    """All countries of the folder. Raises DataFileError with file and line."""
    paths = sorted(folder.glob("*.yml"))
    return _directory(tuple((path, stamp_of(path)) for path in paths), folder, default)


@lru_cache(maxsize=8)
def _directory(
    stamped: tuple[tuple[Path, tuple[int, int] | None], ...], folder: Path, default: str
) -> Directory:
    read = {path: read_yaml(path) for path, _ in stamped}
    countries = {path.stem: _country_in(path, data) for path, data in read.items()}
    if default not in countries:
        raise DataFileError(f"{folder / default}.yml: this file is missing.")
    _check_names(read)
    return Directory(tuple(countries.values()), countries[default])


def _country_in(path: Path, data: Any) -> Country:
    try:
        return _country(path.stem, data)
    except DataProblem as problem:
        raise DataFileError(f"{path}:{line_of(path, problem.path)}: {problem}") from None


def _country(code: str, data: Any) -> Country:
    if not _CODE.fullmatch(code):
        raise DataProblem((), "name the file after the country, such as us.yml or gb-eng.yml.")
    top = _mapping(data, ())
    _only(top, (), {"name", "phone_prefix", "emergency", "lines", *PLACES})
    emergency = _mapping(_get(top, "emergency", ()), ("emergency",))
    _get(emergency, "voice", ("emergency",))
    return Country(
        code=code,
        name=_wording(top, "name", ()),
        phone_prefix=_matching(top, "phone_prefix", (), _PREFIX, "such as +44"),
        emergency=_line("emergency", (), emergency, ("emergency",), _LINE),
        lines=_lines(_get(top, "lines", ())),
        places=_places(top, "places", is_needed=True),
        places_after_in=_places(top, "places_after_in"),
        not_places=_places(top, "not_places"),
    )


def _lines(value: Any) -> tuple[HelpLine, ...]:
    lines: dict[str, HelpLine] = {}
    for at, entry in enumerate(_list(value, ("lines",))):
        here = ("lines", at)
        data = _mapping(entry, here)
        name = _matching(data, "id", here, _ID, "of small letters, digits and _")
        if name in {"emergency", *lines}:
            raise DataProblem((*here, "id"), f"{name} is taken; choose another.")
        lines[name] = _line(name, _kinds(data, here), data, here, _LINE | {"id", "kinds"})
    return tuple(lines.values())


def _line(
    line_id: str, kinds: tuple[Kind, ...], value: Any, here: Where, known: set[str]
) -> HelpLine:
    data = _mapping(value, here)
    _only(data, here, known)
    line = HelpLine(
        id=line_id,
        kinds=kinds,
        name=_wording(data, "name", here),
        voice=_number(data, "voice", here) if "voice" in data else None,
        text=_text_line(data["text"], (*here, "text")) if "text" in data else None,
        chat=_url(data, "chat", here) if "chat" in data else None,
        web=_url(data, "web", here) if "web" in data else None,
        hours=_wording(data, "hours", here),
        languages=_languages(data, here),
        cost=_wording(data, "cost", here),
        note=_wording(data, "note", here) if "note" in data else None,
        source=_source(data, here),
    )
    if not (line.voice or line.text or line.chat or line.web):
        raise DataProblem(here, "give a way to reach it: voice, text, chat or web.")
    return line


def _text_line(value: Any, here: Where) -> TextLine:
    data = _mapping(value, here)
    _only(data, here, {"number", "word"})
    word = _wording(data, "word", here) if "word" in data else None
    return TextLine(_number(data, "number", here), word)


def _source(data: Mapping[str, Any], here: Where) -> Source:
    seen_on = _date(_get(data, "seen_on", here), (*here, "seen_on"))
    day, by = _get(data, "verified_on", here), _get(data, "verified_by", here)
    if (day is None) is not (by is None):
        raise DataProblem(
            (*here, "verified_on"), "verified_on and verified_by: fill in both, or null in both."
        )
    return Source(
        url=_url(data, "source_url", here),
        seen_on=seen_on,
        verified_on=None if day is None else _date(day, (*here, "verified_on")),
        verified_by=None if by is None else _text(by, (*here, "verified_by")),
    )


def _kinds(data: Mapping[str, Any], here: Where) -> tuple[Kind, ...]:
    kinds = []
    for at, kind in enumerate(_some(data, "kinds", here)):
        if kind not in list(Kind):
            raise DataProblem((*here, "kinds", at), f"{kind} is none of {', '.join(Kind)}.")
        kinds.append(Kind(kind))
    return tuple(kinds)


def _languages(data: Mapping[str, Any], here: Where) -> tuple[str, ...]:
    codes = _some(data, "languages", here)
    for at, code in enumerate(codes):
        if not _LANGUAGE.fullmatch(code):
            raise DataProblem((*here, "languages", at), "must be a code such as en.")
    return tuple(codes)


def _places(data: Mapping[str, Any], key: str, *, is_needed: bool = False) -> tuple[str, ...]:
    if key not in data and not is_needed:
        return ()
    names = _some(data, key, ())
    for at, name in enumerate(names):
        if name != name.lower() or not words_of(name):
            raise DataProblem((key, at), f"write {name} in small letters.")
    return tuple(names)


def _check_names(read: Mapping[Path, Any]) -> None:
    """A name that two countries claim would send a patient to the wrong one."""
    owners: dict[tuple[str, ...], Path] = {}
    for path, key, at, name in _all_names(read):
        owner = owners.setdefault(words_of(name), path)
        if owner != path:
            line = line_of(path, (key, at))
            raise DataFileError(
                f"{path}:{line}: {name} is in {owner.name} too; leave it to one, or add a word."
            )


def _all_names(read: Mapping[Path, Any]) -> Iterator[tuple[Path, str, int, str]]:
    for path, data in read.items():
        for key in PLACES:
            for at, name in enumerate(data.get(key, ())):
                yield path, key, at, name


def _wording(data: Mapping[str, Any], key: str, here: Where) -> dict[str, str]:
    value = _mapping(_get(data, key, here), (*here, key))
    missing = [language for language in LANGUAGES if language not in value]
    if missing:
        raise DataProblem((*here, key), f"the wording in {', '.join(missing)} is missing.")
    return {str(language): _text(text, (*here, key, language)) for language, text in value.items()}


def _number(data: Mapping[str, Any], key: str, here: Where) -> str:
    return _matching(data, key, here, NUMBER, "short (988) or international (+1 800 222 1222)")


def _url(data: Mapping[str, Any], key: str, here: Where) -> str:
    return _matching(data, key, here, _URL, "a web address with http:// or https://")


def _matching(
    data: Mapping[str, Any], key: str, here: Where, pattern: re.Pattern[str], form: str
) -> str:
    text = _text(_get(data, key, here), (*here, key))
    if not pattern.fullmatch(text):
        raise DataProblem((*here, key), f"must be {form}.")
    return text


def _date(value: Any, here: Where) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise DataProblem(here, "must be a day such as 2026-11-21, without quotes.")
    return date(value.year, value.month, value.day)


def _some(data: Mapping[str, Any], key: str, here: Where) -> list[str]:
    values = _list(_get(data, key, here), (*here, key))
    if not values:
        raise DataProblem((*here, key), "name at least one.")
    return [_text(value, (*here, key, at)) for at, value in enumerate(values)]


def _get(data: Mapping[str, Any], key: str, here: Where) -> Any:
    if key not in data:
        raise DataProblem(here, f"{key} is missing.")
    return data[key]


def _only(data: Mapping[str, Any], here: Where, known: set[str]) -> None:
    for key in data:
        if key not in known:
            raise DataProblem((*here, str(key)), "is not known here.")


def _mapping(value: Any, here: Where) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DataProblem(here, "must be a list of names with values.")
    return value


def _list(value: Any, here: Where) -> list[Any]:
    if not isinstance(value, list):
        raise DataProblem(here, "must be a list.")
    return value


def _text(value: Any, here: Where) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DataProblem(here, "must be a text; put it in quotes.")
    return str(value)
