"""Signing in and out."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.http import client_address
from afterword.portal import access, passwords
from afterword.portal.attempts import MINUTES, Attempts
from afterword.portal.visits import SIGN_IN, Form, Portal, Visit
from afterword.records import people, staff

# A password check takes 64 MiB; more than two at once would let strangers fill the memory.
HASHES_AT_ONCE = 2
_LONGEST_EMAIL = 320
_NOTICES = {"again": "sign_in_again", "out": "signed_out"}


class SignIn:
    """The sign-in page and what it keeps count of."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def show(self, portal: Portal, request: Request, _form: Form) -> Response:
        token = portal.cookie.read(request)
        if token:
            with portal.records.begin() as tx:
                if staff.account(tx, token) is not None:
                    return RedirectResponse(access.HOME, 303)
        return _page(
            portal,
            next=access.safe_next(request.query_params.get("next", "")),
            notice=_NOTICES.get(request.query_params.get("notice", "")),
        )

    def submit(self, portal: Portal, request: Request, form: Form) -> Response:
        """The same answer, after the same work, for each reason why it did not succeed."""
        email, password = form.get("email", "")[:_LONGEST_EMAIL], form.get("password", "")
        shown = {"email": email, "next": access.safe_next(form.get("next", ""))}
        if not email.strip() or not password:
            return _page(portal, 422, error="sign_in_empty", **shown)
        with portal.records.read() as tx:
            account = people.email_hash(tx, email)
            found = staff.credentials(tx, email)
        if not self._attempts.may_try(account, client_address(request)):
            slow = _page(portal, 429, error="sign_in_slow", **shown)
            slow.headers["Retry-After"] = str(MINUTES * 60)
            return slow
        fits = passwords.matches(password, found.password_hash if found else None)
        if found is None or not fits:
            return _page(portal, 422, error="sign_in_wrong", **shown)
        self._attempts.succeeded(account)
        return _let_in(portal, request, found.staff_id, shown["next"])


def sign_out(visit: Visit) -> Response:
    with visit.portal.records.begin() as tx:
        staff.close_session(tx, visit.token)
    response = RedirectResponse(f"{SIGN_IN}?notice=out", 303)
    visit.portal.cookie.clear(response)
    return response


def _let_in(portal: Portal, request: Request, staff_id: str, target: str) -> Response:
    with portal.records.begin() as tx:
        # A token that the browser brought along is never taken over.
        staff.close_session(tx, portal.cookie.read(request))
        token = staff.open_session(tx, staff_id)
    response = RedirectResponse(target, 303)
    portal.cookie.put(response, token)
    return response


def _page(
    portal: Portal,
    status: int = 200,
    *,
    next: str,
    email: str = "",
    error: str | None = None,
    notice: str | None = None,
) -> Response:
    return portal.page(
        "sign_in.html",
        status,
        next=next,
        email=email,
        error=error,
        notice=notice,
        minutes=MINUTES,
    )
