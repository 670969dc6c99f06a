"""A model that is trained once, an action server, and Rasa processes that end with the tests."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bot_harness import PROJECT, PYTHON, ROOT, Actions, Rasa


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
    folder = tmp_path_factory.mktemp("model")
    subprocess.run(
        [
            *(str(PYTHON), "-m", "bot.launcher", "train", "--out", str(folder)),
            *("--domain", str(PROJECT / "domain.yml"), "--data", str(PROJECT / "data")),
            *("--config", str(PROJECT / "config.yml"), "--fixed-model-name", "small"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / "small.tar.gz"


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
