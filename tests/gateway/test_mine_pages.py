"""Your data and the code in a real Chromium, without JavaScript as well."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from barriers import too_wide, violations
from factory import cheap_hash
from phone import SIZES, begin, tap
from stand_in import Site

from afterword.access.actors import Actor
from afterword.records import codes
from afterword.records.rights_models import Unlock

pytestmark = pytest.mark.browser
CODE = "47110815"
HASH = cheap_hash(CODE)


def with_code(site: Site, *, each_time: bool = False) -> str:
    """The token of a patient who has a code."""
    token = site.clinic.link()
    patient_id = site.clinic.reflection(token).patient_id
    with site.clinic.records.begin(by=Actor.operator("tests")) as tx:
        codes.give(tx, patient_id, HASH)
    with site.clinic.records.begin(by=Actor.patient(patient_id)) as tx:
        codes.ask_each_time(tx, patient_id, each_time)
    return token


def enter(page: Any, code: str = CODE) -> None:
    page.get_by_label("Your code, 8 digits").fill(code)
    page.get_by_role("button", name="Open").click()


def states(page: Any, site: Site) -> Iterator[str]:
    """Walks through every page of one's own data."""
    link = page.url
    page.goto(f"{link}/form")
    page.get_by_label("Mostly").first.check()
    page.get_by_label("In your own words").last.fill("More time. " * 30)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("link", name="Your data").click()
    yield "with the link alone"
    enter(page, "00000000")
    yield "a wrong code"
    page.goto(f"{link}/mine")
    enter(page)
    page.get_by_role("heading", name="Who read or changed what").wait_for()
    yield "everything"
    page.get_by_role("button", name="Delete everything").click()
    yield "before deleting"
    page.get_by_label("Your code, 8 digits").fill(CODE)
    page.get_by_role("button", name="Yes, delete everything").click()
    page.get_by_role("heading", name="All is deleted").wait_for()
    assert not page.locator("pre").is_visible(), "words come first"
    yield "deleted"
    page.locator("summary").click()
    page.locator("pre").wait_for()
    yield "the proof itself"


@pytest.mark.parametrize("size", [*SIZES, "tiny"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_every_page_is_accessible_and_needs_no_script(
    open_page: Any, site: Site, size: str, script: bool
) -> None:
    page = open_page(site.link(with_code(site)), size, java_script_enabled=script)
    for state in states(page, site):
        if script:
            assert violations(page) == [], state
            assert too_wide(page) == [], state


def test_the_proof_can_be_saved(open_page: Any, site: Site) -> None:
    page = open_page(site.link(with_code(site)))
    for _ in states(page, site):
        pass
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the proof").click()
    assert "afterword erasure" in download.value.path().read_text()


def test_the_menu_of_the_chat_leads_there(open_page: Any, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    page.locator("summary").click()
    assert violations(page) == []
    page.locator("#menu").get_by_role("link", name="Your data").click()
    page.get_by_role("heading", name="Your data").wait_for()


def test_the_chat_goes_on_behind_the_code(open_page: Any, site: Site) -> None:
    token = with_code(site, each_time=True)
    page = open_page(site.link(token))
    assert violations(page) == []
    assert "Elm Street" not in page.content()
    assert page.title() == "A few questions"
    page.get_by_role("link", name="Get help now").click()
    page.locator("#help").wait_for()
    enter(page)
    begin(page)
    tap(page, "Mostly")
    assert site.clinic.answers(token)["heard"].value == "3"
    _ends(site, token)
    page.get_by_role("button", name="Mostly").click()
    page.get_by_role("heading", name="Please enter your code").wait_for()
    assert "Did it feel safe" not in page.content()
    enter(page)
    page.get_by_text("Mostly").first.wait_for()


def test_danger_that_is_written_when_the_code_has_run_out_is_answered(
    open_page: Any, site: Site
) -> None:
    token = with_code(site, each_time=True)
    page = open_page(site.link(token))
    enter(page)
    begin(page)
    tap(page, "Mostly")
    _ends(site, token)
    page.get_by_label("Your message").fill("I am going to kill myself tonight")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name=re.compile("999")).last.wait_for()
    page.get_by_text("Please enter your code to go on.").wait_for()
    assert "Mostly" not in page.locator("#log").inner_text(), "what was said before is gone"
    page.get_by_role("link", name="Enter the code").click()
    page.get_by_role("heading", name="Please enter your code").wait_for()


def test_in_a_frame_the_code_opens_without_cookies(open_page: Any, site: Site) -> None:
    token = with_code(site, each_time=True)
    page = open_page(f"{site.link(token)}/embed")
    enter(page)
    begin(page)
    assert page.context.cookies() == []


def _ends(site: Site, token: str) -> None:
    """Half an hour is over."""
    patient_id = site.clinic.reflection(token).patient_id
    with site.clinic.records.begin() as tx:
        tx.session.query(Unlock).filter_by(patient_id=patient_id).delete()


@pytest.mark.parametrize("size", SIZES)
def test_a_saved_copy_is_accessible_where_it_is_opened(
    open_page: Any, site: Site, tmp_path: Any, size: str
) -> None:
    """It stands alone: no style, no script and no policy comes along."""
    page = open_page(site.link(with_code(site)), size)
    for state in states(page, site):
        if state == "everything":
            break
    with page.expect_download() as download:
        page.get_by_role("link", name="As a page to read").last.click()
    file = tmp_path / "saved.html"
    file.write_bytes(download.value.path().read_bytes())
    page.route("**/saved", lambda route: route.fulfill(path=file, content_type="text/html"))
    page.goto(f"{site.url}/saved")
    page.get_by_text("More time.").first.wait_for()
    assert violations(page) == []
    assert too_wide(page) == []
