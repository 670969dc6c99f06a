"""From a request to a page: the session, the form, the checks, and calm pages for errors."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from anyio import CapacityLimiter, to_thread
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.access.routes import Caller, Row, callers_of
from afterword.http import row_of
from afterword.locales import MEASURE
from afterword.phrasing import Phrasing
from afterword.portal import access, held
from afterword.portal.digests import DigestMaker
from afterword.portal.wording import Calendar, Say
from afterword.quotas import STAFF_BODY
from afterword.records import accounts, alert_desk, contacts, staff, views
from afterword.records.staff import Stage
from afterword.records.store import Records, RecordsAway
from afterword.screening.screener import Screener
from afterword.settings import Settings

SIGN_IN = "/portal/sign-in"
CONFIRM = "/portal/confirm"
_FORM_FIELDS = 20
_MOST_WAITING = 20
_CLINICIAN = "clinician"
_FORM_TYPE = "application/x-www-form-urlencoded"
_log = logging.getLogger("afterword.portal")

_HOMES = (
    (Caller.CONTACT, access.SAFETY),
    (Caller.SUPERVISOR, "/portal/supervision"),
    (Caller.PRIVACY, "/portal/privacy"),
    (Caller.ADMIN, "/portal/admin/patients"),
    (Caller.ANNOTATOR, "/portal/review"),
)
Form = dict[str, str]


class PageError(Exception):
    """Ends a visit with an error page: 403, 404, 413 or 503."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Portal:
    """What every page needs."""

    settings: Settings
    records: Records
    pages: Environment
    say: Say
    phrasing: Phrasing
    screener: Screener
    cookie: access.Cookie
    form_key: bytes

    def maker(self, clinic_id: str) -> DigestMaker:
        """Makes digests in the words of a clinic."""
        words = self.phrasing.of(clinic_id)
        return DigestMaker(words.instruments, words.catalogue(MEASURE), self.screener)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page; what the frame around it needs has a value even where nobody is signed in."""
        frame: dict[str, Any] = {
            "say": self.say,
            "demo": self.settings.demo,
            "account": None,
            "form_token": "",
            "printed": None,
            "waiting": None,
            "looks_after_privacy": False,
            "trains": False,
            "home": access.HOME,
            "here": "",
            "held": "",
        }
        return HTMLResponse(self.pages.get_template(template).render(frame | values), status)


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in."""

    portal: Portal
    request: Request
    form: Form
    token: str
    account: views.Account
    calendar: Calendar
    session: str
    """Its number, which stays when the token changes."""
    callers: frozenset[Caller] = frozenset()
    """What they come as: by their role, and by what they are a contact for."""
    waiting: int | None = None
    """Alerts that wait for this contact; None for who is no contact."""
    trains: bool = False
    """Whether this account looks after the assistant: an admin, where no other clinic shares it."""
    fresh: bool = False
    """Whether the second factor was given within the last minutes."""
    enrolled: bool = True
    """False for somebody invited who has no second factor yet: they see no page but those."""

    @property
    def actor(self) -> Actor:
        """Who acts in the records while this visit lasts."""
        return Actor.staff(self.account.id)

    @property
    def maker(self) -> DigestMaker:
        return self.portal.maker(self.account.clinic.id)

    @property
    def treats(self) -> bool:
        """Whether this account is one of those who have patients."""
        return self.account.role == _CLINICIAN

    @property
    def home(self) -> str:
        """The first page: for whoever has no patients what they are there for."""
        if self.treats:
            return access.HOME
        return next((page for who, page in _HOMES if who in self.callers), access.HOME)

    @property
    def saved(self) -> bool:
        """Whether a form has led here that was taken."""
        return self.request.query_params.get("notice") == "saved"

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        frame = {
            "account": self.account if self.enrolled else None,
            "form_token": access.form_token(self.portal.form_key, self.token),
            "printed": self.calendar.moment(self.calendar.now),
            "waiting": self.waiting,
            "looks_after_privacy": Caller.PRIVACY in self.callers,
            "trains": self.trains,
            "home": self.home,
        }
        return self.portal.page(template, status, **(frame | values))


class Queue:
    """Lets few do costly work at once, some wait, and sends the rest away with 503."""

    def __init__(self, at_once: int) -> None:
        self._limiter = CapacityLimiter(at_once)
        self._room = at_once + _MOST_WAITING

    async def run(self, answer: Callable[[Form], Response], form: Form) -> Response:
        if self._room <= 0:
            raise PageError(503)
        self._room -= 1
        try:
            return await to_thread.run_sync(answer, form, limiter=self._limiter)
        finally:
            self._room += 1


Endpoint = Callable[[Request], Any]
OpenHandler = Callable[[Portal, Request, Form], Response]
Handler = Callable[[Visit], Response]


def open_page(portal: Portal, handler: OpenHandler, queue: Queue | None = None) -> Endpoint:
    """An endpoint for anybody. A POST has to come from one of our own pages.

    `queue` bounds how many of them work and wait at the same time.
    """

    async def endpoint(request: Request) -> Response:
        def answer(form: Form) -> Response:
            if Caller.ANYONE not in row_of(request).callers:
                raise PageError(404)
            return handler(portal, request, form)

        return await _answer(portal, request, answer, queue)

    return endpoint


def signed_in(portal: Portal, handler: Handler, queue: Queue | None = None) -> Endpoint:
    """An endpoint for staff; others are sent to sign-in. A POST needs the session's token.

    Which of the staff, and whether the second factor has to be fresh, says the row of the table
    of routes. `queue` bounds costly work.
    """

    async def endpoint(request: Request) -> Response:
        def answer(form: Form) -> Response:
            token = portal.cookie.read(request)
            visit = _begun(portal, request, form, token) if token else None
            if visit is None:
                return _to_sign_in(portal, request, had_session=bool(token))
            return _keep_off_screen(_within(visit, handler))

        return await _answer(portal, request, answer, queue)

    return endpoint


def _begun(portal: Portal, request: Request, form: Form, token: str) -> Visit | None:
    """Whose visit it is; None where nobody is signed in as far as this page needs."""
    stage = Stage.ENROL if Caller.INVITED in row_of(request).callers else Stage.FULL
    # Before this it is not known who it is.
    with portal.records.begin() as tx:
        portal.phrasing.refresh(tx)
        account = staff.account(tx, token, stage)
        if account is None:
            return None
        kinds = [one.kind for one in contacts.of_staff(tx, account.id)]
        callers = frozenset({Caller.INVITED})
        waiting = None
        if stage is Stage.FULL:
            callers = callers_of(account.role, kinds)
            if Caller.CONTACT in callers:
                waiting = alert_desk.waiting_count(tx, account.id)
        standing = staff.standing(tx, token)
        return Visit(
            portal=portal,
            request=request,
            form=_gone_on(portal, request, form, token, standing.session),
            token=token,
            account=account,
            calendar=Calendar.of(portal.say, account.clinic, tx.now),
            callers=callers,
            waiting=waiting,
            trains=Caller.ADMIN in callers and accounts.is_only_clinic(tx),
            session=standing.session,
            fresh=standing.fresh,
            enrolled=stage is Stage.FULL,
        )


def _gone_on(portal: Portal, request: Request, form: Form, token: str, session: str) -> Form:
    """The form that was held here while the code was asked for; any other as it is."""
    kept = held.opened(portal.records.vault, session, form.get(held.FIELD, ""))
    if kept is None or kept.path != request.url.path:
        return form
    return kept.fields | {"form_token": access.form_token(portal.form_key, token)}


async def _answer(
    portal: Portal,
    request: Request,
    answer: Callable[[Form], Response],
    queue: Queue | None = None,
) -> Response:
    try:
        form: Form = {}
        if request.method == "POST":
            if not access.from_own_page(request, portal.settings.base_url):
                raise PageError(403)
            form = await _read_form(request)
        if queue is not None:
            return await queue.run(answer, form)
        return await to_thread.run_sync(answer, form)
    except PageError as error:
        return error_page(portal, error.status)
    except HTTPException as error:
        # The layers before the routes cut off a body that is too long.
        return error_page(portal, error.status_code)
    except RecordsAway as error:
        _note(error)
        return error_page(portal, 503)
    except Exception as error:
        _note(error)
        return error_page(portal, 500)


def _within(visit: Visit, handler: Handler) -> Response:
    given = visit.form.get("form_token", "")
    if visit.request.method == "POST" and not access.form_token_fits(
        visit.portal.form_key, visit.token, given
    ):
        return visit.page("error.html", 403, code=403)
    row = row_of(visit.request)
    try:
        _let_in(visit, row)
        if row.fresh and not visit.fresh:
            return _confirm_first(visit)
        return handler(visit)
    except PageError as error:
        return visit.page("error.html", error.status, code=error.status)
    except Denied:
        # The same page as for what does not exist.
        return visit.page("error.html", 404, code=404)


def _confirm_first(visit: Visit) -> Response:
    """Asks for the code, which counts for five minutes.

    A form is sent there by the browser itself, as 307 asks it to: so it stands in no address.
    """
    path = visit.request.url.path
    query = {"next": access.safe_next(access.page_of(path))}
    if visit.request.method != "POST":
        return RedirectResponse(f"{CONFIRM}?{urlencode(query)}", 303)
    return RedirectResponse(f"{CONFIRM}?{urlencode(query | {held.TARGET: path})}", 307)


def _let_in(visit: Visit, row: Row) -> None:
    """Raises Denied where the path is not for them, and leaves a row in the audit."""
    if not visit.callers.isdisjoint(row.callers):
        return
    for action in row.actions:
        with visit.portal.records.read(by=visit.actor, purpose="page"):
            raise Denied(action, "page", "")
    raise PageError(404)


def _keep_off_screen(response: Response) -> Response:
    """Lets an unattended page reload once its session has ended, which leads to sign-in."""
    if response.status_code == 200:
        # A page that shows what is under way looks again sooner.
        response.headers.setdefault("Refresh", str(int(staff.IDLE_LIMIT.total_seconds()) + 5))
    return response


def error_page(portal: Portal, status: int) -> Response:
    return portal.page("error.html", status, code=status)


def _to_sign_in(portal: Portal, request: Request, *, had_session: bool) -> Response:
    query = {"next": access.safe_next(access.page_of(request.url.path))}
    if had_session:
        query["notice"] = "again"
    response = RedirectResponse(f"{SIGN_IN}?{urlencode(query)}", 303)
    if had_session:
        portal.cookie.clear(response)
    return response


async def _read_form(request: Request) -> Form:
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM_TYPE:
        raise PageError(403)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > STAFF_BODY:
            raise PageError(413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS))
    except ValueError:
        raise PageError(403) from None


def _note(error: Exception) -> None:
    # Told by kind and place only: see `afterword/logs.py`.
    _log.error("a page failed", extra={"error": error})
