"""The worker: takes messages from the inbox to Rasa, one at a time in each conversation.

A message is tried again with the same id until it is done; Rasa's side answers a repeat with
the same replies, and the record takes an answer only once. So a worker may die at any point.

A reflection finishes with the model that it began with, each of which is a Rasa process of its own:
where a message goes is said by the claim on it.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from afterword import wake
from afterword.gateway import tally
from afterword.gateway.tally import Tally
from afterword.records import inbox, serving
from afterword.records.store import Records, RecordsAway
from afterword.records.views import Claim

TURN_PATH, ERASE_PATH = "/webhooks/afterword/turn", "/webhooks/afterword/erase"
_TURN_TIMEOUT = 10.0
_LEASE = timedelta(seconds=_TURN_TIMEOUT + 5)
_AT_ONCE = 8
_LONGEST_PAUSE = 3.0
_LOOK_EVERY = 0.5

logger = logging.getLogger(__name__)


class TurnRefused(Exception):
    """Rasa's side will never take this message; trying again would not help."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotServed(Exception):
    """The model of this reflection is being started: its message waits."""


class Assistant:
    """Rasa's signed channel. Raises httpx.HTTPError while it is away, TurnRefused for good.

    `url` is that of the one Rasa, for as long as nobody says that there are several.
    """

    def __init__(self, url: str, key: bytes) -> None:
        self._url = url
        self._key = key
        limits = httpx.Limits(max_connections=_AT_ONCE)
        self._client = httpx.AsyncClient(timeout=_TURN_TIMEOUT, limits=limits, trust_env=False)

    async def turn(
        self, conversation: str, message: str, body: dict[str, Any], url: str = ""
    ) -> dict[str, Any]:
        """One turn; returns the channel's reply.

        `body` is as the inbox keeps it: `text` or `choice`, and `safety`, what the screen found.
        """
        turn = {"conversation": conversation, "message": message}
        turn |= {key: body[key] for key in ("text", "choice", "safety") if key in body}
        response = await self._post(url, TURN_PATH, turn)
        reply: dict[str, Any] = response.json()
        return reply

    async def erase(self, conversation: str, urls: Collection[str] = ()) -> None:
        """Has each Rasa forget a conversation, also what it holds in memory; safe to repeat."""
        for url in urls or ("",):
            await self._post(url, ERASE_PATH, {"conversation": conversation})

    async def _post(self, url: str, path: str, body: dict[str, Any]) -> httpx.Response:
        content = json.dumps(body).encode()
        timestamp = str(int(time.time()))
        response = await self._client.post(
            (url or self._url) + path,
            content=content,
            headers=_signed(self._key, timestamp, content),
        )
        if response.status_code in (400, 413, 422):
            raise TurnRefused(_error_code(response))
        response.raise_for_status()
        return response

    async def close(self) -> None:
        await self._client.aclose()


def _signed(key: bytes, timestamp: str, content: bytes) -> dict[str, str]:
    signature = hmac.new(key, f"{timestamp}\n".encode() + content, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "X-Afterword-Timestamp": timestamp,
        "X-Afterword-Signature": signature.hexdigest(),
    }


def _error_code(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"status_{response.status_code}"


class Worker:
    """Works until its task is cancelled."""

    def __init__(self, records: Records, assistant: Assistant, data_dir: Path) -> None:
        self._records = records
        self._assistant = assistant
        self._data_dir = data_dir
        self._tally = Tally()

    async def run(self) -> None:
        """Takes one message after the other, `_AT_ONCE` conversations side by side."""
        bell = wake.listen(self._data_dir, wake.WORKER)
        rung = asyncio.Event()

        def on_ring() -> None:
            while True:
                try:
                    bell.recv(16)
                except BlockingIOError:
                    break
            rung.set()

        asyncio.get_running_loop().add_reader(bell, on_ring)
        try:
            await self._release()
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._serve(rung))
        finally:
            asyncio.get_running_loop().remove_reader(bell)
            bell.close()

    async def _release(self) -> None:
        try:
            await asyncio.to_thread(self._release_all)
        except Exception as error:  # the database is away: leases end by themselves
            logger.error("leases were not ended", extra={"error": error})

    def _release_all(self) -> None:
        with self._records.begin() as tx:
            inbox.release(tx)

    async def _serve(self, rung: asyncio.Event) -> None:
        while True:
            try:
                found = await self.work_once()
            except Exception as error:  # the database is away: wait and look again
                logger.error("the inbox cannot be read", extra={"error": error})
                found = False
            if not found:
                rung.clear()
                try:
                    await asyncio.wait_for(rung.wait(), _LOOK_EVERY)
                except TimeoutError:
                    continue

    async def work_once(self) -> bool:
        """Works on one message; False when there is none to work on."""
        claim = await asyncio.to_thread(self._claim)
        if claim is None:
            return False
        try:
            await self._work(claim)
        except (httpx.HTTPError, RecordsAway, NotServed) as error:
            if isinstance(error, httpx.HTTPError):
                self._tally.add(claim.model, tally.FAILURE)
            logger.warning("a turn failed", extra={"inbox_id": claim.inbox_id, "error": error})
            await asyncio.to_thread(self._postpone, claim)
        wake.ring(self._data_dir, wake.WEB)
        wake.ring(self._data_dir, wake.WORKER)
        return True

    async def _work(self, claim: Claim) -> None:
        if not claim.body:
            # The patient deleted everything: with this message, a form, or while it was waiting.
            if claim.kind == inbox.FORM:
                await self.erase(claim.conversation)
            await asyncio.to_thread(self._finish, claim, [], inbox.DONE)
            return
        if claim.url is None:
            raise NotServed
        try:
            reply = await self._assistant.turn(
                claim.conversation, claim.client_id, claim.body, claim.url
            )
        except TurnRefused as refusal:
            logger.warning(
                "a message was refused", extra={"inbox_id": claim.inbox_id, "code": refusal.code}
            )
            await asyncio.to_thread(self._finish, claim, [], inbox.REFUSED)
            return
        self._tally.add(claim.model, tally.MISS if reply.get("missed") else tally.TURN)
        await asyncio.to_thread(self._finish, claim, reply["replies"], inbox.DONE)

    async def erase(self, conversation: str) -> None:
        """Has every Rasa that answers forget a conversation. Raises httpx.HTTPError."""
        await self._assistant.erase(conversation, await asyncio.to_thread(self._answering))

    def _answering(self) -> list[str]:
        with self._records.read() as tx:
            found = serving.replicas(tx)
        return [one.url for one in found if one.ready_at] or [one.url for one in found]

    def _claim(self) -> Claim | None:
        taken = self._tally.take()
        try:
            with self._records.begin() as tx:
                tally.write(tx, taken)
                return inbox.claim(tx, _LEASE)
        except BaseException:
            self._tally.put_back(taken)
            raise

    def _finish(self, claim: Claim, replies: list[dict[str, Any]], state: str) -> None:
        with self._records.begin() as tx:
            inbox.finish(tx, claim.inbox_id, replies, state)

    def _postpone(self, claim: Claim) -> None:
        pause = min(0.25 * 2 ** min(claim.attempts, 10), _LONGEST_PAUSE)
        with self._records.begin() as tx:
            inbox.postpone(tx, claim.inbox_id, tx.now + timedelta(seconds=pause))
