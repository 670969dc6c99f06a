from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .house import Caller, House, open_house

OpenHouse = Callable[..., House]


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[OpenHouse]:
    """Makes houses with settings of their own."""
    opened: list[House] = []

    def make(**settings: Any) -> House:
        opened.append(open_house(tmp_path / str(len(opened)), **settings))
        return opened[-1]

    yield make
    for house in opened:
        house.records.close()


@pytest.fixture
def house(new_house: OpenHouse) -> House:
    return new_house()


@pytest.fixture
def new_caller() -> Iterator[Callable[..., Caller]]:
    callers: list[Caller] = []

    def make(app: Any, **more: Any) -> Caller:
        callers.append(Caller(app, **more))
        return callers[-1]

    yield make
    for caller in callers:
        caller.close()


@pytest.fixture
def call(house: House, new_caller: Callable[..., Caller]) -> Caller:
    return new_caller(house.app)
