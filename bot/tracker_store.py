"""Where conversations are kept: append-only, sealed, and never half.

Differences to Rasa's own stores, each of which lost or misfiled answers there: an error is an
error (no fallback to memory); events are read back in the order in which they were written, never
by the clock; two writers cannot both append; a conversation can be erased and stays erased.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from bot.seal import CLOSING, KeyUnusable, Sealer, place_of
from bot.turn_table import Erased, TurnTable

# Live trackers kept in memory, about 100 kB each.
KEPT_TRACKERS = 512

_T = TypeVar("_T")


class StoreUnusable(RasaException):
    """The store must not be used: no key, no database, or it failed its self-check."""


class ConversationErased(RasaException):
    """The conversation was erased; `replies` is what the bot said then."""

    def __init__(self, replies: list[dict[str, Any]] | None = None) -> None:
        """Keeps the replies."""
        super().__init__("The conversation was erased.")
        self.replies = replies or []


@dataclass(frozen=True)
class _Stored:
    """How much of a tracker is in the database."""

    turns: int
    events: int


class StrictTrackerStore(TrackerStore):
    """Tracker store on SQLite or PostgreSQL.

    endpoints.yml:
        tracker_store:
          type: bot.tracker_store.StrictTrackerStore
          url: ${AFTERWORD_TRACKER_URL}

    Keys come from the environment: see `bot.seal.Sealer.from_environment`. The driver is a
    blocking one, so every access runs in a thread of the store; on SQLite there is one, which also
    makes it the only writer of this process.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        **options: Any,
    ) -> None:
        """Called by Rasa with `url` as `host`.

        Raises:
            StoreUnusable: always instead of another error, because Rasa answers an AttributeError
                or ImportError from here with a store in memory.
        """
        self._live: OrderedDict[str, DialogueStateTracker] = OrderedDict()
        super().__init__(domain, event_broker)
        if not host or options:
            raise StoreUnusable("tracker_store in endpoints.yml needs type and url, nothing else")
        try:
            self._sealer = Sealer.from_environment(os.environ)
            self._table = TurnTable(host)
            self._check()
        except KeyUnusable as error:
            raise StoreUnusable(f"Tracker store: {error}") from None
        except StoreUnusable:
            raise
        except Exception as error:
            # The driver's message may hold the URL, and with it a password.
            raise StoreUnusable(f"Tracker store: {type(error).__name__}") from None
        self._threads = ThreadPoolExecutor(self._table.connections, thread_name_prefix="trackers")

    @property
    def domain(self) -> Domain:
        """The domain that gives trackers their slots."""
        return self._domain

    @domain.setter
    def domain(self, domain: Domain | None) -> None:
        self._domain = domain or Domain.empty()
        # Live trackers have the slots of the former domain.
        self._live.clear()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The whole conversation, all sessions; None when there is none yet.

        A live tracker leaves the memory here and comes back with `save`: a turn that fails half-way
        has changed it, and the next one must start from the database.

        Raises:
            ConversationErased: it was erased, and is not to be begun anew.
        """
        live = self._live.pop(sender_id, None)
        state = await self._in_thread(self._table.state, sender_id)
        if state.erased:
            place = place_of(sender_id, CLOSING)
            clear = state.closing and self._sealer.open(state.closing, place)
            raise ConversationErased(json.loads(clear) if clear else None)
        if live is not None and _stored(live).turns == state.last:
            return live
        return await self._read(sender_id) if state.last else None

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Same as `retrieve`, which leaves nothing out."""
        return await self.retrieve(conversation_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new in the tracker as one turn.

        Raises:
            ConversationErased: it was erased meanwhile. Raising, not passing over it in silence,
                lets the caller say so, and not that the words were kept.
            WrittenElsewhere: another process went on with this conversation.
        """
        stored = _stored(tracker)
        events = list(tracker.events)[stored.events :]
        if not events:
            return
        seq = stored.turns + 1
        clear = json.dumps([event.as_dict() for event in events], separators=(",", ":")).encode()
        try:
            await self._in_thread(self._append, tracker.sender_id, seq, clear)
        except Erased:
            raise ConversationErased from None
        _mark(tracker, _Stored(seq, len(tracker.events)))
        self._keep(tracker)
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, events, tracker.sender_id)

    async def delete(self, conversation: str, replies: list[dict[str, Any]] | None = None) -> int:
        """Erase a conversation for good; the number of turns that were deleted.

        Args:
            replies: what the bot says to that. It is kept, sealed, for the caller that did not hear
                the first time; it must hold nothing of the patient's.
        """
        self._live.pop(conversation, None)
        closing = json.dumps(replies).encode() if replies else None
        return await self._in_thread(self._erase, conversation, closing)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        return await self._in_thread(self._table.conversations)

    async def _read(self, conversation: str) -> DialogueStateTracker:
        turns, events = await self._in_thread(self._open_turns, conversation)
        tracker = DialogueStateTracker.from_events(
            conversation, events, self.domain.slots, domain=self.domain
        )
        _mark(tracker, _Stored(turns, len(tracker.events)))
        return tracker

    def _open_turns(self, conversation: str) -> tuple[int, list[Event]]:
        events: list[Event] = []
        last = 0
        for last, sealed in self._table.read(conversation):
            clear = self._sealer.open(sealed, place_of(conversation, last))
            events += deserialise_events(json.loads(clear))
        return last, events

    def _append(self, conversation: str, seq: int, clear: bytes) -> None:
        sealed = self._sealer.seal(clear, place_of(conversation, seq))
        self._table.append(conversation, seq, sealed)

    def _erase(self, conversation: str, closing: bytes | None) -> int:
        place = place_of(conversation, CLOSING)
        sealed = self._sealer.seal(closing, place) if closing else None
        return self._table.erase(conversation, sealed)

    def _keep(self, tracker: DialogueStateTracker) -> None:
        self._live[tracker.sender_id] = tracker
        self._live.move_to_end(tracker.sender_id)
        while len(self._live) > KEPT_TRACKERS:
            self._live.popitem(last=False)

    async def _in_thread(self, function: Callable[..., _T], *arguments: Any) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *arguments)

    def _check(self) -> None:
        """Write a probe, read it back, look at its bytes, delete it."""
        probe, words = f"probe-{uuid.uuid4().hex}", uuid.uuid4().hex
        clear = json.dumps([UserUttered(words).as_dict()]).encode()
        try:
            self._append(probe, 1, clear)
            bytes_stored = b"".join(sealed.data for _, sealed in self._table.read(probe))
            if words.encode() in bytes_stored or not bytes_stored:
                raise StoreUnusable("Tracker store: what it stores is not sealed")
            last, events = self._open_turns(probe)
            if last != 1 or [event.text for event in events] != [words]:
                raise StoreUnusable("Tracker store: what was written does not come back")
        finally:
            self._table.discard(probe)


def _stored(tracker: DialogueStateTracker) -> _Stored:
    return tracker.__dict__.get("_afterword_stored", _Stored(0, 0))


def _mark(tracker: DialogueStateTracker, stored: _Stored) -> None:
    # On the tracker itself, so that it lives as long as the tracker and is not copied with it.
    tracker.__dict__["_afterword_stored"] = stored
