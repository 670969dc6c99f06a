from collections.abc import Iterator
from pathlib import Path

import pytest

from .factory import Client, World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.records.close()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    made = world.client()
    yield made
    made.close()


@pytest.fixture
def signed_in(client: Client) -> Client:
    assert client.sign_in().status_code == 303
    return client
