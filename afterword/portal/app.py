"""The routes of the clinician's pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from afterword import http, locales
from afterword.portal import access, alerts, appointment, passwords, sign_in, today, wording
from afterword.portal.attempts import Attempts
from afterword.portal.digests import DigestMaker
from afterword.portal.visits import (
    SIGN_IN,
    Endpoint,
    PageError,
    Portal,
    Queue,
    Visit,
    open_page,
    signed_in,
)
from afterword.records.store import Records
from afterword.reflection.instrument import Instrument
from afterword.screening.screener import Screener
from afterword.settings import Settings

LANGUAGE = "en"
_HERE = Path(__file__).parent
_HEADERS = {**http.HEADERS, "Content-Security-Policy": http.content_policy(scripts=False)}


class Context(Protocol):
    """What the portal is given by the process that serves it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def records(self) -> Records: ...
    @property
    def instruments(self) -> Mapping[tuple[str, int], Instrument]: ...
    @property
    def screener(self) -> Screener: ...


def routes(context: Context) -> list[BaseRoute]:
    """Every path under /portal; what is not known there is a 404 page of the portal."""
    portal = make_portal(context)
    signing_in = sign_in.SignIn(Attempts())
    hashing = Queue(sign_in.HASHES_AT_ONCE)
    passwords.prepare()
    page = "/portal/appointments/{appointment_id}"
    alert = access.SAFETY + "/{alert_id}"
    static = http.SecureHeaders(
        StaticFiles(directory=_HERE / "static"), {**_HEADERS, "Cache-Control": "no-cache"}
    )
    return [
        Mount("/portal/static", static),
        _route(SIGN_IN, "GET", open_page(portal, signing_in.show)),
        _route(SIGN_IN, "POST", open_page(portal, signing_in.submit, hashing)),
        _route("/portal/sign-out", "POST", signed_in(portal, sign_in.sign_out)),
        _route(access.HOME, "GET", signed_in(portal, today.show)),
        _route(page, "GET", signed_in(portal, appointment.show)),
        _route(f"{page}/read", "POST", signed_in(portal, appointment.read)),
        _route(access.SAFETY, "GET", signed_in(portal, alerts.show)),
        _route(f"{access.SAFETY}/month", "GET", signed_in(portal, alerts.month)),
        _route(alert, "GET", signed_in(portal, alerts.one)),
        _route(f"{alert}/acknowledge", "POST", signed_in(portal, alerts.acknowledge)),
        _route(f"{alert}/close", "POST", signed_in(portal, alerts.close)),
        _route("/portal/{rest:path}", None, signed_in(portal, _unknown)),
    ]


def make_portal(context: Context) -> Portal:
    """Templates, texts and keys, made once."""
    texts = locales.load(LANGUAGE)
    pages = http.template_environment(_HERE / "templates")
    pages.globals.update(initials=wording.initials, isolated=wording.isolated)
    return Portal(
        settings=context.settings,
        records=context.records,
        pages=pages,
        say=texts.section("portal"),
        maker=DigestMaker(context.instruments, texts, context.screener),
        cookie=access.Cookie(context.settings),
        form_key=context.records.vault.derive("portal forms"),
    )


def _route(path: str, method: str | None, endpoint: Endpoint) -> Route:
    return Route(
        path,
        endpoint,
        methods=None if method is None else [method],
        middleware=[Middleware(http.SecureHeaders, headers=_HEADERS)],
    )


def _unknown(_visit: Visit) -> Response:
    raise PageError(404)
