from collections.abc import Iterator

import pytest

from .world import Browser, World, build


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
