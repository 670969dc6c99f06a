"""Every route as every kind of caller, against the tables of `afterword.access`."""

import pytest

from afterword.access.policy import RULES
from afterword.access.routes import ROUTES

from .matrix import Outcome, call, cells, expected, keys_of, problems
from .world import Browser, World


def test_every_route_answers_every_caller_as_the_tables_say(
    world: World, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = keys_of(world.app)
    found, looked_at = [], 0
    outcomes = set()
    for cell in cells(world, keys, ROUTES):
        row = ROUTES[cell.key]
        found += problems(cell, row, RULES, call(world, browser, cell))
        outcomes.add(expected(cell, row, RULES))
        looked_at += 1
    with capsys.disabled():
        print(f"\n{len(keys)} routes, {len(world.personas)} callers, {looked_at} cells")
    assert outcomes == set(Outcome)
    assert not found, "\n".join(found)
