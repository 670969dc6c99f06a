"""The two tables of the tracker store, on SQLite or PostgreSQL. All SQL of Rasa's process is here.

`conversation_turn` only grows, one row a turn, and numbers them: of two writers that both think
they write turn 7 one fails. `conversation_erased` remembers which conversations must not come back.
Methods block; the store calls them from threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from bot.seal import CLOSING, Sealed

SCHEMA = "rasa"
LOCK_SECONDS = 5
STATEMENT_SECONDS = 10
CONNECTIONS = 8
_APPENDED = ("seq", "data", "key_id", "created")

Again = Callable[[str, int, Sealed], "Sealed | None"]
"""Seals what stands at a turn of a conversation with another key; None leaves it as it is."""


class Erased(Exception):
    """The conversation was erased; nothing may be written to it any more."""


class WrittenElsewhere(Exception):
    """Another process wrote the same turn of this conversation first."""


@dataclass(frozen=True)
class State:
    """Where a conversation stands: the number of its last turn (0: none) and its erasure."""

    last: int
    erased: bool
    # What the bot said when it was erased; sealed, None when nothing was said.
    closing: Sealed | None = None


class TurnTable:
    """Rows of turns, sealed by the caller."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Connects and creates what is missing.

        Args:
            url: `sqlite:///path`, `sqlite://` (memory, for tests and shells) or `postgresql://...`
            read_only: creates nothing, and the database refuses whatever would change it.
        """
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        self.is_postgresql = parsed.get_backend_name() == "postgresql"
        self._engine = (_postgresql if self.is_postgresql else _sqlite)(parsed, read_only)
        self.connections = CONNECTIONS if self.is_postgresql else 1
        schema = SCHEMA if self.is_postgresql else None
        metadata = sa.MetaData(schema=schema)
        self._turns = sa.Table(
            "conversation_turn",
            metadata,
            sa.Column("conversation", sa.String(64), primary_key=True),
            sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("data", sa.LargeBinary, nullable=False),
            sa.Column("key_id", sa.String(16), nullable=False),
            sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        )
        self._erased = sa.Table(
            "conversation_erased",
            metadata,
            sa.Column("conversation", sa.String(64), primary_key=True),
            sa.Column("data", sa.LargeBinary),
            sa.Column("key_id", sa.String(16)),
            sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        )
        if not read_only:
            self._create(metadata)
        self._statements()

    def _create(self, metadata: sa.MetaData) -> None:
        with self._engine.begin() as connection:
            if self.is_postgresql:
                # Two processes that start together would both find the tables missing.
                connection.execute(
                    sa.text("SELECT pg_advisory_xact_lock(hashtext('afterword rasa'))")
                )
                # Asked first: IF NOT EXISTS wants the right to make schemas even when there is one,
                # and Rasa's role has no such right in the clinic's database.
                if connection.scalar(sa.text(f"SELECT to_regnamespace('{SCHEMA}')")) is None:
                    connection.execute(sa.text(f"CREATE SCHEMA {SCHEMA}"))
            metadata.create_all(connection)

    def _statements(self) -> None:
        turns, erased = self._turns.c, self._erased.c
        conversation = sa.bindparam("c", type_=sa.String)
        mark = sa.select(sa.literal(1)).where(erased.conversation == conversation)
        last = sa.select(sa.func.max(turns.seq)).where(turns.conversation == conversation)
        self._state_sql = sa.select(last.scalar_subquery(), mark.scalar_subquery())
        row = sa.select(
            conversation,
            *(sa.bindparam(name, type_=turns[name].type) for name in _APPENDED),
        ).where(~mark.exists())
        # One statement, so that SQLite looks for the mark and writes under one lock.
        append = sa.insert(self._turns).from_select(["conversation", *_APPENDED], row)
        # SQLAlchemy 2 keeps the count of rows only when asked; 1.4 always does.
        self._append_sql = append.execution_options(preserve_rowcount=True)
        # Not the lock of lock_store.py, which the same turn holds on another connection.
        self._guard_sql = sa.text("SELECT pg_advisory_xact_lock(hashtext('erase'), hashtext(:c))")

    def state(self, conversation: str) -> State:
        """Where the conversation stands."""
        with self._engine.connect() as connection:
            last, erased = connection.execute(self._state_sql, {"c": conversation}).one()
            if not erased:
                return State(last or 0, erased=False)
            columns = self._erased.c
            row = connection.execute(
                sa.select(columns.data, columns.key_id).where(columns.conversation == conversation)
            ).one()
            return State(0, erased=True, closing=Sealed(*row) if row.data else None)

    def read(self, conversation: str, after: int = 0) -> list[tuple[int, Sealed]]:
        """The turns after a number, by number."""
        columns = self._turns.c
        query = (
            sa.select(columns.seq, columns.data, columns.key_id)
            .where(columns.conversation == conversation, columns.seq > after)
            .order_by(columns.seq)
        )
        with self._engine.connect() as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return [(row.seq, Sealed(bytes(row.data), row.key_id)) for row in rows]

    def append(self, conversation: str, seq: int, sealed: Sealed) -> None:
        """Add one turn.

        Raises:
            Erased: the conversation was erased meanwhile.
            WrittenElsewhere: there is a turn of that number already.
        """
        row = {"c": conversation, "seq": seq, "data": sealed.data, "key_id": sealed.key_id}
        try:
            with self._engine.begin() as connection:
                self._guard(connection, conversation)
                done = connection.execute(self._append_sql, {**row, "created": datetime.now(UTC)})
        except IntegrityError:
            raise WrittenElsewhere(f"turn {seq}") from None
        if done.rowcount != 1:
            raise Erased

    def erase(self, conversation: str, closing: Sealed | None) -> int:
        """Delete all turns for good and leave the mark; the number of turns that went."""
        columns = self._erased.c
        mark = {"conversation": conversation, "created": datetime.now(UTC)}
        if closing is not None:
            mark |= {"data": closing.data, "key_id": closing.key_id}
        with self._engine.begin() as connection:
            self._guard(connection, conversation)
            gone = self._delete(connection, conversation)
            known = sa.select(columns.conversation).where(columns.conversation == conversation)
            if connection.execute(known).first() is None:
                connection.execute(sa.insert(self._erased).values(**mark))
        self.forget_log()
        return gone

    def discard(self, conversation: str) -> None:
        """Delete without a mark. For the probe of the self-check."""
        with self._engine.begin() as connection:
            self._delete(connection, conversation)

    def conversations(self) -> list[str]:
        """Every conversation that has turns."""
        with self._engine.connect() as connection:
            return list(
                connection.execute(sa.select(self._turns.c.conversation).distinct()).scalars()
            )

    def sealed_otherwise(self, key_id: str) -> list[tuple[str, int]]:
        """Conversation and number of each turn, or closing line, that another key has sealed."""
        turns, erased = self._turns.c, self._erased.c
        queries = (
            sa.select(turns.conversation, turns.seq).where(turns.key_id != key_id),
            sa.select(erased.conversation, sa.literal(CLOSING)).where(erased.key_id != key_id),
        )
        with self._engine.connect() as connection:
            return [(row[0], row[1]) for query in queries for row in connection.execute(query)]

    def seal_again(self, places: Iterable[tuple[str, int]], again: Again) -> int:
        """Puts what `again` makes of each in its place, all or none; returns how many changed."""
        with self._engine.begin() as connection:
            return sum(self._seal_again(connection, *place, again) for place in places)

    def _seal_again(
        self, connection: Connection, conversation: str, seq: int, again: Again
    ) -> bool:
        table = self._turns if seq != CLOSING else self._erased
        row = table.c.conversation == conversation
        if seq != CLOSING:
            row &= table.c.seq == seq
        found = connection.execute(sa.select(table.c.data, table.c.key_id).where(row)).one()
        sealed = again(conversation, seq, Sealed(bytes(found.data), found.key_id))
        if sealed is None:
            return False
        values = {"data": sealed.data, "key_id": sealed.key_id}
        connection.execute(sa.update(table).where(row).values(**values))
        return True

    @property
    def is_there(self) -> bool:
        """Whether anything was ever stored; a table that is only read is not made."""
        return bool(sa.inspect(self._engine).has_table(self._turns.name, self._turns.schema))

    def newest(self, count: int) -> list[str]:
        """The conversations that went on last, the newest first."""
        columns = self._turns.c
        query = (
            sa.select(columns.conversation)
            .group_by(columns.conversation)
            .order_by(sa.func.max(columns.created).desc())
            .limit(count)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def close(self) -> None:
        """Ends all connections."""
        self._engine.dispose()

    def _delete(self, connection: Connection, conversation: str) -> int:
        rows = self._turns.c.conversation == conversation
        return int(connection.execute(sa.delete(self._turns).where(rows)).rowcount)

    def _guard(self, connection: Connection, conversation: str) -> None:
        # Erasing and appending must see each other. SQLite has one writer at a time anyway.
        if self.is_postgresql:
            connection.execute(self._guard_sql, {"c": conversation})

    def forget_log(self) -> None:
        """Empties SQLite's write-ahead log: what was there before would stay readable in it."""
        if not self.is_postgresql:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _sqlite(url: URL, read_only: bool) -> Engine:
    options: dict[str, Any] = {
        "connect_args": {"check_same_thread": False, "timeout": LOCK_SECONDS}
    }
    if url.database in (None, "", ":memory:"):
        options["poolclass"] = StaticPool
    else:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        options |= {"poolclass": sa.pool.QueuePool, "pool_size": 1, "max_overflow": 0}
    engine = sa.create_engine(url, hide_parameters=True, **options)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            # A turn that was answered must survive a power cut: the worker will not send it again.
            "synchronous=FULL",
            "secure_delete=ON",
            f"busy_timeout={LOCK_SECONDS * 1000}",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(url: URL, read_only: bool) -> Engine:
    timeouts = (
        f"-c lock_timeout={LOCK_SECONDS * 1000} -c statement_timeout={STATEMENT_SECONDS * 1000}"
        " -c idle_in_transaction_session_timeout=30000"
        + (" -c default_transaction_read_only=on" if read_only else "")
    )
    return sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=LOCK_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": LOCK_SECONDS,
            "options": timeouts,
            "application_name": "afterword-trackers",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
