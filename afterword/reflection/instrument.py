"""An instrument: a versioned set of questions, checked when it is loaded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Any

from afterword.problems import DataProblem

Path = tuple[str | int, ...]
Wording = Mapping[str, str]

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OPTION_ID = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
_RESERVED = frozenset({"review", "closed", "change", "remove", "delete", "keep", "menu", "safety"})
_PLACEHOLDERS = frozenset({"clinician", "goal"})
_STRAINS = frozenset({"withdrawal", "confrontation"})
_EACH_GOAL, _FOLLOW_UP, _ONE_OF = "each goal", "follow-up", "one of"


class Kind(StrEnum):
    """A scale has options from low to high; a choice has options without order."""

    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True)
class Option:
    """`words` are what people type for it, by language; `strain` its type of rupture, if any."""

    id: str
    label: Wording
    words: Mapping[str, tuple[str, ...]]
    strain: str | None = None


@dataclass(frozen=True)
class Item:
    """One question. `low` counts options from 1; a scale's last option is the best."""

    id: str
    construct: str
    kind: Kind
    label: Wording
    names: Mapping[str, tuple[str, ...]]
    ask: Wording
    again: Wording
    why: Wording
    options: tuple[Option, ...]
    low: int | None
    follow_up: str | None

    def option(self, option_id: str) -> Option | None:
        return next((option for option in self.options if option.id == option_id), None)

    def rank(self, option_id: str | None) -> int | None:
        """The place of an option on a scale, from 1; None for anything else."""
        if self.kind is not Kind.SCALE:
            return None
        places = [option.id for option in self.options]
        return places.index(option_id) + 1 if option_id in places else None


@dataclass(frozen=True)
class AskItem:
    item: str


@dataclass(frozen=True)
class AskEachGoal:
    item: str


@dataclass(frozen=True)
class AskFollowUps:
    most: int


@dataclass(frozen=True)
class AskOneOf:
    items: tuple[str, ...]


Step = AskItem | AskEachGoal | AskFollowUps | AskOneOf


@dataclass(frozen=True)
class Instrument:
    id: str
    version: int
    languages: tuple[str, ...]
    plan: tuple[Step, ...]
    items: Mapping[str, Item]


def build_instrument(data: Any) -> Instrument:
    """Checks plain data against the rules above. Raises DataProblem at the first breach."""
    top = _mapping(data, ())
    _only(top, (), {"instrument", "version", "languages", "plan", "scales", "items"})
    languages = tuple(_texts(_get(top, "languages", ()), ("languages",)))
    if not languages:
        raise DataProblem(("languages",), "name at least one language, such as en.")
    scales = {
        name: _options(value, ("scales", name), languages, ordered=True)
        for name, value in _mapping(top.get("scales", {}), ("scales",)).items()
    }
    items = {
        name: _item(name, value, ("items", name), languages, scales)
        for name, value in _mapping(_get(top, "items", ()), ("items",)).items()
    }
    _check_follow_ups(items)
    return Instrument(
        id=_matching(_get(top, "instrument", ()), ("instrument",), _ID),
        version=_whole(_get(top, "version", ()), ("version",)),
        languages=languages,
        plan=_plan(_get(top, "plan", ()), items),
        items=items,
    )


def _plan(value: Any, items: Mapping[str, Item]) -> tuple[Step, ...]:
    steps = [_step(step, ("plan", at), items) for at, step in enumerate(_list(value, ("plan",)))]
    if not steps:
        raise DataProblem(("plan",), "ask at least one question.")
    asked = [name for step in steps for name in _asked(step)]
    twice = next((name for name in asked if asked.count(name) > 1), None)
    if twice:
        raise DataProblem(("plan",), f"{twice} is asked twice.")
    for kind, name in ((AskEachGoal, _EACH_GOAL), (AskFollowUps, _FOLLOW_UP)):
        if sum(isinstance(step, kind) for step in steps) > 1:
            raise DataProblem(("plan",), f"{name} may stand there once.")
    for item in items.values():
        if item.follow_up in asked:
            raise DataProblem(
                ("items", item.id, "follow_up"), f"{item.follow_up} is in the plan already."
            )
    return tuple(steps)


def _asked(step: Step) -> tuple[str, ...]:
    match step:
        case AskItem(item) | AskEachGoal(item):
            return (item,)
        case AskOneOf(items):
            return items
        case AskFollowUps():
            return ()


def _step(value: Any, path: Path, items: Mapping[str, Item]) -> Step:
    if isinstance(value, str):
        return AskItem(_known(value, path, items))
    if not isinstance(value, Mapping) or len(value) != 1:
        raise DataProblem(path, "write the name of an item, each goal, follow-up or one of.")
    ((key, inner),) = value.items()
    if key == _EACH_GOAL:
        return AskEachGoal(_known(inner, (*path, key), items))
    if key == _FOLLOW_UP:
        return AskFollowUps(_whole(inner, (*path, key)))
    if key == _ONE_OF:
        names = _texts(inner, (*path, key))
        if not names:
            raise DataProblem((*path, key), "name at least one item.")
        return AskOneOf(tuple(_known(name, (*path, key), items) for name in names))
    raise DataProblem(path, f"{key} is not known; use each goal, follow-up or one of.")


def _item(
    name: Any,
    value: Any,
    path: Path,
    languages: tuple[str, ...],
    scales: Mapping[str, tuple[Option, ...]],
) -> Item:
    data = _mapping(value, path)
    _only(
        data,
        path,
        {"construct", "kind", "scale", "low", "follow_up", "label", "names", "ask", "again"}
        | {"why", "options"},
    )
    item_id = _matching(name, path, _ID)
    if item_id in _RESERVED:
        raise DataProblem(path, "this name is reserved; choose another.")
    kind = _kind(data, path)
    options = _item_options(data, path, languages, scales, kind)
    return Item(
        id=item_id,
        construct=_text(_get(data, "construct", path), (*path, "construct")),
        kind=kind,
        label=_wording(data, "label", path, languages),
        names=_word_lists(data.get("names", {}), (*path, "names")),
        ask=_wording(data, "ask", path, languages),
        again=_wording(data, "again", path, languages),
        why=_wording(data, "why", path, languages),
        options=options,
        low=_low(data, path, kind, len(options)),
        follow_up=_follow_up(data, path),
    )


def _kind(data: Mapping[str, Any], path: Path) -> Kind:
    value = _get(data, "kind", path)
    try:
        return Kind(value)
    except ValueError:
        raise DataProblem((*path, "kind"), "must be scale, choice or text.") from None


def _item_options(
    data: Mapping[str, Any],
    path: Path,
    languages: tuple[str, ...],
    scales: Mapping[str, tuple[Option, ...]],
    kind: Kind,
) -> tuple[Option, ...]:
    if kind is Kind.SCALE:
        scale = _get(data, "scale", path)
        if scale not in scales:
            raise DataProblem((*path, "scale"), f"there is no scale {scale}.")
        return scales[scale]
    if "scale" in data:
        raise DataProblem((*path, "scale"), "only an item of kind scale has one.")
    if kind is Kind.TEXT and "options" not in data:
        return ()
    return _options(_get(data, "options", path), (*path, "options"), languages, ordered=False)


def _follow_up(data: Mapping[str, Any], path: Path) -> str | None:
    return _text(data["follow_up"], (*path, "follow_up")) if "follow_up" in data else None


def _low(data: Mapping[str, Any], path: Path, kind: Kind, options: int) -> int | None:
    if "low" not in data:
        return None
    low = _whole(data["low"], (*path, "low"))
    if kind is not Kind.SCALE or low >= options:
        raise DataProblem((*path, "low"), "must be below the best option of a scale.")
    return low


def _options(
    value: Any, path: Path, languages: tuple[str, ...], *, ordered: bool
) -> tuple[Option, ...]:
    options = []
    for at, entry in enumerate(_list(value, path)):
        here = (*path, at)
        data = _mapping(entry, here)
        _only(data, here, {"id", "label", "words", "strain"})
        strain = data.get("strain")
        if strain is not None and strain not in _STRAINS:
            raise DataProblem((*here, "strain"), "must be withdrawal or confrontation.")
        options.append(
            Option(
                id=_matching(_get(data, "id", here), (*here, "id"), _OPTION_ID),
                label=_wording(data, "label", here, languages),
                words=_word_lists(data.get("words", {}), (*here, "words")),
                strain=strain,
            )
        )
    if len(options) < 2:
        raise DataProblem(path, "give at least two options.")
    _check_distinct(options, path, languages)
    return tuple(options)


def _check_distinct(options: list[Option], path: Path, languages: tuple[str, ...]) -> None:
    ids = [option.id for option in options]
    if len(set(ids)) < len(ids):
        raise DataProblem(path, "two options have the same id.")
    for language in languages:
        seen: dict[str, str] = {}
        for option in options:
            for phrase in {option.label[language], *option.words.get(language, ())}:
                owner = seen.setdefault(phrase.casefold(), option.id)
                if owner != option.id:
                    raise DataProblem(path, f"“{phrase}” stands for two options ({language}).")


def _check_follow_ups(items: Mapping[str, Item]) -> None:
    for item in items.values():
        if item.follow_up is not None and item.follow_up not in items:
            raise DataProblem(
                ("items", item.id, "follow_up"), f"there is no item {item.follow_up}."
            )


def _wording(
    data: Mapping[str, Any], key: str, path: Path, languages: tuple[str, ...]
) -> dict[str, str]:
    here = (*path, key)
    value = _mapping(_get(data, key, path), here)
    wording = {str(language): _text(text, (*here, language)) for language, text in value.items()}
    missing = [language for language in languages if language not in wording]
    if missing:
        raise DataProblem(here, f"the wording in {', '.join(missing)} is missing.")
    for language, text in wording.items():
        _check_placeholders(text, (*here, language))
    return wording


def _check_placeholders(text: str, path: Path) -> None:
    try:
        fields = [field[1:] for field in Formatter().parse(text) if field[1] is not None]
    except ValueError:
        raise DataProblem(path, "has a brace that is not closed.") from None
    # A conversion or a format, {goal!r} or {goal:9}, could fail while a patient waits.
    if any(name not in _PLACEHOLDERS or spec or conversion for name, spec, conversion in fields):
        raise DataProblem(path, "only {clinician} and {goal} may stand in braces.")


def _word_lists(value: Any, path: Path) -> dict[str, tuple[str, ...]]:
    return {
        str(language): tuple(_texts(words, (*path, language)))
        for language, words in _mapping(value, path).items()
    }


def _known(value: Any, path: Path, items: Mapping[str, Item]) -> str:
    if value not in items:
        raise DataProblem(path, f"there is no item {value}.")
    return str(value)


def _get(data: Mapping[str, Any], key: str, path: Path) -> Any:
    if key not in data:
        raise DataProblem(path, f"{key} is missing.")
    return data[key]


def _only(data: Mapping[str, Any], path: Path, known: set[str]) -> None:
    for key in data:
        if key not in known:
            raise DataProblem((*path, str(key)), "is not known here.")


def _mapping(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DataProblem(path, "must be a list of names with values.")
    return value


def _list(value: Any, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise DataProblem(path, "must be a list.")
    return value


def _texts(value: Any, path: Path) -> list[str]:
    return [_text(text, (*path, at)) for at, text in enumerate(_list(value, path))]


def _text(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        # YAML reads a bare yes, no or number as something else than a text.
        raise DataProblem(path, "must be a text; put it in quotes.")
    return str(value)


def _matching(value: Any, path: Path, pattern: re.Pattern[str]) -> str:
    text = _text(value, path)
    if not pattern.fullmatch(text):
        raise DataProblem(path, "may hold small letters, digits and _ only.")
    return text


def _whole(value: Any, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DataProblem(path, "must be a whole number from 1.")
    return int(value)
