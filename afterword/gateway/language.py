"""Choosing the language of a reflection on its first page, without a script."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.gateway.api import TooLong, read_body
from afterword.gateway.context import GatewayContext, context_of
from afterword.gateway.form import parse_form
from afterword.gateway.links import NoSuchLink, TooMany, follow, in_path
from afterword.gateway.pages import broken, slow_down
from afterword.records import reflections
from afterword.records.views import Invitation

_BODY_LIMIT = 1024


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
    try:
        fields = parse_form(await read_body(request, _BODY_LIMIT))
    except (TooLong, ValueError):
        fields = {}
    await to_thread.run_sync(
        _set, context, invitation, fields.get("language", ""), limiter=context.writing
    )
    return RedirectResponse(f"/f/{token}{'/embed' if 'embedded' in fields else ''}", 303)


def _set(context: GatewayContext, invitation: Invitation, language: str) -> None:
    with context.records.begin() as tx:
        reflection = reflections.by_id(tx, invitation.reflection_id)
        if reflection is not None and language in context.languages_of(reflection):
            reflections.set_language(tx, reflection.id, language)
