"""The routes of the clinician's pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from afterword import http, locales
from afterword.access.routes import Caller
from afterword.phrasing import Phrasing
from afterword.portal import (
    access,
    alerts,
    appointment,
    clinic,
    entry,
    guide,
    models,
    patients,
    privacy,
    promoting,
    questions,
    review_inbox,
    rewording,
    supervision,
    teaching,
    today,
    wording,
)
from afterword.portal.clinic import CLINIC
from afterword.portal.patients import PATIENTS
from afterword.portal.privacy import EMERGENCY, PRIVACY
from afterword.portal.supervision import SUPERVISION
from afterword.portal.visits import (
    Endpoint,
    PageError,
    Portal,
    Visit,
    signed_in,
)
from afterword.records.store import Records
from afterword.screening.screener import Screener
from afterword.settings import Settings

LANGUAGE = "en"
_STATIC = "/portal/static"
_HERE = Path(__file__).parent
# All but what patients and Rasa come in by.
_WAYS = frozenset(Caller) - {Caller.LINK, Caller.RASA}
_HEADERS = {**http.HEADERS, "Content-Security-Policy": http.content_policy(scripts=False)}
_WITH_SCRIPT = {**http.HEADERS, "Content-Security-Policy": http.content_policy(scripts=True)}


class Context(Protocol):
    """What the portal is given by the process that serves it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def records(self) -> Records: ...
    @property
    def phrasing(self) -> Phrasing: ...
    @property
    def screener(self) -> Screener: ...


def routes(context: Context) -> list[BaseRoute]:
    """Every path under /portal; what is not known there is a 404 page of the portal."""
    portal = make_portal(context)
    page = "/portal/appointments/{appointment_id}"
    alert = access.SAFETY + "/{alert_id}"
    patient = PATIENTS + "/{patient_id}"
    text = rewording.WORDING + "/{language}/{text}"
    static = http.SecureHeaders(
        http.ByTable(StaticFiles(directory=_HERE / "static"), _STATIC, ["*"], _WAYS),
        {**_HEADERS, "Cache-Control": "no-cache"},
    )
    return [
        Mount(_STATIC, static),
        *(_route(*row) for row in entry.plain_routes(portal)),
        *(_route(*row, headers=_WITH_SCRIPT) for row in entry.passkey_routes(portal)),
        _route(access.HOME, "GET", signed_in(portal, today.show)),
        _route(page, "GET", signed_in(portal, appointment.show)),
        _route(f"{page}/read", "POST", signed_in(portal, appointment.read)),
        _route(f"{page}/questions", "GET", signed_in(portal, questions.show)),
        _route(f"{page}/questions", "POST", signed_in(portal, questions.choose)),
        _route(PATIENTS, "GET", signed_in(portal, patients.show)),
        _route(PATIENTS, "POST", signed_in(portal, patients.add)),
        _route(patient, "GET", signed_in(portal, patients.one)),
        *(
            _route(f"{patient}/{name}", "POST", signed_in(portal, handler))
            for name, handler in patients.CHANGES.items()
        ),
        _route(guide.TEACH, "GET", signed_in(portal, teaching.show)),
        _route(teaching.LINES, "GET", signed_in(portal, teaching.lines)),
        *(
            _route(f"{guide.TEACH}/{name}", "POST", signed_in(portal, handler))
            for name, handler in teaching.CHANGES.items()
        ),
        _route(guide.TRAINING, "GET", signed_in(portal, teaching.progress)),
        _route(f"{guide.TRAINING}/cancel", "POST", signed_in(portal, teaching.cancel)),
        _route(f"{guide.TRAINING}/{{job_id}}/log", "GET", signed_in(portal, teaching.log)),
        _route(guide.MODELS, "GET", signed_in(portal, models.show)),
        _route(f"{guide.MODELS}/{{name}}", "GET", signed_in(portal, models.one)),
        _route(f"{guide.MODELS}/promote", "POST", signed_in(portal, promoting.promote)),
        _route(f"{guide.MODELS}/rollback", "POST", signed_in(portal, promoting.roll_back)),
        _route(rewording.WORDING, "GET", signed_in(portal, rewording.show)),
        _route(text, "GET", signed_in(portal, rewording.one), headers=_WITH_SCRIPT),
        *(
            _route(f"{text}/{name}", "POST", signed_in(portal, handler), headers=_WITH_SCRIPT)
            for name, handler in rewording.CHANGES.items()
        ),
        _route(CLINIC, "GET", signed_in(portal, clinic.show)),
        *(
            _route(f"{CLINIC}/{name}", "POST", signed_in(portal, handler))
            for name, handler in clinic.CHANGES.items()
        ),
        _route(f"{page}/handover", "GET", signed_in(portal, supervision.show)),
        _route(f"{page}/handover", "POST", signed_in(portal, supervision.hand_over)),
        _route(f"{page}/handover/end", "POST", signed_in(portal, supervision.take_back)),
        _route(SUPERVISION, "GET", signed_in(portal, supervision.mine)),
        _route(f"{SUPERVISION}/{{handover_id}}", "GET", signed_in(portal, supervision.one)),
        _route(EMERGENCY, "GET", signed_in(portal, privacy.ask)),
        _route(EMERGENCY, "POST", signed_in(portal, privacy.break_glass)),
        _route(f"{EMERGENCY}/{{patient_id}}", "GET", signed_in(portal, privacy.latest)),
        _route(PRIVACY, "GET", signed_in(portal, privacy.show)),
        _route(access.SAFETY, "GET", signed_in(portal, alerts.show)),
        _route(f"{access.SAFETY}/month", "GET", signed_in(portal, alerts.month)),
        _route(alert, "GET", signed_in(portal, alerts.one)),
        _route(f"{alert}/acknowledge", "POST", signed_in(portal, alerts.acknowledge)),
        _route(f"{alert}/close", "POST", signed_in(portal, alerts.close)),
        *(
            _route(guide.REVIEW, method, signed_in(portal, handler), headers=_WITH_SCRIPT)
            for method, handler in (("GET", review_inbox.show), ("POST", review_inbox.decide))
        ),
        _route("/portal/{rest:path}", "GET", signed_in(portal, _unknown)),
    ]


def make_portal(context: Context) -> Portal:
    """Templates, texts and keys, made once."""
    pages = http.template_environment(_HERE / "templates")
    pages.globals.update(initials=wording.initials, isolated=wording.isolated)
    return Portal(
        settings=context.settings,
        records=context.records,
        pages=pages,
        say=locales.load(LANGUAGE).section("portal"),
        phrasing=context.phrasing,
        screener=context.screener,
        cookie=access.Cookie(context.settings),
        form_key=context.records.vault.derive("portal forms"),
    )


def _route(
    path: str, method: str, endpoint: Endpoint, headers: Mapping[str, str] = _HEADERS
) -> Route:
    return Route(
        path,
        endpoint,
        methods=[method],
        middleware=[
            Middleware(http.SecureHeaders, headers=headers),
            Middleware(http.ByTable, path=path, methods=[method], ways=_WAYS),
        ],
    )


def _unknown(_visit: Visit) -> Response:
    raise PageError(404)
