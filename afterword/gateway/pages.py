"""The patient's page, its files, and the page for a link that does not work."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from afterword.gateway.context import GatewayContext, context_of
from afterword.gateway.conversation import MENU
from afterword.gateway.headers import embed_policy
from afterword.gateway.links import Locked, NoSuchLink, TooMany, follow, in_path, key_given
from afterword.gateway.safe_lines import Body, Speaker
from afterword.http import template_environment
from afterword.locales import Catalogue
from afterword.records import codes, reflections
from afterword.records.views import Clinic, Invitation
from afterword.reflection.tongues import Tongue
from afterword.safety.helplines import choose
from afterword.safety.replies import ANY_TROUBLE
from afterword.screening.screener import RULES

_HERE = Path(__file__).parent
_TEMPLATES = template_environment(_HERE / "templates")
_SCRIPT_TEXTS = (
    *("you", "assistant", "change", "remove", "write", "write_or", "not_used"),
    *("waiting", "offline", "gone", "locked"),
)
_NOT_WHEN_OVER = {"skip", "back", "ask_why", "pause"}
STATIC = {
    "patient.js": "text/javascript",
    "leave.js": "text/javascript",
    "patient.css": "text/css",
    "form.css": "text/css",
    "demo.css": "text/css",
}


ByLink = Callable[[GatewayContext, Invitation, str], Awaitable[Response]]
"""Answers whoever holds a link that works; the last is its token."""


def _contents(name: str) -> bytes:
    """A file as it is sent: indentation and comments are for those who read the source."""
    text = (_HERE / "static" / name).read_text(encoding="utf-8")
    return re.sub(r"\n\s+", "\n", re.sub(r"(?m)^\s*//.*\n", "", text)).encode()


CONTENTS = {name: _contents(name) for name in (*STATIC, "embed.js")}
# One request less: the chat brings along what every page has.
CONTENTS["patient.js"] = CONTENTS["leave.js"] + CONTENTS["patient.js"]


async def page(request: Request) -> Response:
    """`/f/{token}`: landing or chat. Looking at it changes nothing: link scanners look too."""
    return await _page(request, embedded=False)


async def embedded_page(request: Request) -> Response:
    """`/f/{token}/embed`: the same page inside the clinic's own one."""
    return await _page(request, embedded=True)


async def _page(request: Request, *, embedded: bool) -> Response:
    async def answer(context: GatewayContext, invitation: Invitation, token: str) -> Response:
        return await show(context, invitation, token, key_given(request), embedded=embedded)

    return await by_link(request, answer, embedded=embedded)


async def by_link(
    request: Request,
    answer: ByLink,
    *,
    sends: bool = False,
    locked: bool = False,
    embedded: bool = False,
) -> Response:
    """What `answer` makes of the link in the path, or the page that says that it does not work.

    `sends` and `locked` are those of `links.follow`.
    """
    context = context_of(request)
    token = in_path(request)
    try:
        invitation = await follow(request, token, sends=sends, locked=locked)
    except NoSuchLink:
        return broken(context)
    except TooMany as many:
        return slow_down(context, many)
    except Locked as asks:
        return ask_for_code(context, asks.invitation, token, embedded=embedded)
    return await answer(context, invitation, token)


async def show(
    context: GatewayContext, invitation: Invitation, token: str, key: str, *, embedded: bool
) -> Response:
    """Landing or chat. `key` says that the code was given: the page's script sends it along."""
    begun, tongues = await to_thread.run_sync(_standing, context, invitation)
    catalogue = context.catalogue_for(invitation)
    response = render(
        context,
        "page.html",
        catalogue,
        invitation.clinic,
        token=token,
        begun=begun,
        embedded=embedded,
        tongues=[one for one in tongues if one[0] != catalogue.language],
        menu=[(f"menu.{key}", f"menu_{key}", key in _NOT_WHEN_OVER) for key in MENU],
        texts=script_texts(catalogue),
        screened=RULES in context.guard.screener.layers,
        key=key if invitation.asks else "",
    )
    if embedded:
        _let_in_frames(context, invitation, response)
    return response


def ask_for_code(
    context: GatewayContext,
    invitation: Invitation,
    token: str,
    *,
    embedded: bool = False,
    status: int = 401,
    wrong: str = "",
    lines: Sequence[Body] = (),
) -> Response:
    """The page that shows nothing of the patient's, nor the clinic's name, before the code.

    Help is reachable on it as on any other; `lines` of safety answer what was written.
    """
    response = render(
        context,
        "code.html",
        context.catalogue_for(invitation),
        replace(invitation.clinic, name="", urgent_text=""),
        status,
        action=f"/f/{token}/code",
        to="embed" if embedded else "",
        digits=codes.DIGITS,
        wrong=wrong,
        lines=lines,
    )
    if embedded:
        _let_in_frames(context, invitation, response)
    return response


def _let_in_frames(context: GatewayContext, invitation: Invitation, response: Response) -> None:
    policy = embed_policy(invitation.clinic.embed_origins, demo=context.settings.demo)
    response.headers["Content-Security-Policy"] = policy


def _standing(
    context: GatewayContext, invitation: Invitation
) -> tuple[bool, list[tuple[str, str]]]:
    """Whether the reflection was begun, and the languages that it can be held in, with names."""
    with context.records.read(by=invitation.actor) as tx:
        reflection = reflections.by_id(tx, invitation.reflection_id)
    if reflection is None:
        return False, []
    names = [
        (one, Tongue.of(context.catalogue(one).section("bot")).name)
        for one in context.instrument_of(reflection).languages
    ]
    return reflection.revision > 0, names


def render(
    context: GatewayContext,
    name: str,
    catalogue: Catalogue,
    clinic: Clinic | None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """One of the patient's pages; every page has the clinic's help on it."""
    template = _TEMPLATES.get_template(f"patient/{name}")
    html = template.render(
        help_lines=_help_lines(context, catalogue, clinic),
        say=catalogue.section("page"),
        language=catalogue.language,
        clinic=clinic,
        demo=context.settings.demo,
        **values,
    )
    return HTMLResponse(html, status)


def _help_lines(
    context: GatewayContext, catalogue: Catalogue, clinic: Clinic | None
) -> list[dict[str, str]]:
    guard = context.guard
    country = choose(
        guard.help,
        named_place_text=None,
        clinic_country=(clinic.country if clinic else "") or guard.country,
        phone_prefix=clinic.phone if clinic else None,
    )
    texts = guard.catalogues.get(catalogue.language, guard.catalogues["en"])
    return Speaker(texts, country).contacts(ANY_TROUBLE, emergency=True)


def broken(context: GatewayContext, lines: Sequence[Body] = ()) -> HTMLResponse:
    """The one page for every link that does not work, whatever the reason."""
    return render(context, "broken.html", context.catalogue(), None, 404, lines=lines)


def slow_down(context: GatewayContext, many: TooMany, lines: Sequence[Body] = ()) -> HTMLResponse:
    response = render(context, "slow.html", context.catalogue(), None, 429, lines=lines)
    response.headers["Retry-After"] = str(many.seconds)
    return response


async def file(request: Request) -> Response:
    """A script or a style sheet, by the last part of its path."""
    name = request.url.path.rpartition("/")[2]
    return Response(CONTENTS[name], media_type=STATIC[name])


def script_texts(catalogue: Catalogue) -> str:
    """The texts that the script shows, as JSON that cannot end its script element."""
    texts = {key: catalogue.texts[f"page.{key}"] for key in _SCRIPT_TEXTS}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
