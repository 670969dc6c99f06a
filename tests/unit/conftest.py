"""An empty installation, as the commands find it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from factory import Clinic, Clock

from afterword.records import schema
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.settings import Settings


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """Its records; commands that are run in this process find them too."""
    monkeypatch.setenv("AFTERWORD_DATA_DIR", str(tmp_path))
    settings = Settings(data_dir=tmp_path)
    create_key_file(settings.keys)
    opened = Records(settings.database, load_vault(settings.keys))
    schema.upgrade(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def clinic(installation: Records) -> Clinic:
    """A clinic in it."""
    return Clinic(installation, Clock())
