"""The small assistant is trained once for all tests."""

import pytest
from small_assistant import Small, make_small

from afterword.settings import PROJECT


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    if not (PROJECT / ".venv/rasa/bin/python").exists():
        pytest.skip("no Rasa environment; run make setup")
    return make_small(tmp_path_factory.mktemp("small"))
