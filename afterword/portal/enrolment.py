"""Setting up a second factor: on the way in for those invited, later from one's own account.

Both walk through the same pages. Whoever was invited is let in by it, and is shown recovery codes.
"""

from dataclasses import dataclass

import segno
from starlette.responses import RedirectResponse, Response

from afterword.portal import passkeys
from afterword.portal.passkeys import PasskeyRefused
from afterword.portal.visits import Visit
from afterword.records import accounts, factors, staff, trail
from afterword.records.store import Tx

ACCOUNT, WELCOME = "/portal/account", "/portal/welcome"
_ISSUER = "Afterword"


@dataclass(frozen=True)
class Picture:
    """A QR code as a path of an inline SVG, in modules."""

    size: int
    path: str


def welcome(visit: Visit) -> Response:
    return visit.page("welcome.html", passkeys=passkeys.available(visit.portal.settings))


def show_app(visit: Visit) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose="enrolment") as tx:
        secret, sealed = factors.new_secret(tx, visit.account.id)
    return _app_page(visit, secret, sealed)


def add_app(visit: Visit) -> Response:
    sealed, staff_id = visit.form.get("secret", ""), visit.account.id
    with visit.portal.records.begin(by=visit.actor, purpose="enrolment") as tx:
        secret = factors.secret_in(tx, staff_id, sealed)
        if secret is None:
            return show_app(visit)
        if not factors.add_totp(tx, staff_id, secret, visit.form.get("code", "")):
            return _app_page(visit, secret, sealed, 422, error="app_wrong")
        return _enrolled(visit, tx)


def show_passkey(visit: Visit) -> Response:
    if not passkeys.available(visit.portal.settings):
        return RedirectResponse(_home(visit), 303)
    with visit.portal.records.begin(by=visit.actor, purpose="enrolment") as tx:
        present = factors.passkeys_of(tx, visit.account.id)
        challenge = staff.new_challenge(tx, visit.token)
    options = passkeys.creation_options(
        visit.portal.settings, visit.account.id, visit.account.name, challenge, present
    )
    return visit.page(
        "passkey.html",
        options=options,
        purpose="add",
        action=f"{_home(visit)}/passkey",
        back=_home(visit),
        next="",
    )


def add_passkey(visit: Visit) -> Response:
    with visit.portal.records.begin(by=visit.actor, purpose="enrolment") as tx:
        challenge = staff.take_challenge(tx, visit.token)
        if challenge is not None and _add_passkey(visit, tx, challenge):
            return _enrolled(visit, tx)
    return visit.page("passkey_failed.html", 422, back=_home(visit))


def new_codes(visit: Visit) -> Response:
    with visit.portal.records.begin(by=visit.actor, purpose="enrolment") as tx:
        codes = factors.new_recovery_codes(tx, visit.account.id)
    return codes_page(visit, codes)


def codes_page(visit: Visit, codes: list[str]) -> Response:
    """The only time that the codes are shown."""
    return visit.page("codes.html", codes=codes, onward=visit.home)


def _enrolled(visit: Visit, tx: Tx) -> Response:
    """Other sessions end, this one gets a new token; a first factor brings recovery codes."""
    first = not visit.enrolled
    staff.end_others(tx, visit.account.id, visit.token)
    token = staff.renew(tx, visit.token)
    tx.note("enrol", trail.ALLOWED, "staff", visit.account.id)
    if first:
        accounts.invitation_used(tx, visit.account.id)
        response = codes_page(visit, factors.new_recovery_codes(tx, visit.account.id))
    else:
        response = RedirectResponse(f"{ACCOUNT}?notice=added", 303)
    visit.portal.cookie.put(response, token)
    return response


def _add_passkey(visit: Visit, tx: Tx, challenge: bytes) -> bool:
    try:
        credential, public_key, count = passkeys.check_new(
            visit.portal.settings, challenge, visit.form.get("credential", "")
        )
    except PasskeyRefused:
        return False
    return factors.add_passkey(
        tx, visit.account.id, credential=credential, public_key=public_key, sign_count=count
    )


def _app_page(
    visit: Visit, secret: str, sealed: str, status: int = 200, *, error: str | None = None
) -> Response:
    return visit.page(
        "app.html",
        status,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        sealed=sealed,
        picture=picture_of(factors.address_of(secret, visit.account.name, _ISSUER)),
        action=f"{_home(visit)}/app",
        back=_home(visit),
        error=error,
    )


def picture_of(text: str) -> Picture:
    """A QR code, drawn here: nothing of the secret goes to another server."""
    code = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix]
    return Picture(len(rows), "".join(_dark_runs(rows)))


def _dark_runs(rows: list[bytes]) -> list[str]:
    return [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]


def _home(visit: Visit) -> str:
    return ACCOUNT if visit.enrolled else WELCOME
