"""The routes of signing in, of one's own account, and of the staff of the clinic."""

from collections.abc import Iterator

from afterword.portal import account, enrolment, passwords, people, sign_in
from afterword.portal.account import Password
from afterword.portal.attempts import Attempts
from afterword.portal.confirm import Confirm
from afterword.portal.enrolment import ACCOUNT, WELCOME
from afterword.portal.invitation import INVITATION, Invitation
from afterword.portal.people import PEOPLE
from afterword.portal.sign_in import SignIn
from afterword.portal.visits import CONFIRM, SIGN_IN, Endpoint, Portal, Queue, open_page, signed_in

Row = tuple[str, str, Endpoint]


def plain_routes(portal: Portal) -> Iterator[Row]:
    """Path, method and endpoint of each page without a script."""
    passwords.prepare()
    attempts, hashing = Attempts(), Queue(sign_in.HASHES_AT_ONCE)
    yield from _in_and_out(portal, attempts, hashing)
    yield from _own_account(portal, Password(attempts), hashing)
    yield from _staff(portal)


def passkey_routes(portal: Portal) -> Iterator[Row]:
    """The pages that load the one script: browsers offer passkeys to scripts only."""
    signing_in, confirm = SignIn(Attempts()), Confirm(Attempts())
    yield sign_in.PASSKEY, "GET", open_page(portal, signing_in.show_passkey)
    yield sign_in.PASSKEY, "POST", open_page(portal, signing_in.submit_passkey)
    yield f"{CONFIRM}/passkey", "GET", signed_in(portal, confirm.show_passkey)
    yield f"{CONFIRM}/passkey", "POST", signed_in(portal, confirm.submit_passkey)
    for home in (WELCOME, ACCOUNT):
        yield f"{home}/passkey", "GET", signed_in(portal, enrolment.show_passkey)
        yield f"{home}/passkey", "POST", signed_in(portal, enrolment.add_passkey)


def _in_and_out(portal: Portal, attempts: Attempts, hashing: Queue) -> Iterator[Row]:
    signing_in, confirm, invitation = SignIn(attempts), Confirm(attempts), Invitation(attempts)
    link = f"{INVITATION}/{{token}}"
    yield SIGN_IN, "GET", open_page(portal, signing_in.show)
    yield SIGN_IN, "POST", open_page(portal, signing_in.submit, hashing)
    yield sign_in.CODE, "GET", open_page(portal, signing_in.show_code)
    yield sign_in.CODE, "POST", open_page(portal, signing_in.submit_code)
    yield f"{sign_in.PASSKEY}/begin", "POST", open_page(portal, signing_in.begin_passkey)
    yield "/portal/sign-out", "POST", signed_in(portal, sign_in.sign_out)
    yield CONFIRM, "GET", signed_in(portal, confirm.show)
    yield CONFIRM, "POST", signed_in(portal, confirm.submit)
    yield link, "GET", open_page(portal, invitation.show)
    yield link, "POST", open_page(portal, invitation.submit, hashing)
    for path, method, handler in (
        (WELCOME, "GET", enrolment.welcome),
        (f"{WELCOME}/app", "GET", enrolment.show_app),
        (f"{WELCOME}/app", "POST", enrolment.add_app),
    ):
        yield path, method, signed_in(portal, handler)


def _own_account(portal: Portal, password: Password, hashing: Queue) -> Iterator[Row]:
    yield ACCOUNT, "GET", signed_in(portal, account.show)
    yield f"{ACCOUNT}/sessions/end", "POST", signed_in(portal, account.end_session)
    yield f"{ACCOUNT}/sessions/end-others", "POST", signed_in(portal, account.end_others)
    page = f"{ACCOUNT}/password"
    yield page, "GET", signed_in(portal, password.show)
    yield page, "POST", signed_in(portal, password.submit, hashing)
    for path, method, handler in (
        (f"{ACCOUNT}/app", "GET", enrolment.show_app),
        (f"{ACCOUNT}/app", "POST", enrolment.add_app),
        (f"{ACCOUNT}/remove", "POST", account.remove),
        (f"{ACCOUNT}/codes", "POST", enrolment.new_codes),
    ):
        yield path, method, signed_in(portal, handler)


def _staff(portal: Portal) -> Iterator[Row]:
    one = f"{PEOPLE}/{{staff_id}}"
    for path, method, handler in (
        (PEOPLE, "GET", people.show),
        (f"{PEOPLE}/invite", "POST", people.invite),
        (f"{one}/role", "POST", people.change_role),
        (f"{one}/disable", "POST", people.disable),
        (f"{one}/enable", "POST", people.enable),
        (f"{one}/reset", "POST", people.reset),
        (f"{one}/sign-out", "POST", people.sign_out),
    ):
        yield path, method, signed_in(portal, handler)
