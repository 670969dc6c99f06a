"""From a request to a page: the session, the form, the checks, and calm pages for errors."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from anyio import CapacityLimiter, to_thread
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from afterword.portal import access
from afterword.portal.digests import DigestMaker
from afterword.portal.wording import Calendar, Say
from afterword.records import alert_desk, contacts, staff, views
from afterword.records.store import Records, RecordsAway, Tx
from afterword.settings import Settings

SIGN_IN = "/portal/sign-in"
_FORM_BYTES, _FORM_FIELDS = 16_384, 20
_MOST_WAITING = 20
_CLINICIAN = "clinician"
_FORM_TYPE = "application/x-www-form-urlencoded"
_log = logging.getLogger("afterword.portal")

Form = dict[str, str]


class PageError(Exception):
    """Ends a visit with an error page: 403, 404 or 503."""

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
    maker: DigestMaker
    cookie: access.Cookie
    form_key: bytes

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page; what the frame around it needs has a value even where nobody is signed in."""
        frame: dict[str, Any] = {
            "say": self.say,
            "demo": self.settings.demo,
            "account": None,
            "form_token": "",
            "printed": None,
            "waiting": None,
            "home": access.HOME,
            "here": "",
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
    waiting: int | None = None
    """Alerts that wait for this contact; None for who is no contact."""

    @property
    def treats(self) -> bool:
        """Whether this account is one of those who have patients."""
        return self.account.role == _CLINICIAN

    @property
    def home(self) -> str:
        """The first page: for contacts without patients the alerts."""
        return access.HOME if self.treats or self.waiting is None else access.SAFETY

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        frame = {
            "account": self.account,
            "form_token": access.form_token(self.portal.form_key, self.token),
            "printed": self.calendar.moment(self.calendar.now),
            "waiting": self.waiting,
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
            return handler(portal, request, form)

        return await _answer(portal, request, answer, queue)

    return endpoint


def signed_in(portal: Portal, handler: Handler) -> Endpoint:
    """An endpoint for staff; others are sent to sign-in. A POST needs the session's token."""

    async def endpoint(request: Request) -> Response:
        def answer(form: Form) -> Response:
            token = portal.cookie.read(request)
            with portal.records.begin() as tx:
                account = staff.account(tx, token) if token else None
                waiting = _waiting(tx, account)
                now = tx.now
            if account is None:
                return _to_sign_in(portal, request, had_session=bool(token))
            calendar = Calendar.of(portal.say, account.clinic, now)
            visit = Visit(portal, request, form, token, account, calendar, waiting)
            return _keep_off_screen(_within(visit, handler))

        return await _answer(portal, request, answer)

    return endpoint


def _waiting(tx: Tx, account: views.Account | None) -> int | None:
    if account is None or not contacts.of_staff(tx, account.id):
        return None
    return alert_desk.waiting_count(tx, account.id)


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
    try:
        return handler(visit)
    except PageError as error:
        return visit.page("error.html", error.status, code=error.status)


def _keep_off_screen(response: Response) -> Response:
    """Lets an unattended page reload once its session has ended, which leads to sign-in."""
    if response.status_code == 200:
        response.headers["Refresh"] = str(int(staff.IDLE_LIMIT.total_seconds()) + 5)
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
        if len(body) > _FORM_BYTES:
            raise PageError(403)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS))
    except ValueError:
        raise PageError(403) from None


def _note(error: Exception) -> None:
    # Kind and place only: the message of an error may hold a patient's words.
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "unknown place"
    _log.error("A page failed: %s in %s", type(error).__name__, place)
