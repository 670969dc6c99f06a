"""The link that opens an account: a password, then the second factor (`enrolment`)."""

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.http import client_address
from afterword.portal import passwords
from afterword.portal.attempts import MINUTES, Attempts
from afterword.portal.browsers import browser_of
from afterword.portal.enrolment import WELCOME
from afterword.portal.sign_in import slow
from afterword.portal.visits import Form, Portal
from afterword.records import accounts, people, staff
from afterword.records.accounts import Invited
from afterword.records.staff import Stage

INVITATION = "/portal/invitation"


class Invitation:
    """The page of the link. Looking at it uses nothing up: programs look at links, too."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def show(self, portal: Portal, request: Request, _form: Form) -> Response:
        token = request.path_params["token"]
        with portal.records.read() as tx:
            invited = accounts.invited(tx, token)
        return _page(portal, token, invited)

    def submit(self, portal: Portal, request: Request, form: Form) -> Response:
        """Asks for the address, too: a link that reached somebody else is not enough."""
        token, password = request.path_params["token"], form.get("password", "")
        with portal.records.read() as tx:
            invited = accounts.invited(tx, token)
            given = people.email_hash(tx, form.get("email", ""))
        if invited is None:
            return _page(portal, token, None)
        if not self._attempts.may_try(f"link {invited.staff_id}", client_address(request)):
            return slow(_page(portal, token, invited, 429, error="sign_in_slow"))
        right = hmac.compare_digest(given, invited.email_hash)
        if invited.keeps_password:
            if not passwords.matches(password, invited.password_hash) or not right:
                return _page(portal, token, invited, 422, error="link_wrong")
            return self._enter(portal, request, token, invited, None)
        if not right:
            return _page(portal, token, invited, 422, error="link_wrong_email")
        if problem := passwords.problem_with(password, invited.words):
            return _page(portal, token, invited, 422, error=problem)
        return self._enter(portal, request, token, invited, passwords.hash_password(password))

    def _enter(
        self,
        portal: Portal,
        request: Request,
        token: str,
        invited: Invited,
        password_hash: str | None,
    ) -> Response:
        with portal.records.begin() as tx:
            if accounts.invited(tx, token) is None:
                return _page(portal, token, None)
            staff.close_session(tx, portal.cookie.read(request))
            staff.end_others(tx, invited.staff_id)
            if password_hash is not None:
                accounts.set_password(tx, invited.staff_id, password_hash)
            browser = browser_of(request.headers.get("user-agent", ""))
            session = staff.open_session(tx, invited.staff_id, browser, Stage.ENROL)
        self._attempts.succeeded(f"link {invited.staff_id}")
        response = RedirectResponse(WELCOME, 303)
        portal.cookie.put(response, session)
        return response


def _page(
    portal: Portal,
    token: str,
    invited: Invited | None,
    status: int = 200,
    *,
    error: str | None = None,
) -> Response:
    if invited is None:
        return portal.page("link_over.html", 404)
    return portal.page(
        "invitation.html",
        status,
        action=f"{INVITATION}/{token}",
        keeps_password=invited.keeps_password,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
        error=error,
        minutes=MINUTES,
    )
