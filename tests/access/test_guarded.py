"""What other rooms call of the records says which rule it asks for; who acts is always said."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afterword.records.doors import rule_of
from afterword.settings import PROJECT

RECORDS = "afterword.records"
OUTSIDE = sorted(
    path
    for room in ("afterword", "actions")
    for path in (PROJECT / room).rglob("*.py")
    if PROJECT / "afterword" / "records" not in path.parents
)
BEFORE_IT_IS_KNOWN = {
    "afterword/gateway/links.py": {"resolve": "finds out whose link it is"},
    "afterword/gateway/late.py": {"_store": "finds out whose link it is"},
    "afterword/gateway/app.py": {
        "look": "asks which pages there is news for, in numbers",
        "live": "asks where the live model answers",
    },
    "afterword/gateway/turns.py": {
        "_answering": "asks which processes may hold a conversation in memory",
        "_claim": "the worker takes the next message",
        "_finish": "the worker is done with a message",
        "_postpone": "the worker tries a message later",
        "_release_all": "the worker starts",
    },
    "afterword/portal/visits.py": {"_begun": "finds out whose session it is"},
}
"""Functions that begin as our own process, and why; by file."""
SIGNING_IN = {
    "afterword/portal/sign_in.py",
    "afterword/portal/invitation.py",
}
"""Nobody is signed in here yet."""


def short(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def used(path: Path) -> Iterator[tuple[str, str]]:
    """Module and name of each function of the records that a file uses."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == RECORDS:
            modules |= {one.asname or one.name: f"{RECORDS}.{one.name}" for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{RECORDS}."):
            yield from ((str(node.module), one.name) for one in node.names)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in modules:
            yield modules[node.value.id], node.attr


def functions() -> list[tuple[str, str]]:
    return sorted({found for path in OUTSIDE for found in used(path)})


def of(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name, None)


def takes_a_transaction(function: Any) -> bool:
    return (
        inspect.isfunction(function)
        and next(iter(inspect.signature(function).parameters), "") == "tx"
    )


def test_each_function_that_others_call_says_its_rule() -> None:
    called = [
        (module, name) for module, name in functions() if takes_a_transaction(of(module, name))
    ]
    silent = [f"{module}.{name}" for module, name in called if rule_of(of(module, name)) is None]
    assert len(called) > 60
    assert not silent


def begun(path: Path) -> Iterator[tuple[str, bool]]:
    """The function in which each transaction begins, and whether it says who acts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in _own(function):
            if _begins(node):
                yield function.name, any(one.arg == "by" for one in node.keywords)


def _own(function: ast.AST) -> Iterator[Any]:
    """The nodes of a function without those of functions inside."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _begins(node: Any) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr in {"begin", "read"} and "records" in ast.unparse(node.func.value)


@pytest.mark.parametrize("room", ["gateway", "portal"])
def test_every_page_says_who_acts(room: str) -> None:
    files = sorted((PROJECT / "afterword" / room).rglob("*.py"))
    anonymous, known = set(), 0
    for path in files:
        for function, says in begun(path):
            known += says
            if not says and short(path) not in SIGNING_IN:
                anonymous.add((short(path), function))
    allowed = {(path, name) for path, names in BEFORE_IT_IS_KNOWN.items() for name in names}
    assert known > 5
    assert {one for one in anonymous if one not in allowed} == set()
    assert {one for one in allowed if one[0].split("/")[1] == room} <= anonymous
