"""Signing in, in two steps: address and password, then a code; or a passkey alone. And out."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.http import client_address
from afterword.portal import access, passkeys, passwords
from afterword.portal.attempts import MINUTES, Attempts
from afterword.portal.browsers import browser_of
from afterword.portal.passkeys import PasskeyRefused
from afterword.portal.visits import SIGN_IN, Form, Portal, Visit
from afterword.records import accounts, factors, people, staff, trail
from afterword.records.store import Tx

# A password check takes 64 MiB; more than two at once would let strangers fill the memory.
HASHES_AT_ONCE = 2
CODE = f"{SIGN_IN}/code"
PASSKEY = f"{SIGN_IN}/passkey"
_LONGEST_EMAIL = 320
_NOTICES = {"again": "sign_in_again", "out": "signed_out", "over": "sign_in_over"}


class SignIn:
    """The pages of sign-in and what they keep count of.

    A wrong password leads to the code like a right one: only both together are answered, so
    nobody learns from here which addresses there are and which passwords fit.
    """

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
        """The same answer, after the same work, for each reason why it will not succeed."""
        email, password = form.get("email", "")[:_LONGEST_EMAIL], form.get("password", "")
        shown = {"email": email, "next": access.safe_next(form.get("next", ""))}
        if not email.strip() or not password:
            return _page(portal, 422, error="sign_in_empty", **shown)
        with portal.records.read() as tx:
            account = people.email_hash(tx, email)
            found = staff.credentials(tx, email)
        if not self._attempts.may_try(account, client_address(request)):
            return slow(_page(portal, 429, error="sign_in_slow", **shown))
        fits = passwords.matches(password, found.password_hash if found else None)
        with portal.records.begin() as tx:
            # A token that the browser brought along is never taken over.
            staff.close_session(tx, portal.cookie.read(request))
            right = found.staff_id if found and fits else None
            accounts.keep_address(tx, right, email)
            step = staff.begin_step(tx, account, right)
        return _with_cookie(portal, f"{CODE}?{_next(shown['next'])}", step)

    def show_code(self, portal: Portal, request: Request, _form: Form) -> Response:
        with portal.records.read() as tx:
            step = staff.step(tx, portal.cookie.read(request))
            hint = _demo_code(portal, tx, step.staff_id) if step else None
        if step is None or not step.account:
            return _over(portal)
        return _code_page(portal, request.query_params.get("next", ""), hint=hint)

    def submit_code(self, portal: Portal, request: Request, form: Form) -> Response:
        """As `submit`: one answer for a wrong code, a wrong password and an unknown address."""
        token = portal.cookie.read(request)
        target = form.get("next", "")
        with portal.records.begin() as tx:
            step = staff.step(tx, token)
        if step is None or not step.account:
            return _over(portal)
        tries = f"code {step.account}"
        if not self._attempts.may_try(tries, client_address(request)):
            return slow(_code_page(portal, target, 429, error="sign_in_slow"))
        with portal.records.begin() as tx:
            tried = staff.try_step(tx, token)
            right = tried is not None and second_factor(tx, tried.staff_id, form)
            session = None
            if tried and tried.staff_id and right:
                session = _open(tx, request, token, tried.staff_id)
            else:
                tx.note("sign_in", trail.DENIED, "account", step.account)
        if session is None:
            return _code_page(portal, target, 422, error="sign_in_wrong")
        self._attempts.succeeded(step.account)
        self._attempts.succeeded(tries)
        return _with_cookie(portal, access.safe_next(target), session)

    def begin_passkey(self, portal: Portal, request: Request, form: Form) -> Response:
        """Makes the challenge; only a button leads here, so nobody is made to ask for many."""
        if not passkeys.available(portal.settings):
            return _over(portal)
        target = access.safe_next(form.get("next", ""))
        if not self._attempts.may_begin(client_address(request)):
            return slow(_page(portal, 429, error="sign_in_slow", next=target))
        token = portal.cookie.read(request)
        with portal.records.begin() as tx:
            staff.close_session(tx, token)
            staff.end_step(tx, token)
            step = staff.begin_step(tx)
        return _with_cookie(portal, f"{PASSKEY}?{_next(target)}", step)

    def show_passkey(self, portal: Portal, request: Request, _form: Form) -> Response:
        with portal.records.read() as tx:
            step = staff.step(tx, portal.cookie.read(request))
        if step is None or step.account:
            return _over(portal)
        return portal.page(
            "passkey.html",
            next=access.safe_next(request.query_params.get("next", "")),
            options=passkeys.request_options(portal.settings, step.challenge),
            purpose="sign_in",
            action=PASSKEY,
            back=SIGN_IN,
        )

    def submit_passkey(self, portal: Portal, request: Request, form: Form) -> Response:
        """A challenge is answered once, well or not."""
        token = portal.cookie.read(request)
        target = access.safe_next(form.get("next", ""))
        with portal.records.begin() as tx:
            step = staff.step(tx, token)
            staff.end_step(tx, token)
            session = None
            if step is not None and not step.account:
                owner = passkey_owner(portal, tx, step.challenge, form.get("credential", ""))
                if owner is not None and staff.may_enter(tx, owner):
                    session = _open(tx, request, token, owner)
                else:
                    tx.note("sign_in", trail.DENIED, "account", "passkey")
        if session is None:
            return _page(portal, 422, error="passkey_wrong", next=target)
        return _with_cookie(portal, target, session)


def sign_out(visit: Visit) -> Response:
    with visit.portal.records.begin(by=visit.actor, purpose="sign-out") as tx:
        staff.close_session(tx, visit.token)
    response = RedirectResponse(f"{SIGN_IN}?notice=out", 303)
    visit.portal.cookie.clear(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def second_factor(tx: Tx, staff_id: str | None, form: Form) -> bool:
    """Whether the form holds the app's code or a recovery code of this account."""
    recovery = form.get("recovery", "").strip()
    if recovery:
        return factors.accept_recovery_code(tx, staff_id, recovery)
    return factors.accept_code(tx, staff_id, form.get("code", ""))


def passkey_owner(portal: Portal, tx: Tx, challenge: bytes, credential: str) -> str | None:
    """Whose passkey has signed the challenge; None if none of ours has."""
    try:
        known = factors.passkey(tx, passkeys.credential_id(credential))
        if known is None:
            return None
        count = passkeys.check(portal.settings, challenge, credential, known)
    except PasskeyRefused:
        return None
    factors.passkey_used(tx, known.id, count)
    return known.staff_id


def slow(response: Response) -> Response:
    """Says when to try again."""
    response.headers["Retry-After"] = str(MINUTES * 60)
    return response


def _open(tx: Tx, request: Request, step: str, staff_id: str) -> str:
    staff.end_step(tx, step)
    tx.note("sign_in", trail.ALLOWED, "staff", staff_id)
    return staff.open_session(tx, staff_id, browser_of(request.headers.get("user-agent", "")))


def _demo_code(portal: Portal, tx: Tx, staff_id: str | None) -> str | None:
    if not portal.settings.demo or staff_id is None:
        return None
    return factors.code_now(tx, staff_id)


def _next(target: str) -> str:
    return urlencode({"next": target})


def _with_cookie(portal: Portal, target: str, token: str) -> Response:
    response = RedirectResponse(target, 303)
    portal.cookie.put(response, token)
    return response


def _over(portal: Portal) -> Response:
    response = RedirectResponse(f"{SIGN_IN}?notice=over", 303)
    portal.cookie.clear(response)
    return response


def _code_page(
    portal: Portal,
    target: str,
    status: int = 200,
    *,
    error: str | None = None,
    hint: str | None = None,
) -> Response:
    return portal.page(
        "code.html",
        status,
        next=access.safe_next(target),
        action=CODE,
        error=error,
        hint=hint,
        minutes=MINUTES,
        passkeys=passkeys.available(portal.settings),
        confirming=False,
    )


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
        passkeys=passkeys.available(portal.settings),
    )
