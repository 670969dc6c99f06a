"""Choosing the language of a reflection on its first page, without a script."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.gateway.api import TooLong, read_body
from afterword.gateway.context import GatewayContext
from afterword.gateway.form import parse_form
from afterword.gateway.pages import by_link, render
from afterword.quotas import SMALL_BODY
from afterword.records import reflections
from afterword.records.views import Invitation


async def choose(request: Request) -> Response:
    """POST sets the language, where the questions have it, and leads back to the page."""

    async def answer(context: GatewayContext, invitation: Invitation, token: str) -> Response:
        try:
            fields = parse_form(await read_body(request, SMALL_BODY))
        except (TooLong, ValueError):
            return render(context, "unread.html", context.catalogue(), None, 413)
        await to_thread.run_sync(
            _set, context, invitation, fields.get("language", ""), limiter=context.writing
        )
        return RedirectResponse(f"/f/{token}{'/embed' if 'embedded' in fields else ''}", 303)

    return await by_link(request, answer, sends=True)


def _set(context: GatewayContext, invitation: Invitation, language: str) -> None:
    with context.records.begin(by=invitation.actor) as tx:
        reflection = reflections.by_id(tx, invitation.reflection_id)
        if reflection is not None and language in context.instrument_of(reflection).languages:
            reflections.set_language(tx, reflection.id, language)
