"""Asking for the second factor once more, before what needs it fresh; then back to the page."""

from starlette.responses import RedirectResponse, Response

from afterword.http import client_address
from afterword.portal import access, passkeys
from afterword.portal.attempts import MINUTES, Attempts
from afterword.portal.sign_in import passkey_owner, second_factor, slow
from afterword.portal.visits import CONFIRM, Visit
from afterword.records import factors, staff, trail

PASSKEY = f"{CONFIRM}/passkey"


class Confirm:
    """The pages of it and what they keep count of."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def show(self, visit: Visit) -> Response:
        return _page(visit, visit.request.query_params.get("next", ""))

    def submit(self, visit: Visit) -> Response:
        target = visit.form.get("next", "")
        tries = f"confirm {visit.account.id}"
        if not self._attempts.may_try(tries, client_address(visit.request)):
            return slow(_page(visit, target, 429, error="sign_in_slow"))
        with visit.portal.records.begin(by=visit.actor, purpose="confirm") as tx:
            right = second_factor(tx, visit.account.id, visit.form)
            if not right:
                tx.note("sign_in", trail.DENIED, "staff", visit.account.id)
            token = staff.renew(tx, visit.token) if right else ""
        if not right:
            return _page(visit, target, 422, error="code_wrong")
        self._attempts.succeeded(tries)
        return _onward(visit, target, token)

    def show_passkey(self, visit: Visit) -> Response:
        with visit.portal.records.begin(by=visit.actor, purpose="confirm") as tx:
            own = factors.passkeys_of(tx, visit.account.id)
            challenge = staff.new_challenge(tx, visit.token)
        return visit.page(
            "passkey.html",
            next=access.safe_next(visit.request.query_params.get("next", "")),
            options=passkeys.request_options(visit.portal.settings, challenge, own),
            purpose="confirm",
            action=PASSKEY,
            back=CONFIRM,
        )

    def submit_passkey(self, visit: Visit) -> Response:
        target = visit.form.get("next", "")
        with visit.portal.records.begin(by=visit.actor, purpose="confirm") as tx:
            challenge = staff.take_challenge(tx, visit.token)
            signed = visit.form.get("credential", "")
            owner = passkey_owner(visit.portal, tx, challenge, signed) if challenge else None
            token = staff.renew(tx, visit.token) if owner == visit.account.id else ""
        if not token:
            return _page(visit, target, 422, error="passkey_wrong")
        return _onward(visit, target, token)


def _onward(visit: Visit, target: str, token: str) -> Response:
    response = RedirectResponse(access.safe_next(target), 303)
    visit.portal.cookie.put(response, token)
    return response


def _page(visit: Visit, target: str, status: int = 200, *, error: str | None = None) -> Response:
    portal = visit.portal
    with portal.records.read(by=visit.actor, purpose="confirm") as tx:
        has_passkey = bool(factors.passkeys_of(tx, visit.account.id))
        hint = factors.code_now(tx, visit.account.id) if portal.settings.demo else None
    return visit.page(
        "code.html",
        status,
        next=access.safe_next(target),
        action=CONFIRM,
        error=error,
        hint=hint,
        minutes=MINUTES,
        passkeys=has_passkey and passkeys.available(portal.settings),
        confirming=True,
    )
