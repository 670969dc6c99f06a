"""Opening the database and one transaction on it."""

import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from afterword.records.vault import Vault

_BUSY_MS = 10_000
_BEGIN = "afterword_begin"


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A random row id; says nothing of order or count."""
    return uuid.uuid4().hex


def new_token() -> str:
    """A secret of 192 bits for links and sessions."""
    return secrets.token_urlsafe(24)


class RecordsAway(Exception):
    """The database does not answer or cut the connection; nothing of the transaction was kept."""


@dataclass(frozen=True)
class Tx:
    """One transaction: the session, the keys and the time at which it happens."""

    session: Session
    vault: Vault
    now: datetime

    @property
    def locks_rows(self) -> bool:
        """SQLite has one writer at a time and knows no row locks."""
        return self.session.get_bind().dialect.name == "postgresql"


class Records:
    """The database with the keys to it. Safe to share between threads."""

    def __init__(self, url: str, vault: Vault, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = open_engine(url)
        self.vault = vault
        self.clock = clock
        self._reading = self.engine.execution_options(**{_BEGIN: "BEGIN"})

    @contextmanager
    def begin(self, at: datetime | None = None) -> Iterator[Tx]:
        """A writing transaction: committed at the end, rolled back on any error."""
        with _away(), Session(self.engine) as session, session.begin():
            yield Tx(session, self.vault, at or self.clock())

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A reading transaction; on SQLite it never waits for a writer."""
        with _away(), Session(self._reading) as session, session.begin():
            yield Tx(session, self.vault, self.clock())

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        # The driver's own message may hold values, so only its type is told.
        raise RecordsAway(type(error.orig).__name__) from None


def open_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys, busy timeout) or PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed, hide_parameters=True, connect_args={"timeout": _BUSY_MS / 1000}
        )
        _prepare_sqlite(engine)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=15000"},
    )


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # We send BEGIN ourselves: the driver would begin only at the first write, and two
        # transactions that both read first could then not both be upgraded.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MS}",
            "secure_delete=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        how = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
        connection.exec_driver_sql(how)
