"""Opening the database and one transaction on it."""

import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from afterword.access.actors import PROCESS, Actor
from afterword.access.chain import Entry
from afterword.access.policy import Denied
from afterword.records import trail
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
    """One transaction: the session, the keys, the time at which it happens, and who acts.

    `purpose` says for what: the page or the command. `notes` are the rows of the audit that it
    leaves, `doors` how many functions of this room it has passed on its way in.
    """

    session: Session
    vault: Vault
    now: datetime
    actor: Actor = PROCESS
    purpose: str = ""
    notes: list[Entry] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    patient_keys: dict[tuple[str, str], dict[int, bytes]] = field(default_factory=dict, repr=False)
    owners: dict[str, str] = field(default_factory=dict)

    @property
    def locks_rows(self) -> bool:
        """SQLite has one writer at a time and knows no row locks."""
        return self.session.get_bind().dialect.name == "postgresql"

    def note(
        self, action: str, outcome: str, kind: str, key: str, patient_id: str | None = None
    ) -> None:
        """Leaves a row in the audit once this transaction has ended."""
        actor = self.actor
        self.notes.append(
            Entry(
                at=self.now,
                actor_kind=actor.kind,
                actor_id=actor.id,
                action=action,
                purpose=self.purpose,
                outcome=outcome,
                object_kind=kind,
                object_id=key,
                patient_id=patient_id or "",
            )
        )


class Records:
    """The database with the keys to it. Safe to share between threads."""

    def __init__(self, url: str, vault: Vault, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = open_engine(url)
        self.vault = vault
        self.clock = clock
        self._reading = self.engine.execution_options(**{_BEGIN: "BEGIN"})

    @contextmanager
    def begin(
        self, at: datetime | None = None, *, by: Actor = PROCESS, purpose: str = ""
    ) -> Iterator[Tx]:
        """A writing transaction: committed at the end, rolled back on any error.

        `by` is who acts: what they may not do raises Denied, which leaves a row in the audit.
        """
        with self._refusals(), _away(), Session(self.engine) as session, session.begin():
            tx = self._tx(session, at or self.clock(), by, purpose)
            with _noting(tx):
                yield tx
            trail.append(session, self.vault, tx.notes)

    @contextmanager
    def read(self, *, by: Actor = PROCESS, purpose: str = "") -> Iterator[Tx]:
        """A reading transaction; on SQLite it never waits for a writer.

        What it leaves in the audit is written before what was read goes anywhere.
        """
        with self._refusals(), _away():
            with Session(self._reading) as session, session.begin():
                tx = self._tx(session, self.clock(), by, purpose)
                with _noting(tx):
                    yield tx
            self._write(tx.notes)

    def _tx(self, session: Session, now: datetime, by: Actor, purpose: str) -> Tx:
        self.vault.refresh()
        return Tx(session, self.vault, now, by, purpose)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except Denied as denied:
            with _away():
                self._write(denied.notes)
            raise

    def _write(self, notes: list[Entry]) -> None:
        if notes:
            with Session(self.engine) as session, session.begin():
                trail.append(session, self.vault, notes)

    def forget_log(self) -> None:
        """Empties SQLite's write-ahead log: what was erased would stay readable in it.

        Does nothing while others read; whoever erases for good tries again in a while.
        """
        if self.engine.dialect.name != "sqlite":
            return
        connection = self.engine.raw_connection()
        try:
            # Writers are not to wait for it.
            connection.execute("PRAGMA busy_timeout=200")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        finally:
            connection.close()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _noting(tx: Tx) -> Iterator[None]:
    """What was refused is written down although the transaction is rolled back."""
    try:
        yield
    except Denied as denied:
        tx.note(denied.action.code, trail.DENIED, denied.kind, denied.key, denied.patient_id)
        denied.notes = [one for one in tx.notes if one.outcome == trail.DENIED]
        raise


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
