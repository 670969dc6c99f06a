"""Serves the actions to Rasa: loopback, with a shared secret, and no text in errors or logs.

rasa-sdk's own server answers anyone, and returns the whole conversation when an action fails.
"""

import asyncio
import hmac
import logging
import os
from typing import Any

import anyio
from rasa_sdk.executor import ActionExecutor
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.desk import Desk, set_up
from afterword.datafiles import load_instruments, load_lexicon
from afterword.locales import load
from afterword.loopback import is_loopback
from afterword.phrasing import Phrasing
from afterword.records.store import Records
from afterword.records.vault import load_vault
from afterword.settings import Settings, load_settings

KEY_HEADER = "X-Afterword-Key"
KEY_VARIABLE = "AFTERWORD_ACTIONS_KEY"
SHORTEST_KEY = 32

logger = logging.getLogger(__name__)


class KeyTooShort(Exception):
    """The secret between Rasa and the action server is missing or can be guessed."""


def make_desk(settings: Settings) -> Desk:
    """Opens what the actions work with. Raises VaultError and DataFileError."""
    instruments = load_instruments(settings.instrument_file)
    languages = {language for one in instruments.values() for language in one.languages}
    return Desk(
        records=Records(settings.database, load_vault(settings.key_place)),
        phrasing=Phrasing({language: load(language) for language in languages}, instruments),
        lexicons={language: load_lexicon(language) for language in languages},
    )


def make_app(desk: Desk, key: str) -> Starlette:
    """The action server; every call must carry `key` and come from this machine.

    Raises KeyTooShort.
    """
    if len(key) < SHORTEST_KEY:
        raise KeyTooShort(
            f"{KEY_VARIABLE} must hold at least {SHORTEST_KEY} characters. `afterword up` sets it."
        )
    set_up(desk)
    executor = ActionExecutor()
    executor.register_package("actions")

    async def webhook(request: Request) -> Response:
        # Bound to another address by mistake, it still answers nobody there.
        if request.client is None or not is_loopback(request.client.host):
            return JSONResponse({"error": "not allowed"}, status_code=403)
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), key.encode()):
            return JSONResponse({"error": "not allowed"}, status_code=401)
        return await _run(executor, await request.json())

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[Route("/webhook", webhook, methods=["POST"]), Route("/health", health)]
    )


def _named(executor: ActionExecutor, call: dict[str, Any]) -> str:
    """The action's name, if it is one of ours."""
    name = call.get("next_action")
    return str(name) if name in executor.actions else "unknown"


async def _run(executor: ActionExecutor, call: dict[str, Any]) -> Response:
    def work() -> Any:
        # Actions wait for the database; in threads they do not hold each other up.
        return asyncio.run(executor.run(call))

    try:
        result = await anyio.to_thread.run_sync(work)
    except Exception as error:  # the boundary: whatever fails is one failed turn for Rasa
        logger.error("an action failed", extra={"action": _named(executor, call), "error": error})
        return JSONResponse({"error": "action failed"}, status_code=500)
    return JSONResponse(result.model_dump() if result else {})


def create() -> Starlette:
    """The application for uvicorn."""
    return make_app(make_desk(load_settings()), os.environ.get(KEY_VARIABLE, ""))
