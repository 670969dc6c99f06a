from collections.abc import Iterator
from pathlib import Path

import pytest

from .desk import DANA, Desk
from .factory import ADMIN, Client, World, make_world


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


@pytest.fixture
def ines(world: World) -> str:
    return world.add_clinician(ADMIN, "Ines Admin", "admin")


@pytest.fixture
def admin(world: World, ines: str) -> Iterator[Client]:
    """The browser of an admin who is signed in."""
    made = world.client()
    assert made.sign_in(ADMIN).status_code == 303
    yield made
    made.close()


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def dana(desk: Desk, client: Client) -> Client:
    """The browser of whoever is on duty, signed in."""
    client.sign_in(DANA)
    return client
