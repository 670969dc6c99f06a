"""An instrument: a versioned set of questions, checked when it is loaded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from afterword.problems import DataProblem
from afterword.reflection import checks
from afterword.reflection.checks import Path
from afterword.reflection.instrument_steps import (
    AskRotating,
    Step,
    always_asked,
    build_plan,
    names_in,
)
from afterword.reflection.lexicon import GROUPS

GOAL_PREFIX = "goal-"
RUPTURE = "rupture"
"""The construct of an item that asks about a strain: its best option is that there was none."""

Wording = Mapping[str, str]

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OPTION_ID = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
_RESERVED = frozenset({"review", "closed", "change", "remove", "delete", "keep", "menu", "safety"})
_STRAINS = frozenset({"withdrawal", "confrontation"})
_TOP = frozenset({"instrument", "version", "languages", "most", "plan", "packs", "scales", "items"})
_ITEM = frozenset(
    {
        "construct",
        "kind",
        "scale",
        "low",
        "follow_up",
        "label",
        "names",
        "ask",
        "again",
        "means",
        "why",
    }
    | {"options", "every", "from", "private", "seconds"}
)


class Kind(StrEnum):
    """A scale has options from low to high; a choice has options without order."""

    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


_SECONDS = {Kind.SCALE: 9, Kind.CHOICE: 12, Kind.TEXT: 30}


@dataclass(frozen=True)
class Option:
    """`words` are what people type for it, by language; those that two neighbours on a scale have
    leave it open which is meant, and are asked back. `says` names the groups of a lexicon that
    it stands for; `strain` is its type of rupture, if any; `low` marks one of a choice that is not
    well."""

    id: str
    label: Wording
    words: Mapping[str, tuple[str, ...]]
    strain: str | None = None
    says: tuple[str, ...] = ()
    low: bool = False


@dataclass(frozen=True)
class Item:
    """One question. `low` counts options from 1; a scale's last option is the best.

    `scale` names the scale that its options are of; empty: they are its own. `reworded` says by
    language when a clinic last changed what is asked; none: never. `means` says the question in
    other words, for who asks; it may be empty.

    `every`: weeks that go by at least before it takes its turn again. `first`: the reflection,
    from 1, in which it is asked first. `private`: not shared with the others. `seconds`: how long
    answering takes, about.
    """

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
    every: int = 1
    first: int = 1
    private: bool = False
    seconds: int = 0
    scale: str = ""
    means: Wording = field(default_factory=dict)
    reworded: Mapping[str, datetime] = field(default_factory=dict)

    def option(self, option_id: str) -> Option | None:
        return next((option for option in self.options if option.id == option_id), None)

    def is_low(self, option_id: str | None) -> bool:
        """Whether an answer may open the follow-up and be asked about again soon."""
        rank = self.rank(option_id)
        if rank is not None:
            return self.low is not None and rank <= self.low
        option = self.option(option_id or "")
        return option is not None and option.low

    def rank(self, option_id: str | None) -> int | None:
        """The place of an option on a scale, from 1; None for anything else."""
        if self.kind is not Kind.SCALE:
            return None
        places = [option.id for option in self.options]
        return places.index(option_id) + 1 if option_id in places else None


@dataclass(frozen=True)
class Instrument:
    id: str
    version: int
    languages: tuple[str, ...]
    plan: tuple[Step, ...]
    items: Mapping[str, Item]
    most: int | None = None
    packs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def private(self) -> frozenset[str]:
        """The questions whose answers are not shared with the others."""
        return frozenset(name for name, item in self.items.items() if item.private)


def build_instrument(data: Any) -> Instrument:
    """Checks plain data against the rules above. Raises DataProblem at the first breach."""
    top = checks.mapping(data, ())
    checks.only(top, (), _TOP)
    languages = tuple(checks.texts(checks.get(top, "languages", ()), ("languages",)))
    if not languages:
        raise DataProblem(("languages",), "name at least one language, such as en.")
    scales = {
        name: _options(value, ("scales", name), languages, ordered=True)
        for name, value in checks.mapping(top.get("scales", {}), ("scales",)).items()
    }
    items = {
        name: _item(name, value, ("items", name), languages, scales)
        for name, value in checks.mapping(checks.get(top, "items", ()), ("items",)).items()
    }
    _check_follow_ups(items)
    made = Instrument(
        id=checks.matching(checks.get(top, "instrument", ()), ("instrument",), _ID),
        version=checks.whole(checks.get(top, "version", ()), ("version",)),
        languages=languages,
        plan=build_plan(checks.get(top, "plan", ()), items),
        items=items,
        most=checks.whole(top["most"], ("most",)) if "most" in top else None,
        packs=_packs(top.get("packs", {}), items),
    )
    _check_asked(made)
    return made


def _packs(value: Any, items: Mapping[str, Item]) -> dict[str, tuple[str, ...]]:
    return {
        checks.matching(pack, ("packs",), _ID): tuple(
            checks.known(name, ("packs", pack), items)
            for name in checks.list_of(names, ("packs", pack))
        )
        for pack, names in checks.mapping(value, ("packs",)).items()
    }


def _check_asked(made: Instrument) -> None:
    """No item is asked twice, and what is always asked fits into `most`."""
    packed = [name for names in made.packs.values() for name in names]
    asked = [*(name for step in made.plan for name in names_in(step)), *packed]
    twice = next((name for name in asked if asked.count(name) > 1), None)
    if twice:
        raise DataProblem(("plan",), f"{twice} is asked twice.")
    if made.packs and not any(isinstance(step, AskRotating) for step in made.plan):
        raise DataProblem(("packs",), "need rotate in the plan.")
    if made.most is not None and always_asked(made.plan) > made.most:
        raise DataProblem(("most",), "is less than what is always asked.")
    for item in made.items.values():
        if item.follow_up in asked:
            raise DataProblem(
                ("items", item.id, "follow_up"), f"{item.follow_up} is in the plan already."
            )


def _item(
    name: Any,
    value: Any,
    path: Path,
    languages: tuple[str, ...],
    scales: Mapping[str, tuple[Option, ...]],
) -> Item:
    data = checks.mapping(value, path)
    checks.only(data, path, _ITEM)
    item_id = checks.matching(name, path, _ID)
    if item_id in _RESERVED:
        raise DataProblem(path, "this name is reserved; choose another.")
    kind = _kind(data, path)
    options = _item_options(data, path, languages, scales, kind)
    return Item(
        id=item_id,
        construct=checks.text(checks.get(data, "construct", path), (*path, "construct")),
        kind=kind,
        label=checks.wording_of(data, "label", path, languages),
        names=checks.word_lists(data.get("names", {}), (*path, "names")),
        ask=checks.wording_of(data, "ask", path, languages),
        again=checks.wording_of(data, "again", path, languages),
        why=checks.wording_of(data, "why", path, languages),
        options=options,
        low=_low(data, path, kind, len(options)),
        follow_up=_follow_up(data, path),
        every=_number(data, "every", path, 1),
        first=_number(data, "from", path, 1),
        private=_flag(data, "private", path),
        seconds=_number(data, "seconds", path, _SECONDS[kind]),
        scale=str(data.get("scale", "")),
        means=checks.wording_of(data, "means", path, languages) if "means" in data else {},
    )


def _number(data: Mapping[str, Any], key: str, path: Path, usually: int) -> int:
    return checks.whole(data[key], (*path, key)) if key in data else usually


def _flag(data: Mapping[str, Any], key: str, path: Path) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise DataProblem((*path, key), "must be true or false.")
    return value


def _kind(data: Mapping[str, Any], path: Path) -> Kind:
    value = checks.get(data, "kind", path)
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
        scale = checks.get(data, "scale", path)
        if scale not in scales:
            raise DataProblem((*path, "scale"), f"there is no scale {scale}.")
        return scales[scale]
    if "scale" in data:
        raise DataProblem((*path, "scale"), "only an item of kind scale has one.")
    if kind is Kind.TEXT and "options" not in data:
        return ()
    return _options(checks.get(data, "options", path), (*path, "options"), languages, ordered=False)


def _groups(value: Any, path: Path) -> tuple[str, ...]:
    groups = tuple(checks.texts(value, path))
    unknown = next((group for group in groups if group not in GROUPS), None)
    if unknown is not None:
        raise DataProblem(path, f"{unknown} is no group; use {', '.join(sorted(GROUPS))}.")
    return groups


def _follow_up(data: Mapping[str, Any], path: Path) -> str | None:
    return checks.text(data["follow_up"], (*path, "follow_up")) if "follow_up" in data else None


def _low(data: Mapping[str, Any], path: Path, kind: Kind, options: int) -> int | None:
    if "low" not in data:
        return None
    low = checks.whole(data["low"], (*path, "low"))
    if kind is not Kind.SCALE or low >= options:
        raise DataProblem((*path, "low"), "must be below the best option of a scale.")
    return low


def _options(
    value: Any, path: Path, languages: tuple[str, ...], *, ordered: bool
) -> tuple[Option, ...]:
    options = []
    for at, entry in enumerate(checks.list_of(value, path)):
        here = (*path, at)
        data = checks.mapping(entry, here)
        checks.only(data, here, {"id", "label", "words", "strain", "says", "low"})
        if ordered and "low" in data:
            raise DataProblem((*here, "low"), "is for choices; a scale's item says which are low.")
        strain = data.get("strain")
        if strain is not None and strain not in _STRAINS:
            raise DataProblem((*here, "strain"), "must be withdrawal or confrontation.")
        options.append(
            Option(
                id=checks.matching(checks.get(data, "id", here), (*here, "id"), _OPTION_ID),
                label=checks.wording_of(data, "label", here, languages),
                words=checks.word_lists(data.get("words", {}), (*here, "words")),
                strain=strain,
                says=_groups(data.get("says", []), (*here, "says")),
                low=_flag(data, "low", here),
            )
        )
    if len(options) < 2:
        raise DataProblem(path, "give at least two options.")
    _check_distinct(options, path, languages, ordered=ordered)
    return tuple(options)


def _check_distinct(
    options: list[Option], path: Path, languages: tuple[str, ...], *, ordered: bool
) -> None:
    """Words may leave it open which of two neighbours on a scale is meant; nothing else may."""
    ids = [option.id for option in options]
    if len(set(ids)) < len(ids):
        raise DataProblem(path, "two options have the same id.")
    for language in languages:
        labels = {option.label[language].casefold() for option in options}
        seen: dict[str, int] = {}
        for at, option in enumerate(options):
            for phrase in {option.label[language], *option.words.get(language, ())}:
                before = seen.setdefault(phrase.casefold(), at)
                open_ = ordered and at - before == 1 and phrase.casefold() not in labels
                if before != at and not open_:
                    raise DataProblem(path, f"“{phrase}” stands for two options ({language}).")


def _check_follow_ups(items: Mapping[str, Item]) -> None:
    for item in items.values():
        if item.follow_up is not None and item.follow_up not in items:
            raise DataProblem(
                ("items", item.id, "follow_up"), f"there is no item {item.follow_up}."
            )
