"""What the patient's page calls: one way in for messages, one way out for the conversation."""

import json
import logging
import math
from collections.abc import Sequence
from typing import Any

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from afterword.gateway import conversation, intake
from afterword.gateway.assistant import AWAY, READY
from afterword.gateway.context import GatewayContext, context_of
from afterword.gateway.intake import PAGE
from afterword.gateway.late import keep_for_later
from afterword.gateway.links import Locked, NoSuchLink, TooMany, bearer, follow
from afterword.gateway.safe_lines import Body
from afterword.gateway.unheard import by_known_link, by_no_link, of_message
from afterword.locales import Catalogue
from afterword.quotas import MESSAGE_BODY
from afterword.records import deliveries
from afterword.records.store import RecordsAway
from afterword.records.views import Invitation

LONGEST_WAIT = 25.0
# While something is pending the page hears from us at least this often, in seconds.
_PENDING_WAIT = 2.0
# No database takes a larger number for a revision.
_LAST_CURSOR = 2**31 - 1


_log = logging.getLogger(__name__)


class TooLong(Exception):
    """The body has more bytes than a message may have; `head` is its beginning."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self.head = head


async def post_message(request: Request) -> JSONResponse:
    """Keeps a message and says so at once; what the assistant makes of it comes later."""
    context = context_of(request)
    catalogue = context.catalogue()
    token = bearer(request)
    body, whole = b"", True
    try:
        body = await read_body(request, MESSAGE_BODY)
    except TooLong as long:
        body, whole = long.head, False
    try:
        with anyio.fail_after(context.patience):
            invitation = await follow(request, token, sends=True)
            catalogue = context.catalogue_for(invitation)
            if not whole:
                return await _unkept(context, invitation, token, body)
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
                abandon_on_cancel=True,
            )
    except NoSuchLink:
        lines = await to_thread.run_sync(by_no_link, context, of_message(body))
        return no_such_link(catalogue, lines)
    except TooMany as many:
        if many.invitation is None:
            return too_many(catalogue, many)
        return await _unkept(context, many.invitation, token, body, many)
    except Locked as locked:
        return await _locked(context, locked, token, body)
    except intake.Refused as refused:
        return _refusal(422, refused.reason, catalogue, refused.lines)
    except Exception as error:
        # The database is away or hangs, or something is broken: words that may mean danger are
        # answered all the same, and kept until they can be stored.
        lines = await to_thread.run_sync(keep_for_later, context, token, of_message(body), PAGE)
        if not lines and isinstance(error, TimeoutError):
            raise RecordsAway("TimeoutError") from None
        if not lines:
            raise
        _log.error("a message could not be stored", extra={"error": error})
        said = {"error": "away", "message": catalogue("page.no_records"), "safety": lines}
        return JSONResponse(said, 503, {"Retry-After": "2"})
    context.ring()
    return JSONResponse({"id": client_id, "state": "accepted"}, 202)


async def _unkept(
    context: GatewayContext,
    invitation: Invitation,
    token: str,
    body: bytes,
    many: TooMany | None = None,
) -> JSONResponse:
    """The refusal of a message that is not kept, with the lines on what it says."""
    catalogue = context.catalogue_for(invitation)
    lines = await to_thread.run_sync(
        by_known_link, context, invitation, token, of_message(body), PAGE
    )
    if many is not None:
        return too_many(catalogue, many, lines)
    return _refusal(413, "long", catalogue, lines)


async def _locked(context: GatewayContext, locked: Locked, token: str, body: bytes) -> JSONResponse:
    """Nothing is kept without the code; words that may mean danger are answered all the same."""
    invitation = locked.invitation
    lines = await to_thread.run_sync(
        by_known_link, context, invitation, token, of_message(body), PAGE
    )
    return ask_for_code(context.catalogue_for(invitation), lines)


async def get_conversation(request: Request) -> JSONResponse:
    """The lines after a cursor; waits for news when there are none and the page asks for it."""
    context = context_of(request)
    try:
        invitation = await follow(request, bearer(request))
    except NoSuchLink:
        return no_such_link(context.catalogue())
    except TooMany as many:
        return too_many(context.catalogue(), many)
    except Locked as locked:
        return ask_for_code(context.catalogue_for(locked.invitation))
    after = int(min(_number(request.query_params.get("after")), _LAST_CURSOR))
    wait = min(_number(request.query_params.get("wait")), LONGEST_WAIT)

    words = context.words(invitation.clinic.id)

    def snapshot() -> conversation.Snapshot:
        with context.records.read(by=invitation.actor) as tx:
            news = deliveries.is_news(tx, invitation.reflection_id, after)
            seen = conversation.look(tx, invitation.reflection_id, after, words.catalogue)
        if news:
            with context.records.begin(by=invitation.actor) as tx:
                deliveries.seen(tx, invitation.reflection_id, after)
        return seen

    seen = await to_thread.run_sync(snapshot)
    if seen.revision == after and wait:
        if seen.waiting or context.assistant.state != READY:
            wait = min(wait, _PENDING_WAIT)
        await context.watcher.wait(invitation.reflection_id, after, wait)
        seen = await to_thread.run_sync(snapshot)
    state = context.assistant.state
    form = state == AWAY or seen.waiting >= context.settings.plain_form_after
    asleep = state != READY and seen.body["notice"] is None
    say = words.catalogue(seen.body["language"]).section("page")
    status = say(state) if asleep else ""
    return JSONResponse(seen.body | {"assistant": state, "status": status, "form": form})


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLong as soon as it is clear, before the rest has come."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLong(bytes(body[:limit]))
    return bytes(body)


def no_such_link(catalogue: Catalogue, lines: Sequence[Body] = ()) -> JSONResponse:
    said = {"error": "link", "message": catalogue("page.link_broken")}
    return JSONResponse(said | _safety(lines), 404)


def ask_for_code(catalogue: Catalogue, lines: Sequence[Body] = ()) -> JSONResponse:
    said = {"error": "locked", "message": catalogue("page.locked")}
    return JSONResponse(said | _safety(lines), 401)


def too_many(catalogue: Catalogue, many: TooMany, lines: Sequence[Body] = ()) -> JSONResponse:
    said = {"error": "busy", "message": catalogue("page.refused_busy")}
    wait = {"Retry-After": str(many.seconds)}
    return JSONResponse(said | _safety(lines), 429, headers=wait)


def _safety(lines: Sequence[Body]) -> dict[str, Any]:
    return {"safety": list(lines)} if lines else {}


def _refusal(
    status: int, reason: str, catalogue: Catalogue, lines: Sequence[Body] = ()
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
