from collections.abc import Iterator

import pytest

from .building import build
from .world import Browser, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = build(tmp_path_factory.mktemp("access"))
    yield made
    made.records.close()


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    world.restore()
    made = Browser(world)
    yield made
    made.close()
