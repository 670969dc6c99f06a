"""New words, from the admin's phone to the patient's and the clinician's, in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from barriers import barriers
from playwright.sync_api import Browser, Page, Route, expect
from starlette.applications import Starlette

from afterword.datafiles import load_instruments
from afterword.gateway import app as gateway
from afterword.portal.app import routes
from afterword.records import invitations, models, reflections
from afterword.reflection.answers import Sharing
from afterword.settings import PROJECT
from afterword.wording.places import address_of

from .factory import EMAIL, NOW, WEEK, World, code_at, make_world, rated, screener
from .signing_in import signed_in
from .test_browser import serving

pytestmark = pytest.mark.browser

ADMIN = "ines@clinic.example"
LIST = "/portal/admin/wording"
HEARD = f"{LIST}/en/{address_of('core/heard/ask')}"
BEFORE = "take in what mattered to you"
NEW = "Did {clinician} get what was on your mind?"
SAID = "Did Ada Whitfield get what was on your mind?"


@dataclass
class House:
    """One clinic with both sides in one process, as it is served."""

    world: World
    base: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    world = make_world(tmp_path_factory.mktemp("rewording"))
    world.add_clinician(ADMIN, "Ines Admin", "admin")
    context = world.context
    context.instruments = load_instruments(PROJECT / "instruments" / "core.yml")
    patients = gateway.make_context(
        context.settings, world.records, context.instruments.values(), screener()
    )
    context.shared = patients.phrasing
    app = Starlette(routes=[*routes(context), *gateway.routes(patients)])
    with serving(app) as base:
        yield House(world, base)
    world.records.close()


@pytest.fixture(scope="module")
def ines(browser: Browser, house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state") / "ines.json"
    return signed_in(browser, house.base, ADMIN, code_at(NOW), path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, house: House, ines: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        storage_state=ines,
        # axe puts a script into the page, which our policy rightly forbids.
        bypass_csp=True,
    )
    page = context.new_page()
    for path in (f"{LIST}?words=mattered", f"{LIST}?place=replies", HEARD):
        page.goto(f"{house.base}{path}")
        if path == HEARD:
            page.get_by_label("What it should say").fill("Great! Did you feel heard?")
            page.locator("#findings .refused").first.wait_for()
        assert barriers(page) == [], path
    context.close()


def opened(house: House, version: int) -> invitations.Invited:
    """A link and its reflection, about a session of its own, on a version of the questions."""
    world = house.world
    appointment = world.book(NOW - WEEK / (2 + len(world.rows(models.Appointment))))
    with world.begin() as tx:
        link = invitations.invite(
            tx, appointment, instrument="core", instrument_version=version, expires_at=NOW + WEEK
        )
        reflections.begin(tx, link.reflection_id)
    return link


def test_new_words_reach_the_patient_and_break_the_line(
    browser: Browser, house: House, ines: Path, tmp_path: Path
) -> None:
    world = house.world
    world.history(*[(rated("heard", 4), rated("safe", 4)) for _ in range(4)])
    with world.begin() as tx:
        tx.session.query(models.Reflection).update({"instrument_version": 2})
    running, _ = opened(house, 2)
    context = browser.new_context(storage_state=ines, viewport={"width": 390, "height": 844})
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    publish(page, house)
    assert troubles == []
    asked = house.world.context.phrasing.of(world.clinic).asked
    assert asked.version == 200001
    new, reflection = opened(house, asked.version)
    patient = browser.new_context().new_page()
    patient.goto(f"{house.base}/f/{new}/form")
    expect(patient.get_by_text(SAID)).to_be_visible()
    patient.goto(f"{house.base}/f/{running}/form")
    expect(patient.get_by_text(BEFORE)).to_be_visible()
    with world.begin() as tx:
        for answer in (rated("heard", 2), rated("safe", 4)):
            reflections.record_answer(tx, reflection, answer, f"m-{answer.question}")
        reflections.share(tx, reflection, Sharing.ALL)
    patient.goto(f"{house.base}/f/{new}/mine")
    told = "The clinic changed the words of this question on 17 November 2026."
    expect(patient.get_by_text(told)).to_have_count(1)
    state = signed_in(browser, house.base, EMAIL, code_at(NOW), tmp_path / "ada.json")
    reader = browser.new_context(storage_state=state).new_page()
    reader.goto(f"{house.base}/portal/appointments/{world.book(NOW + WEEK / 7)}")
    line = reader.locator("#item-heard")
    expect(line).to_contain_text("the question was reworded on Tue 17 Nov")
    expect(line.locator("svg")).to_have_count(0)
    expect(reader.locator("#item-safe svg")).to_have_count(1)


def publish(page: Page, house: House) -> None:
    """Finds the question, is told of what is wrong, sees it as on a phone, publishes."""
    page.goto(f"{house.base}{LIST}")
    page.locator("summary", has_text="Heard").click()
    page.get_by_role("link", name="Think back to your session").click()
    box = page.get_by_label("What it should say")
    box.fill("Great! Did you feel heard?")
    expect(page.locator("#findings")).to_contain_text("sounds like praise")
    box.fill(NEW)
    expect(page.locator("#findings .refused")).to_have_count(0)
    expect(page.locator(".phone")).to_contain_text("Did Kim Lee get what was on your mind?")
    # Whoever has to say first who they are does not lose what they wrote.
    page.reload()
    expect(box).to_have_value(NEW)
    page.get_by_label("Why it is changed").fill("Patients asked for it.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").first).to_contain_text("Published.")
    page.reload()
    expect(box).to_have_value(NEW)


def test_what_is_typed_before_the_script_came_is_checked_too(
    browser: Browser, house: House, ines: Path
) -> None:
    page = browser.new_context(storage_state=ines).new_page()
    held: list[Route] = []
    page.route("**/static/wording.js", lambda route: held.append(route))
    with page.expect_request("**/static/wording.js"):
        page.goto(f"{house.base}{HEARD}", wait_until="commit")
    page.get_by_label("What it should say").fill("Great! Did you feel heard?")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("#findings")).to_contain_text("sounds like praise")
