"""One's own account: sessions, password, second factors."""

from starlette.responses import RedirectResponse, Response

from afterword.http import client_address
from afterword.portal import passkeys, passwords
from afterword.portal.attempts import MINUTES, Attempts
from afterword.portal.enrolment import ACCOUNT
from afterword.portal.sign_in import slow
from afterword.portal.visits import Visit
from afterword.records import accounts, factors, staff

_NOTICES = {
    "added": "account_added",
    "removed": "account_removed",
    "last": "account_last",
    "password": "account_password_saved",
    "ended": "account_ended",
}


def show(visit: Visit) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose="account") as tx:
        own = factors.factors_of(tx, visit.account.id)
        left = factors.recovery_codes_left(tx, visit.account.id)
        sessions = staff.sessions_of(tx, visit.account.id, visit.token)
    return visit.page(
        "account.html",
        factors=own,
        codes_left=left,
        sessions=sessions,
        calendar=visit.calendar,
        passkeys=passkeys.available(visit.portal.settings),
        notice=_NOTICES.get(visit.request.query_params.get("notice", "")),
    )


def end_session(visit: Visit) -> Response:
    with visit.portal.records.begin(by=visit.actor, purpose="account") as tx:
        staff.end_session(tx, visit.account.id, visit.form.get("session", ""))
    return _back("ended")


def end_others(visit: Visit) -> Response:
    with visit.portal.records.begin(by=visit.actor, purpose="account") as tx:
        staff.end_others(tx, visit.account.id, visit.token)
    return _back("ended")


def remove(visit: Visit) -> Response:
    """Takes a factor away; sessions that it opened end."""
    with visit.portal.records.begin(by=visit.actor, purpose="account") as tx:
        removed = factors.remove(tx, visit.account.id, visit.form.get("factor", ""))
        if not removed:
            return _back("last")
        staff.end_others(tx, visit.account.id, visit.token)
        token = staff.renew(tx, visit.token)
    return _back("removed", visit, token)


class Password:
    """The page for a new password."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def show(self, visit: Visit) -> Response:
        return _password_page(visit)

    def submit(self, visit: Visit) -> Response:
        present, new = visit.form.get("present", ""), visit.form.get("password", "")
        tries = f"password {visit.account.id}"
        if not self._attempts.may_try(tries, client_address(visit.request)):
            return slow(_password_page(visit, 429, error="sign_in_slow"))
        with visit.portal.records.read(by=visit.actor, purpose="account") as tx:
            stored = accounts.password_hash_of(tx, visit.account.id)
            words = accounts.words_of(tx, visit.account.id)
        if not passwords.matches(present, stored):
            return _password_page(visit, 422, error="password_present_wrong")
        if problem := passwords.problem_with(new, words):
            return _password_page(visit, 422, error=problem)
        hashed = passwords.hash_password(new)
        with visit.portal.records.begin(by=visit.actor, purpose="account") as tx:
            accounts.set_password(tx, visit.account.id, hashed, token=visit.token)
            token = staff.renew(tx, visit.token)
        self._attempts.succeeded(tries)
        return _back("password", visit, token)


def _password_page(visit: Visit, status: int = 200, *, error: str | None = None) -> Response:
    return visit.page(
        "password.html",
        status,
        error=error,
        minutes=MINUTES,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )


def _back(notice: str, visit: Visit | None = None, token: str = "") -> Response:
    response = RedirectResponse(f"{ACCOUNT}?notice={notice}", 303)
    if visit is not None:
        visit.portal.cookie.put(response, token)
    return response
