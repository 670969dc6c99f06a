"""The staff of the clinic, for admins: who there is, invitations, roles. No patient is here."""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from afterword.portal.invitation import INVITATION
from afterword.portal.visits import PageError, Visit
from afterword.records import accounts
from afterword.records.accounts import ROLES, AccountRefused
from afterword.records.store import Tx

PEOPLE = "/portal/admin/people"
_LONGEST_NAME, _LONGEST_EMAIL = 200, 320


def show(visit: Visit) -> Response:
    return _page(visit, notice="people_saved" if visit.saved else None)


def invite(visit: Visit) -> Response:
    email, name = visit.form.get("email", ""), visit.form.get("name", "")
    try:
        if len(email) > _LONGEST_EMAIL or len(name) > _LONGEST_NAME:
            raise AccountRefused("empty", "Shorten it.")
        with visit.portal.records.begin(by=visit.actor, purpose=PEOPLE) as tx:
            token = accounts.invite(
                tx,
                visit.account.clinic.id,
                name=name,
                email=email,
                role=visit.form.get("role", ""),
            )
    except AccountRefused as refused:
        return _page(visit, 422, error=f"people_refused_{refused.code}")
    return _page(visit, link=_address(visit, token), link_for=name)


def change_role(visit: Visit) -> Response:
    role = visit.form.get("role", "")
    return _change(visit, lambda tx, who: accounts.change_role(tx, who, role))


def disable(visit: Visit) -> Response:
    return _change(visit, lambda tx, who: accounts.disable(tx, who))


def enable(visit: Visit) -> Response:
    return _change(visit, lambda tx, who: accounts.enable(tx, who))


def sign_out(visit: Visit) -> Response:
    """For a lost device: the account stays as it is."""
    return _change(visit, lambda tx, who: accounts.end_sessions(tx, who))


def reset(visit: Visit) -> Response:
    """The link asks for the person's own password: an admin who keeps it cannot come in by it."""
    made: list[str] = []

    def new_link(tx: Tx, who: str) -> None:
        made.append(accounts.reset_factors(tx, who, keeps_password=True))

    response = _change(visit, new_link)
    return _page(visit, link=_address(visit, made[0])) if made else response


def _change(visit: Visit, change: Callable[[Tx, str], None]) -> Response:
    try:
        with visit.portal.records.begin(by=visit.actor, purpose=PEOPLE) as tx:
            change(tx, visit.request.path_params["staff_id"])
    except AccountRefused as refused:
        return _page(visit, 422, error=f"people_refused_{refused.code}")
    except LookupError:
        raise PageError(404) from None
    return RedirectResponse(f"{PEOPLE}?notice=saved", 303)


def _address(visit: Visit, token: str) -> str:
    return f"{visit.portal.settings.base_url}{INVITATION}/{token}"


def _page(
    visit: Visit,
    status: int = 200,
    *,
    error: str | None = None,
    notice: str | None = None,
    link: str | None = None,
    link_for: str | None = None,
) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose=PEOPLE) as tx:
        members = accounts.members(tx, visit.account.clinic.id)
    return visit.page(
        "people.html",
        status,
        members=members,
        roles=ROLES,
        error=error,
        notice=notice,
        link=link,
        link_for=link_for,
    )
