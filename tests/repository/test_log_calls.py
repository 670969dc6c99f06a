"""Each log call of ours is a fixed sentence with listed fields: `afterword/logs.py` keeps it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from afterword.logs import FIELDS
from afterword.settings import PROJECT

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
LOGGERS = {"logger", "_log", "log", "logging"}
SOURCES = sorted(
    path for room in ("afterword", "actions", "bot") for path in (PROJECT / room).rglob("*.py")
)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in LOGGERS
            ):
                yield f"{short(path)}:{node.lineno}", node


def short(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def fields_of(call: ast.Call, source: str) -> set[str] | None:
    """The names in `extra`; None when they cannot be read."""
    names: set[str] = set()
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "exc_info":
            continue
        if keyword.arg != "extra":
            return None
        if isinstance(value, ast.Name):
            value = assigned(value.id, source)
        if not isinstance(value, ast.Dict):
            return None
        for key in value.keys:
            if not isinstance(key, ast.Constant):
                return None
            names.add(str(key.value))
    return names


def assigned(name: str, source: str) -> ast.expr | None:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return node.value
    return None


def test_each_call_is_a_fixed_sentence_with_listed_fields() -> None:
    found = dict(calls())
    assert len(found) > 15
    wrong = []
    for place, call in found.items():
        source = (PROJECT / place.partition(":")[0]).read_text(encoding="utf-8")
        fixed = (
            len(call.args) == 1
            and isinstance(call.args[0], ast.Constant)
            and "%" not in str(call.args[0].value)
        )
        names = fields_of(call, source)
        if not fixed or names is None or not names <= set(FIELDS):
            wrong.append(place)
    assert not wrong, f"a fixed sentence, and fields of {FIELDS} in extra={{...}}"


def test_each_field_is_used_or_comes_from_the_filter_itself() -> None:
    used = {
        name
        for place, call in calls()
        for name in fields_of(call, (PROJECT / place.partition(":")[0]).read_text()) or ()
    }
    assert set(FIELDS) - used <= {"place"}
