"""The steps of an instrument's plan: what is asked, in order, and what takes turns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from afterword.problems import DataProblem
from afterword.reflection.checks import Path, get, known, list_of, mapping, only, whole

_EACH_GOAL, _FOLLOW_UP, _ONE_OF = "each goal", "follow-up", "one of"
_ROTATE, _REPAIR = "rotate", "repair"
_KEYS = (_EACH_GOAL, _FOLLOW_UP, _ONE_OF, _ROTATE, _REPAIR)


@dataclass(frozen=True)
class AskItem:
    item: str


@dataclass(frozen=True)
class AskEachGoal:
    """One question about each goal; with `most`, so many a reflection, taking turns."""

    item: str
    most: int | None = None


@dataclass(frozen=True)
class AskFollowUps:
    """`changed`: an answer lower than the person's own usual opens a follow-up too."""

    most: int
    changed: bool = False


@dataclass(frozen=True)
class AskOneOf:
    items: tuple[str, ...]


@dataclass(frozen=True)
class AskRotating:
    """Items that are due now and then, `most` a reflection; items of chosen packs join them."""

    most: int
    items: tuple[str, ...]


@dataclass(frozen=True)
class AskRepair:
    """Asked when a strain was shared last time."""

    item: str


Step = AskItem | AskEachGoal | AskFollowUps | AskOneOf | AskRotating | AskRepair
_ONCE = ((AskEachGoal, _EACH_GOAL), (AskFollowUps, _FOLLOW_UP), (AskRotating, _ROTATE))


def build_plan(value: Any, items: Collection[str]) -> tuple[Step, ...]:
    """Raises DataProblem; `items` are the names that may be asked."""
    steps = [_step(step, ("plan", at), items) for at, step in enumerate(list_of(value, ("plan",)))]
    if not steps:
        raise DataProblem(("plan",), "ask at least one question.")
    for kind, name in _ONCE:
        if sum(isinstance(step, kind) for step in steps) > 1:
            raise DataProblem(("plan",), f"{name} may stand there once.")
    return tuple(steps)


def names_in(step: Step) -> tuple[str, ...]:
    """The items that a step may ask."""
    match step:
        case AskItem(item) | AskEachGoal(item) | AskRepair(item):
            return (item,)
        case AskOneOf(items) | AskRotating(_, items):
            return items
        case AskFollowUps():
            return ()


def always_asked(steps: tuple[Step, ...]) -> int:
    """How many questions there are in every reflection."""
    return sum(isinstance(step, AskItem | AskOneOf) for step in steps)


def _step(value: Any, path: Path, items: Collection[str]) -> Step:
    if isinstance(value, str):
        return AskItem(known(value, path, items))
    if not isinstance(value, Mapping) or len(value) != 1:
        raise DataProblem(path, f"write the name of an item, {_choices()}.")
    key, inside = next(iter(value.items()))
    here = (*path, str(key))
    if key == _EACH_GOAL:
        return _each_goal(inside, here, items)
    if key == _FOLLOW_UP:
        return _follow_ups(inside, here)
    if key == _ONE_OF:
        return AskOneOf(_names(inside, here, items))
    if key == _ROTATE:
        return _rotating(inside, here, items)
    if key == _REPAIR:
        return AskRepair(known(inside, here, items))
    raise DataProblem(path, f"{key} is not known; use {_choices()}.")


def _choices() -> str:
    return f"{', '.join(_KEYS[:-1])} or {_KEYS[-1]}"


def _each_goal(value: Any, path: Path, items: Collection[str]) -> AskEachGoal:
    if not isinstance(value, Mapping):
        return AskEachGoal(known(value, path, items))
    only(value, path, {"item", "most"})
    name = known(get(value, "item", path), (*path, "item"), items)
    return AskEachGoal(name, whole(get(value, "most", path), (*path, "most")))


def _follow_ups(value: Any, path: Path) -> AskFollowUps:
    if not isinstance(value, Mapping):
        return AskFollowUps(whole(value, path))
    only(value, path, {"most", "changed"})
    changed = value.get("changed", False)
    if not isinstance(changed, bool):
        raise DataProblem((*path, "changed"), "must be true or false.")
    return AskFollowUps(whole(get(value, "most", path), (*path, "most")), changed)


def _rotating(value: Any, path: Path, items: Collection[str]) -> AskRotating:
    data = mapping(value, path)
    only(data, path, {"most", "items"})
    names = _names(get(data, "items", path), (*path, "items"), items)
    return AskRotating(whole(get(data, "most", path), (*path, "most")), names)


def _names(value: Any, path: Path, items: Collection[str]) -> tuple[str, ...]:
    names = list_of(value, path)
    if not names:
        raise DataProblem(path, "name at least one item.")
    return tuple(known(name, path, items) for name in names)
