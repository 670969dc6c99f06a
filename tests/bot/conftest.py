"""A model that is trained once, an action server, and Rasa processes that end with the tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bot_harness import PROJECT, PYTHON, Actions, Rasa, train


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if PYTHON.exists():
        return
    missing = pytest.mark.skip(reason="no Rasa environment; run make setup")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(missing)


@pytest.fixture
def conversation() -> str:
    return uuid.uuid4().hex


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small assistant, trained once."""
    return train(tmp_path_factory.mktemp("model"), PROJECT / "config.yml")


@pytest.fixture(scope="session")
def actions() -> Iterator[Actions]:
    actions = Actions()
    actions.listen()
    yield actions
    actions.hang_up()


@pytest.fixture
def well(actions: Actions) -> Iterator[Actions]:
    """The action server, whole again after the test."""
    yield actions
    actions.broken.clear()
    actions.slow.clear()


@pytest.fixture(scope="session")
def new_rasa(
    model: Path, actions: Actions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Rasa]]:
    """Makes Rasa processes, not started yet, and ends them."""
    made: list[Rasa] = []

    def make(**settings: Any) -> Rasa:
        folder = tmp_path_factory.mktemp("rasa")
        settings.setdefault("tracker_url", f"sqlite:///{folder}/trackers.db")
        made.append(Rasa(folder=folder, model=model, actions=actions, **settings))
        return made[-1]

    yield make
    for rasa in made:
        rasa.stop()


@pytest.fixture(scope="session")
def rasa(new_rasa: Callable[..., Rasa]) -> Rasa:
    """One server on SQLite, for all tests that leave it running."""
    return new_rasa().start()
