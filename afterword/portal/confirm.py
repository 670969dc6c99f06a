"""Asking for the second factor once more, before what needs it fresh; then on to it.

A form that came too late is held meanwhile: it is in each of these pages, and goes on by itself.
"""

from starlette.responses import RedirectResponse, Response

from afterword.http import client_address
from afterword.portal import access, held, passkeys
from afterword.portal.attempts import MINUTES, Attempts
from afterword.portal.held import Held
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
        if held.TARGET in visit.request.query_params:
            return _hold(visit)
        target = visit.form.get("next", "")
        if not visit.form.keys() & {"code", "recovery"}:
            return _page(visit, target)
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
        return _passkey_page(visit, visit.request.query_params.get("next", ""))

    def submit_passkey(self, visit: Visit) -> Response:
        target = visit.form.get("next", "")
        if "credential" not in visit.form:
            return _passkey_page(visit, target)
        with visit.portal.records.begin(by=visit.actor, purpose="confirm") as tx:
            challenge = staff.take_challenge(tx, visit.token)
            signed = visit.form.get("credential", "")
            owner = passkey_owner(visit.portal, tx, challenge, signed) if challenge else None
            token = staff.renew(tx, visit.token) if owner == visit.account.id else ""
        if not token:
            return _page(visit, target, 422, error="passkey_wrong")
        return _onward(visit, target, token)


def _onward(visit: Visit, target: str, token: str) -> Response:
    kept = _held_in(visit)
    # By 307 the browser sends the same form on, and what is held in it.
    response = (
        RedirectResponse(kept.path, 307)
        if kept
        else RedirectResponse(access.safe_next(target), 303)
    )
    visit.portal.cookie.put(response, token)
    return response


def _hold(visit: Visit) -> Response:
    """Asks for the code, with the form that was sent here instead of to its own path."""
    asked = visit.request.query_params
    path = asked[held.TARGET]
    fields = {name: value for name, value in visit.form.items() if name != "form_token"}
    sealed = ""
    if access.is_target(path):
        sealed = held.seal(visit.portal.records.vault, visit.session, path, fields)
    return _page(visit, asked.get("next", ""), sealed=sealed)


def _held_in(visit: Visit) -> Held | None:
    sealed = visit.form.get(held.FIELD, "")
    return held.opened(visit.portal.records.vault, visit.session, sealed)


def _carried(visit: Visit) -> str:
    """What is held and came along; empty for anything else under its name."""
    return visit.form[held.FIELD] if _held_in(visit) else ""


def _passkey_page(visit: Visit, target: str) -> Response:
    with visit.portal.records.begin(by=visit.actor, purpose="confirm") as tx:
        own = factors.passkeys_of(tx, visit.account.id)
        challenge = staff.new_challenge(tx, visit.token)
    return visit.page(
        "passkey.html",
        next=access.safe_next(target),
        options=passkeys.request_options(visit.portal.settings, challenge, own),
        purpose="confirm",
        action=PASSKEY,
        back=CONFIRM,
        held=_carried(visit),
    )


def _page(
    visit: Visit,
    target: str,
    status: int = 200,
    *,
    error: str | None = None,
    sealed: str | None = None,
) -> Response:
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
        held=_carried(visit) if sealed is None else sealed,
    )
