"""One turn at a time in each conversation.

Without settings the locks live in this process, which is right for one Rasa process. Several
processes share them through PostgreSQL: a session advisory lock is let go by the server as soon as
the process that holds it is gone, so a killed process blocks nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

import sqlalchemy as sa
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

# Longer than a turn may take (bot/turn.py), shorter than the worker waits for an answer.
WAIT_SECONDS = 25.0
# Each turn that runs holds one connection; further conversations wait for one.
SHARED_LOCKS = 16


@dataclass
class _Local:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class ConversationLockStore(LockStore):
    """Locks of this process, and of all processes when `url` names a PostgreSQL database.

    endpoints.yml:
        lock_store:
          type: bot.lock_store.ConversationLockStore
          url: postgresql://...        # optional
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        """Connects to nothing yet; PostgreSQL is asked at the first lock.

        Raises:
            ValueError: the URL is not one of PostgreSQL.
        """
        url = endpoint_config.url if endpoint_config else None
        self._local: dict[str, _Local] = {}
        self._shared = _AdvisoryLocks(url) if url else None

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = WAIT_SECONDS,
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation; waiters are served in the order in which they came.

        Raises:
            LockError: not free within `wait_time_in_seconds`, or PostgreSQL is out of reach.
        """
        local = self._local.setdefault(conversation_id, _Local())
        local.users += 1
        try:
            await self._take(local, wait_time_in_seconds)
            try:
                async with self._shared.hold(conversation_id) if self._shared else nullcontext():
                    yield TicketLock(conversation_id)
            finally:
                local.lock.release()
        finally:
            local.users -= 1
            if not local.users:
                del self._local[conversation_id]

    @staticmethod
    async def _take(local: _Local, seconds: float) -> None:
        if not local.lock.locked():
            await local.lock.acquire()
            return
        try:
            await asyncio.wait_for(local.lock.acquire(), seconds)
        except TimeoutError:
            raise LockError("The conversation is busy.") from None


class _AdvisoryLocks:
    """PostgreSQL session advisory locks, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        if not url.startswith("postgres"):
            raise ValueError("lock_store: url must be one of PostgreSQL, or be left out")
        self._engine: Engine = sa.create_engine(
            url.replace("postgres://", "postgresql://", 1),
            pool_size=SHARED_LOCKS,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
            # A lock must not sit in an open transaction: that would hold back vacuum.
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                "options": f"-c lock_timeout={int(WAIT_SECONDS * 1000)}",
                "application_name": "afterword-locks",
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
            },
        )
        self._threads = ThreadPoolExecutor(SHARED_LOCKS, thread_name_prefix="lock")
        # No more turns than connections and threads, so that giving a lock back never has to wait
        # behind those who want one.
        self._room = asyncio.Semaphore(SHARED_LOCKS)

    @asynccontextmanager
    async def hold(self, conversation: str) -> AsyncIterator[None]:
        """Hold the lock of this conversation in all processes.

        Raises:
            LockError: not to be had within `WAIT_SECONDS`, or the database is out of reach.
        """
        try:
            await asyncio.wait_for(self._room.acquire(), WAIT_SECONDS)
        except TimeoutError:
            raise LockError("Too many turns at once.") from None
        try:
            held = await self._acquire(conversation)
            try:
                yield
            finally:
                await self._release(held, conversation)
        finally:
            self._room.release()

    async def _acquire(self, conversation: str) -> Connection:
        taking = asyncio.get_running_loop().run_in_executor(
            self._threads, self._lock, lock_key(conversation)
        )
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            # The thread goes on; what it gets must not stay locked.
            taking.add_done_callback(lambda done: self._give_back(done, conversation))
            raise
        except SQLAlchemyError as error:
            raise LockError(f"The lock database: {type(error).__name__}") from None

    async def _release(self, held: Connection, conversation: str) -> None:
        releasing = asyncio.get_running_loop().run_in_executor(
            self._threads, self._unlock, held, lock_key(conversation)
        )
        await asyncio.shield(releasing)

    def _give_back(self, done: asyncio.Future[Connection], conversation: str) -> None:
        if not done.cancelled() and done.exception() is None:
            self._threads.submit(self._unlock, done.result(), lock_key(conversation))

    def _lock(self, key: int) -> Connection:
        connection = self._engine.connect()
        try:
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": key})
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        return connection

    @staticmethod
    def _unlock(connection: Connection, key: int) -> None:
        # Whatever goes wrong here, closing the session lets the lock go.
        try:
            query = sa.text("SELECT pg_advisory_unlock(:key)")
            if not connection.execute(query, {"key": key}).scalar():
                connection.invalidate()
        except SQLAlchemyError:
            connection.invalidate()
        finally:
            connection.close()


def lock_key(conversation: str) -> int:
    """The conversation as the signed 64-bit number that PostgreSQL locks by."""
    digest = hashlib.blake2b(
        conversation.encode(), digest_size=8, person=b"afterword-turn"
    ).digest()
    return int.from_bytes(digest, "big", signed=True)
