"""The personal code: comparing it, and what it unlocks for a short while."""

from datetime import datetime
from math import ceil

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword import hashing
from afterword.gateway.api import TooLong, read_body
from afterword.gateway.context import GatewayContext
from afterword.gateway.form import parse_form
from afterword.gateway.links import UNLOCK_COOKIE
from afterword.gateway.pages import ask_for_code, by_link, render, show
from afterword.locales import Catalogue
from afterword.quotas import SMALL_BODY
from afterword.records import codes
from afterword.records.codes import NoCode, Paused
from afterword.records.views import Invitation

_LEADS_TO = {"": "", "mine": "/mine", "form": "/form"}


class Wrong(Exception):
    """The code does not fit."""


async def enter(request: Request) -> Response:
    """POST takes the code and leads on to where it was asked for."""

    async def answer(context: GatewayContext, invitation: Invitation, token: str) -> Response:
        return await _enter(request, context, invitation, token)

    return await by_link(request, answer, sends=True, locked=True)


async def _enter(
    request: Request, context: GatewayContext, invitation: Invitation, token: str
) -> Response:
    try:
        fields = parse_form(await read_body(request, SMALL_BODY))
    except (TooLong, ValueError):
        return render(context, "unread.html", context.catalogue(), None, 413)
    embedded = fields.get("to") == "embed"
    try:
        key = await unlock(context, invitation, fields.get("code", ""))
    except (Wrong, Paused, NoCode) as error:
        wrong = why(error, context.catalogue_for(invitation), context.records.clock())
        return ask_for_code(context, invitation, token, embedded=embedded, status=422, wrong=wrong)
    if embedded:
        # In another site's page there are no cookies: the page itself carries the key.
        return await show(context, invitation, token, key, embedded=True)
    leads_to = _LEADS_TO.get(fields.get("to", ""), "")
    response = RedirectResponse(f"/f/{token}{leads_to}", 303)
    keep(request, response, token, key)
    return response


async def unlock(context: GatewayContext, invitation: Invitation, code: str) -> str:
    """The key that the code is good for. Raises Wrong, Paused and NoCode."""
    reflection_id = invitation.reflection_id

    def begin() -> str:
        with context.records.begin(by=invitation.actor, purpose="code") as tx:
            return codes.begin_try(tx, reflection_id)

    def passed() -> str:
        with context.records.begin(by=invitation.actor, purpose="code") as tx:
            return codes.passed(tx, reflection_id)

    stored = await to_thread.run_sync(begin, limiter=context.writing)
    typed = "".join(sign for sign in code if sign.isdigit())
    if not await to_thread.run_sync(hashing.matches, typed, stored, limiter=context.hashing):
        raise Wrong
    return await to_thread.run_sync(passed, limiter=context.writing)


def keep(request: Request, response: Response, token: str, key: str) -> None:
    """Gives the key to the browser, for this link only and for a short while."""
    response.set_cookie(
        UNLOCK_COOKIE,
        key,
        max_age=int(codes.UNLOCKED_FOR.total_seconds()),
        path=f"/f/{token}",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def why(error: Exception, catalogue: Catalogue, now: datetime) -> str:
    """What to say about a code that did not open."""
    say = catalogue.section("page")
    if isinstance(error, Paused):
        minutes = max(1, ceil((error.until - now).total_seconds() / 60))
        return say("mine_code_paused", minutes=minutes)
    if isinstance(error, NoCode):
        return say("mine_code_none")
    minutes = int(codes.PAUSE.total_seconds() // 60)
    return say("mine_code_wrong", tries=codes.TRIES, minutes=minutes)
