"""The only way into Rasa: signed calls of the gateway's worker.

POST /webhooks/afterword/turn    one message, its replies        (see bot/turn.py); a text only with
                                 what the gateway's safety screen found in it
POST /webhooks/afterword/erase   delete one conversation for good
GET  /webhooks/afterword/ready   whether a model is loaded

Nothing here logs or returns what a patient wrote, not even in an error.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic import response as respond
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.action_endpoint import ActionEndpoint
from bot.incoming import (
    MAX_BODY_BYTES,
    BadShape,
    NotScreened,
    TooLong,
    read_conversation,
    read_message,
)
from bot.install import install
from bot.lock_store import ConversationLockStore
from bot.processor import StrictProcessor, TurnFailed
from bot.safety_policy import is_trained_in
from bot.signing import KeyMissing, is_signed, read_key
from bot.tracker_store import StrictTrackerStore
from bot.turn import CHANNEL, ChoiceNotOffered, erase, take_turn

logger = logging.getLogger(__name__)


class GatewayChannel(InputChannel):
    """Input channel for the gateway.

    credentials.yml:
        bot.channel.GatewayChannel:
          menu: [start, help, ...]     # intents that may be chosen at any time
    """

    def __init__(self, key: bytes, menu: tuple[str, ...]) -> None:
        """Keeps the key and the menu."""
        self._key = key
        self._menu = menu
        self._running: set[asyncio.Task[HTTPResponse]] = set()

    @classmethod
    def name(cls) -> str:
        """Also the path: /webhooks/afterword."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayChannel:
        """Called by Rasa at the start.

        Raises:
            RasaException: the key is missing or short, or the menu is not a list of intents.
        """
        menu = (credentials or {}).get("menu", [])
        if not isinstance(menu, list) or not all(isinstance(intent, str) for intent in menu):
            raise RasaException("credentials.yml: menu must be a list of intents")
        try:
            key = read_key(os.environ)
        except KeyMissing as error:
            raise RasaException(str(error)) from None
        if os.environ.get("SANIC_WORKERS", "1") != "1":
            # A forked worker that refuses to serve would leave the parent running without it.
            raise RasaException("SANIC_WORKERS must be 1; start several Rasa processes instead")
        # The launcher has done this already; a plain `rasa run` has not.
        install()
        return cls(key, tuple(menu))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. Rasa's own handler is left aside: it cannot tell a failure from silence."""
        blueprint = Blueprint(CHANNEL)

        # Plain functions: Sanic 21.12 writes an attribute on each handler, which methods refuse.
        @blueprint.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            return await self._finish(self._guarded(request, self._answer))

        @blueprint.post("/erase")
        async def forget(request: Request) -> HTTPResponse:
            return await self._finish(self._guarded(request, self._forget))

        @blueprint.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            agent = ready_agent(request.app)
            if agent is None:
                return respond.json({"ready": False}, 503)
            return respond.json({"ready": True, "model": agent.model_id})

        blueprint.listener("after_server_start")(_check_start)
        blueprint.listener("before_server_stop")(_hang_up)
        return blueprint

    async def _finish(self, work: Coroutine[Any, Any, HTTPResponse]) -> HTTPResponse:
        # Sanic cancels a handler when its caller hangs up. A turn that has begun goes on: an action
        # may have written already, and the caller will ask again for what came of it.
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _guarded(
        self, request: Request, answer: Callable[[Agent, bytes], Awaitable[HTTPResponse]]
    ) -> HTTPResponse:
        body = request.body
        if not self._is_signed(request, body):
            return _error("not_signed", 401)
        agent = ready_agent(request.app)
        if agent is None:
            return _error("not_ready", 503)
        try:
            return await answer(agent, body)
        except NotScreened:
            return _error("not_screened", 422)
        except BadShape as error:
            return _error("shape", 400, field=str(error))
        except TooLong:
            return _error("too_long", 413)
        except ChoiceNotOffered:
            return _error("choice_not_offered", 422)
        except Exception as error:
            logger.error(
                "a turn failed",
                extra={"reason": _reason(error), "error": error, "conversation": _whose(body)},
            )
            return _error("turn_failed", 503)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        timestamp = request.headers.get("x-afterword-timestamp", "")
        signature = request.headers.get("x-afterword-signature", "")
        return is_signed(self._key, timestamp, signature, body, time.time())

    async def _answer(self, agent: Agent, body: bytes) -> HTTPResponse:
        incoming = read_message(body)
        answered = await take_turn(agent, incoming, self._menu)
        return respond.json(
            {
                "message": incoming.message,
                "replies": answered.replies,
                "erased": answered.erased,
                "missed": answered.missed,
            }
        )

    async def _forget(self, agent: Agent, body: bytes) -> HTTPResponse:
        await erase(agent, read_conversation(body))
        return respond.json({"erased": True})


def ready_agent(app: Sanic) -> Agent | None:
    """The agent, when it can answer: a model is loaded, by our own processor."""
    agent: Agent | None = getattr(app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


async def _check_start(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    """Refuse to serve on parts that lose answers; Rasa itself takes them with a warning."""
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    agent: Agent | None = getattr(app.ctx, "agent", None)
    if agent is None:
        raise RasaException("Rasa has no agent.")
    if not isinstance(agent.tracker_store, StrictTrackerStore):
        raise RasaException(
            "endpoints.yml: tracker_store must be bot.tracker_store.StrictTrackerStore; Rasa took "
            f"{type(agent.tracker_store).__name__}"
        )
    if not isinstance(agent.lock_store, ConversationLockStore):
        raise RasaException(
            "endpoints.yml: lock_store must be bot.lock_store.ConversationLockStore"
        )
    if not agent.is_ready():
        raise RasaException("The model could not be loaded. Run: afterword train")
    if not isinstance(agent.processor, StrictProcessor):
        raise RasaException("Rasa runs with its own processor; bot.install was not called in time")
    if not is_trained_in(agent.processor.model_metadata):
        raise RasaException(
            "The model was trained without bot.safety_policy.SafetyPolicy, so the dialogue would "
            "go on after a safe message. Put it first under `policies` in config.yml and train."
        )
    # The model and all of Rasa stay until the end; the collector need not look at them again.
    gc.collect()
    gc.freeze()


async def _hang_up(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    agent = ready_agent(app)
    endpoint = agent.processor.action_endpoint if agent else None
    if isinstance(endpoint, ActionEndpoint):
        await endpoint.close()


def _error(name: str, status: int, **more: str) -> HTTPResponse:
    return respond.json({"error": name, **more}, status)


def _reason(error: BaseException) -> str:
    """Words that are ours: a TurnFailed names the action; another error's may quote anything."""
    return str(error) if isinstance(error, TurnFailed) else type(error).__name__


def _whose(body: bytes) -> str:
    """Tells lines about one conversation together, without telling which it is."""
    try:
        conversation = read_message(body).conversation
    except (BadShape, TooLong):
        conversation = ""
    return hashlib.blake2b(conversation.encode(), digest_size=6).hexdigest()
