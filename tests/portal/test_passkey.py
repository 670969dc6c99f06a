"""Passkeys and the pages around signing in, in a real browser with a virtual authenticator."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from barriers import barriers
from playwright.sync_api import Browser, Page
from serving import free_port, serving
from starlette.applications import Starlette

from afterword.access.actors import Actor
from afterword.portal.app import routes
from afterword.records import accounts, factors, staff
from afterword.records.staff_models import Factor

from .factory import (
    ADMIN,
    EMAIL,
    PASSWORD,
    World,
    code_at,
    forget_last_code,
    make_world,
    password_hash,
)

pytestmark = pytest.mark.browser

STRONG = "seven quiet herons 41"


class Clinic:
    """A served clinic under a name that browsers offer passkeys for."""

    def __init__(self, world: World, base: str) -> None:
        self.world, self.base = world, base
        world.add_clinician(ADMIN, "Ines Admin", "admin")

    def link(self) -> str:
        with self.world.begin(by=Actor.operator("test")) as tx:
            token = accounts.reset_factors(tx, accounts.by_email(tx, ADMIN), keeps_password=False)
        return f"{self.base}/portal/invitation/{token}"

    def code(self, email: str = EMAIL) -> str:
        forget_last_code(self.world.records, email)
        return code_at(self.world.clock.now)

    def reset(self) -> None:
        """As it was before a test, but for the clock."""
        with self.world.begin() as tx:
            for email in (EMAIL, ADMIN):
                staff_id = accounts.by_email(tx, email)
                factors.remove_all(tx, staff_id)
                accounts.set_password(tx, staff_id, password_hash())
                factors.add_totp(tx, staff_id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    port = free_port()
    base = f"http://localhost:{port.getsockname()[1]}"
    world = make_world(tmp_path_factory.mktemp("passkeys"), public_url=base)
    with serving(Starlette(routes=routes(world.context)), port):
        yield Clinic(world, base)
    world.records.close()


@pytest.fixture
def clinic(served: Clinic) -> Clinic:
    served.reset()
    return served


@pytest.fixture
def page(browser: Browser, clinic: Clinic) -> Iterator[Page]:
    """A page whose browser has an authenticator; what breaks its policy is a failure."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda said: problems.append(said.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    context.close()
    assert [one for one in problems if "Content Security" in one or "Trusted" in one] == []


def authenticator(page: Page, *, verifies: bool = True) -> tuple[Any, str]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": verifies,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, made["authenticatorId"]


def sign_in(page: Page, clinic: Clinic, email: str = EMAIL) -> None:
    page.goto(f"{clinic.base}/portal/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Code from the app").fill(clinic.code(email))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def add_passkey(page: Page, clinic: Clinic) -> None:
    page.goto(f"{clinic.base}/portal/account/passkey")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/portal/account?notice=added")


def passkey_alone(page: Page, clinic: Clinic) -> None:
    page.goto(f"{clinic.base}/portal/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/portal/sign-in?notice=out")


def test_a_passkey_is_made_and_then_signs_in_alone(page: Page, clinic: Clinic) -> None:
    authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    assert page.get_by_text("Passkey", exact=True).is_visible()
    sign_out(page)
    passkey_alone(page, clinic)
    page.wait_for_url(f"{clinic.base}/portal")
    assert page.get_by_text("Ada Whitfield").first.is_visible()


def test_somebody_invited_comes_in_by_a_passkey_with_the_keyboard_only(
    page: Page, clinic: Clinic
) -> None:
    authenticator(page)
    page.goto(clinic.link())
    page.locator("#email:focus").wait_for()
    page.keyboard.type(ADMIN)
    page.keyboard.press("Tab")
    page.keyboard.type(STRONG)
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/welcome")
    tab_to(page, "Add a passkey")
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/welcome/passkey")
    tab_to(page, "Make a passkey")
    page.keyboard.press("Enter")
    page.get_by_text("Recovery codes").first.wait_for()
    assert page.locator(".codes li").count() == 10
    tab_to(page, "I have kept them")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/portal/admin/patients$"))


def test_a_passkey_confirms(page: Page, clinic: Clinic) -> None:
    authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    clinic.world.clock.now += staff.FRESH_LIMIT * 1.01
    page.goto(f"{clinic.base}/portal/account/password")
    assert page.get_by_role("heading", name="Is it you?").is_visible()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/portal/account/password")


def test_a_form_that_came_late_goes_on_after_a_passkey(page: Page, clinic: Clinic) -> None:
    authenticator(page)
    sign_in(page, clinic, ADMIN)
    add_passkey(page, clinic)
    page.goto(f"{clinic.base}/portal/admin/clinic")
    page.locator("[name=urgent_text]").fill("Ring twice, then ask for Noor.")
    clinic.world.clock.now += staff.FRESH_LIMIT * 1.01
    page.get_by_role("button", name="Save the details").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Take the other way").click()
    page.get_by_text("What you entered is kept").wait_for()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("status").wait_for()
    assert page.locator("[name=urgent_text]").input_value() == "Ring twice, then ask for Noor."


def test_an_authenticator_that_does_not_verify_its_user_is_not_taken(
    page: Page, clinic: Clinic
) -> None:
    session, key = authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    sign_out(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    passkey_alone(page, clinic)
    page.get_by_text("That did not work").wait_for()
    assert page.get_by_role("button", name="Sign in").is_enabled()


def test_a_removed_passkey_opens_nothing(page: Page, clinic: Clinic) -> None:
    authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    page.get_by_role("button", name="Remove: Passkey").click()
    page.wait_for_url("**/portal/account?notice=removed")
    sign_out(page)
    passkey_alone(page, clinic)
    page.get_by_text("This passkey is not known here").wait_for()


def test_a_passkey_of_a_disabled_account_opens_nothing(page: Page, clinic: Clinic) -> None:
    authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    sign_out(page)
    with clinic.world.begin(by=Actor.operator("test")) as tx:
        accounts.disable(tx, clinic.world.ada)
    passkey_alone(page, clinic)
    page.get_by_text("This passkey is not known here").wait_for()
    with clinic.world.begin(by=Actor.operator("test")) as tx:
        accounts.enable(tx, clinic.world.ada)


@pytest.mark.parametrize("how", ["replayed", "signed for another challenge"])
def test_what_was_signed_works_once_and_for_its_challenge(
    page: Page, clinic: Clinic, how: str
) -> None:
    authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    sign_out(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    passkey_alone(page, clinic)
    page.wait_for_url(f"{clinic.base}/portal")
    signed = next(body for body in sent if "credential=%7B" in body)
    sign_out(page)
    page.goto(f"{clinic.base}/portal/sign-in")
    if how == "signed for another challenge":
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/portal/sign-in/passkey?**")
    response = page.request.post(
        f"{clinic.base}/portal/sign-in/passkey",
        data=signed,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin",
        },
    )
    assert response.status == 422
    page.goto(f"{clinic.base}/portal")
    assert "/portal/sign-in" in page.url


def test_a_clone_with_an_old_counter_is_refused(page: Page, clinic: Clinic) -> None:
    authenticator(page)
    sign_in(page, clinic)
    add_passkey(page, clinic)
    sign_out(page)
    with clinic.world.begin() as tx:
        tx.session.query(Factor).filter_by(kind="passkey").update({"sign_count": 10_000})
    passkey_alone(page, clinic)
    page.get_by_text("This passkey is not known here").wait_for()


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", '{"rawId": 5}', '{"rawId": "AAAA"}', "x" * 9000]
)
def test_what_no_authenticator_has_signed_is_refused(
    page: Page, clinic: Clinic, credential: str
) -> None:
    page.goto(f"{clinic.base}/portal/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    response = page.request.post(
        f"{clinic.base}/portal/sign-in/passkey",
        form={"credential": credential},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert response.status == 422


def test_without_javascript_the_app_is_enough(browser: Browser, clinic: Clinic) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    sign_in(page, clinic)
    page.goto(f"{clinic.base}/portal/account/app")
    assert page.get_by_role("img", name="QR code").is_visible()
    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    assert page.get_by_text("needs JavaScript").is_visible()
    context.close()


def tab_to(page: Page, name: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if name in page.locator(":focus").inner_text():
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")


PAGES = {
    "sign-in": "/portal/sign-in",
    "account": "/portal/account",
    "app": "/portal/account/app",
    "passkey": "/portal/account/passkey",
    "password": "/portal/account/password",
    "confirm": "/portal/confirm",
    "confirm by passkey": "/portal/confirm/passkey",
    "people": "/portal/admin/people",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, clinic: Clinic, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    found = []

    def look(name: str) -> None:
        found.extend((name, one) for one in barriers(page))

    page.goto(clinic.link())
    look("invitation")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("New password").fill("password1234")
    page.get_by_role("button", name="Next").click()
    look("weak password")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("New password").fill(STRONG)
    page.get_by_role("button", name="Next").click()
    look("welcome")
    page.goto(f"{clinic.base}/portal/welcome/app")
    key = re.sub(r"\s", "", page.locator(".secret code").inner_text())
    page.get_by_label("Code from the app").fill(code_at(clinic.world.clock.now, key))
    page.get_by_role("button", name="Save").click()
    look("codes")
    for name, path in PAGES.items():
        page.goto(clinic.base + path)
        look(name)
    page.get_by_label("Name", exact=True).fill("Noor")
    page.get_by_label("E-mail").fill(f"noor-{scheme}@clinic.example")
    page.get_by_role("button", name="Make a link").click()
    look("people with a link")
    sign_out(page)
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Use a recovery code").click()
    look("code")
    page.get_by_role("button", name="Sign in").click()
    look("wrong code")
    context.close()
    assert found == []
