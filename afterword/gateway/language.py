"""Choosing the language of a reflection on its first page, without a script."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.gateway.api import TooLong, read_body
from afterword.gateway.context import GatewayContext, context_of
from afterword.gateway.form import parse_form
from afterword.gateway.links import Locked, NoSuchLink, TooMany, follow, in_path
from afterword.gateway.pages import ask_for_code, broken, render, slow_down
from afterword.quotas import SMALL_BODY
from afterword.records import reflections
from afterword.records.views import Invitation


async def choose(request: Request) -> Response:
    """POST sets the language, where the questions have it, and leads back to the page."""
    context = context_of(request)
    token = in_path(request)
    try:
        invitation = await follow(request, token, sends=True)
    except NoSuchLink:
        return broken(context)
    except TooMany as many:
        return slow_down(context, many)
    except Locked as locked:
        return ask_for_code(context, locked.invitation, token)
    try:
        fields = parse_form(await read_body(request, SMALL_BODY))
    except (TooLong, ValueError):
        return render(context, "unread.html", context.catalogue(), None, 413)
    await to_thread.run_sync(
        _set, context, invitation, fields.get("language", ""), limiter=context.writing
    )
    return RedirectResponse(f"/f/{token}{'/embed' if 'embedded' in fields else ''}", 303)


def _set(context: GatewayContext, invitation: Invitation, language: str) -> None:
    with context.records.begin(by=invitation.actor) as tx:
        reflection = reflections.by_id(tx, invitation.reflection_id)
        if reflection is not None and language in context.instrument_of(reflection).languages:
            reflections.set_language(tx, reflection.id, language)
