"""What the patient's page calls: one way in for messages, one way out for the conversation."""

import json
import logging
import math
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from afterword.gateway import conversation, intake
from afterword.gateway.assistant import AWAY, READY
from afterword.gateway.context import context_of
from afterword.gateway.late import keep_for_later
from afterword.gateway.links import NoSuchLink, TooMany, bearer, follow
from afterword.gateway.safe_lines import Body
from afterword.locales import Catalogue

BODY_LIMIT = 64 * 1024
"""Bytes of one posted message."""
LONGEST_WAIT = 25.0
# While something is pending the page hears from us at least this often, in seconds.
_PENDING_WAIT = 2.0


_log = logging.getLogger(__name__)


class TooLong(Exception):
    """The body has more bytes than a message may have."""


async def post_message(request: Request) -> JSONResponse:
    """Keeps a message and says so at once; what the assistant makes of it comes later."""
    context = context_of(request)
    catalogue = context.catalogue()
    token = bearer(request)
    body = b""
    try:
        body = await read_body(request, BODY_LIMIT)
        invitation = await follow(request, token, sends=True)
        catalogue = context.catalogue(invitation.language)
        message = _parsed(body)
        client_id = intake.checked_id(message.get("id"))
        await to_thread.run_sync(
            lambda: intake.accept(
                context.guard,
                invitation,
                client_id,
                text=message.get("text"),
                choice=message.get("choice"),
                unreadable=message.get("unreadable"),
            ),
            limiter=context.writing,
        )
    except NoSuchLink:
        return no_such_link(catalogue)
    except TooMany as many:
        return too_many(catalogue, many)
    except TooLong:
        return _refusal(413, "long", catalogue)
    except intake.Refused as refused:
        return _refusal(422, refused.reason, catalogue, refused.lines)
    except Exception as error:
        # The database is away, or something is broken: words that may mean danger are answered
        # all the same, and kept until they can be stored.
        lines = await to_thread.run_sync(keep_for_later, context, token, body)
        if not lines:
            raise
        _log.error("a message could not be stored: %s", type(error).__name__)
        said = {"error": "away", "message": catalogue("page.no_records"), "safety": lines}
        return JSONResponse(said, 503, {"Retry-After": "2"})
    context.ring()
    return JSONResponse({"id": client_id, "state": "accepted"}, 202)


async def get_conversation(request: Request) -> JSONResponse:
    """The lines after a cursor; waits for news when there are none and the page asks for it."""
    context = context_of(request)
    try:
        invitation = await follow(request, bearer(request))
    except NoSuchLink:
        return no_such_link(context.catalogue())
    except TooMany as many:
        return too_many(context.catalogue(), many)
    after = int(_number(request.query_params.get("after")))
    wait = min(_number(request.query_params.get("wait")), LONGEST_WAIT)
    catalogue = context.catalogue(invitation.language)

    def snapshot() -> conversation.Snapshot:
        with context.records.read() as tx:
            return conversation.look(tx, invitation.reflection_id, after, catalogue)

    seen = await to_thread.run_sync(snapshot)
    if seen.revision == after and wait:
        if seen.waiting or context.assistant.state != READY:
            wait = min(wait, _PENDING_WAIT)
        await context.watcher.wait(invitation.reflection_id, after, wait)
        seen = await to_thread.run_sync(snapshot)
    state = context.assistant.state
    form = state == AWAY or seen.waiting >= context.settings.plain_form_after
    asleep = state != READY and seen.body["notice"] is None
    status = catalogue(f"page.{state}") if asleep else ""
    return JSONResponse(seen.body | {"assistant": state, "status": status, "form": form})


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLong as soon as it is clear, before the rest has come."""
    if _number(request.headers.get("content-length")) > limit:
        raise TooLong
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLong
    return bytes(body)


def no_such_link(catalogue: Catalogue) -> JSONResponse:
    return JSONResponse({"error": "link", "message": catalogue("page.link_broken")}, 404)


def too_many(catalogue: Catalogue, many: TooMany) -> JSONResponse:
    return JSONResponse(
        {"error": "busy", "message": catalogue("page.refused_busy")},
        429,
        headers={"Retry-After": str(many.seconds)},
    )


def _refusal(
    status: int, reason: str, catalogue: Catalogue, lines: tuple[Body, ...] = ()
) -> JSONResponse:
    message = catalogue(f"page.refused_{reason}", limit=f"{intake.TEXT_LIMIT:,}")
    return JSONResponse({"error": reason, "message": message, "safety": list(lines)}, status)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise intake.Refused("shape") from None
    if not isinstance(message, dict):
        raise intake.Refused("shape")
    return message


def _number(value: str | None) -> float:
    """A number that is not negative; 0 for anything else."""
    try:
        number = float(value or 0)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0
