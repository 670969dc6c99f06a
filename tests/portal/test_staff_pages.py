"""Pages of admins, supervisors and privacy contacts, and those for emergencies, in a real browser.

Pages about signing in: test_passkey.py. Those of clinicians and contacts: test_browser.py.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from barriers import too_small, too_wide, violations
from playwright.sync_api import Browser, Page
from serving import serving
from starlette.applications import Starlette

from afterword.access.actors import Actor
from afterword.portal.app import routes
from afterword.records import glass, models, staff
from afterword.records.access_models import Handover
from afterword.records.store import new_id
from afterword.safety.recipients import Kind

from .factory import NOW, WEEK, World, code_at, make_world, rated, said

pytestmark = pytest.mark.browser
REASON = "Found at the station, not to be spoken to. The night team needs what was said last."
DARK_ONLY = {"runOnly": ["color-contrast"]}


class Clinic:
    """A served clinic in which each of these pages has something on it."""

    def __init__(self, world: World, base: str) -> None:
        self.world, self.base = world, base
        self.people = {
            "ada": world.ada,
            "ben": world.add_clinician("ben@clinic.example", "Ben Ortiz"),
            "sue": world.add_clinician("sue@clinic.example", "Sue Marsh", "supervisor"),
            "ines": world.add_clinician("ines@clinic.example", "Ines Haddad", "admin"),
            "pia": world.add_contact(Kind.PRIVACY, "pia@clinic.example", "Pia Privacy"),
        }
        world.add_contact(Kind.DUTY, "dana@clinic.example", "Dana Duty")
        answers = rated("heard", 4), said("helped", "The drawing of the two chairs.")
        reflection = world.reflect(world.book(NOW - WEEK), *answers, at=NOW - WEEK / 2)
        self.session = world.book(NOW + timedelta(hours=2))
        self.handover = new_id()
        with world.begin() as tx:
            tx.session.add(
                Handover(
                    id=self.handover,
                    reflection_id=reflection,
                    from_staff_id=world.ada,
                    to_staff_id=self.people["sue"],
                    created_at=NOW,
                    ends_at=NOW + WEEK,
                )
            )
        with world.begin(by=Actor.staff(self.people["ben"])) as tx:
            glass.break_glass(tx, self.people["ben"], name="Robin Okafor", reason=REASON)

    def pages(self) -> dict[str, list[str]]:
        """The pages by whose they are."""
        return {
            "ada": [f"appointments/{self.session}/handover", "emergency"],
            "ben": [f"emergency/{self.world.robin}"],
            "sue": ["supervision", f"supervision/{self.handover}"],
            "pia": ["privacy"],
            "ines": [
                *("admin/people", "admin/patients", f"admin/patients/{self.world.robin}"),
                *("admin/clinic", "account", "account/app", "account/password"),
            ],
        }

    def cookie(self, who: str) -> Any:
        with self.world.begin() as tx:
            token = staff.open_session(tx, self.people[who])
        return {"name": "afterword", "value": token, "url": self.base}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    world = make_world(tmp_path_factory.mktemp("staff"))
    with serving(Starlette(routes=routes(world.context))) as base:
        yield Clinic(world, base)
    world.records.close()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One page for all: whose it is, is in its cookie."""
    # axe puts a script into the page, which our policy rightly forbids.
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("who", ["ada", "ben", "sue", "pia", "ines"])
def test_every_page_is_accessible_at_each_width(clinic: Clinic, page: Page, who: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([clinic.cookie(who)])
    found = []
    for path in clinic.pages()[who]:
        page.emulate_media(color_scheme="light")
        page.goto(f"{clinic.base}/portal/{path}")
        assert page.url.endswith(path)
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            found += [(path, width, one) for one in too_wide(page)]
            if width != 320:
                found += [(path, width, one) for one in violations(page)]
        found += [(path, 320, one) for one in too_small(page)]
        page.emulate_media(color_scheme="dark")
        found += [(path, "dark", one) for one in violations(page, DARK_ONLY)]
    assert found == []


def test_a_mistake_is_shown_at_its_field_and_said(clinic: Clinic, page: Page) -> None:
    admin_at_the_clinic(clinic, page)
    page.get_by_label("Time zone").fill("London")
    page.get_by_role("button", name="Save the details").click()
    said = page.get_by_role("alert")
    assert "Europe/London" in said.inner_text()
    field = page.get_by_label("Time zone")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("aria-describedby") == said.get_attribute("id")
    assert page.title().startswith("Error:")
    assert violations(page) == []


def test_a_contact_comes_and_goes_with_the_keyboard_only(clinic: Clinic, page: Page) -> None:
    admin_at_the_clinic(clinic, page)
    tab_to(page, "Told of what")
    page.keyboard.type("Backup")
    page.keyboard.press("Tab")
    page.keyboard.type("Cy Backup")
    page.keyboard.press("Tab")
    page.keyboard.type("cy@clinic.example")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_text("cy@clinic.example").is_visible()
    tab_to(page, "Remove: Cy Backup")
    page.keyboard.press("Enter")
    page.get_by_text("cy@clinic.example").wait_for(state="detached")
    with clinic.world.begin() as tx:
        kinds = [row.kind for row in tx.session.query(models.Contact) if row.removed_at]
    assert kinds == ["backup"]


def test_what_was_typed_for_too_long_goes_on_after_the_code(clinic: Clinic, page: Page) -> None:
    admin_at_the_clinic(clinic, page)
    words = "Ring once — día y noche."
    page.locator("[name=urgent_text]").fill(words)
    clinic.world.clock.now += staff.FRESH_LIMIT * 1.01
    page.get_by_role("button", name="Save the details").click()
    page.get_by_text("What you entered is kept").wait_for()
    assert "Ring" not in page.url
    assert violations(page) == []
    page.get_by_label("Code from the app").fill(code_at(clinic.world.clock.now))
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("status").wait_for()
    assert page.locator("[name=urgent_text]").input_value() == words


def admin_at_the_clinic(clinic: Clinic, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 844})
    page.context.clear_cookies()
    page.context.add_cookies([clinic.cookie("ines")])
    page.goto(f"{clinic.base}/portal/admin/clinic")


def tab_to(page: Page, name: str) -> None:
    """Until what has this name has the focus."""
    names = """() => { const node = document.activeElement;
        return node.ariaLabel || (node.labels && node.labels[0] || node).textContent || "" }"""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(names).strip().startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")
