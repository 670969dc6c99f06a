"""The demo's tour: plays patient and clinician in a real browser and writes screenshots.

Needs the test environment (Playwright) and Chromium; it is one of the tests.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from afterword import readiness, services
from afterword.demo import PATIENT, Demo
from afterword.demo_seed import CLINICIANS
from afterword.fleet import Fleet
from afterword.records.vault import load_vault

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
WORDS = "The list of small steps. Two of them worked this week."
WISH = "Ask me how lunch on Tuesday went."
# What is tapped where it is offered; a question that takes its turn gets its first option.
_WANTED = ("Very much", "Still mine", "Hardly any", "We ran out of time")
_OPEN_QUESTIONS = ("helped most", "gone a little better")
_MOST_QUESTIONS = 9
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_MS = 60_000
_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class TourCannotStart(Exception):
    """Something that the tour needs is missing; the message says what to do."""


def play(demo: Demo, out: Path) -> None:
    """Plays the whole way from link to *I have read this*; raises when a step does not happen.

    Writes `patient.png`, `review.png`, `digest.png` and others into `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _running(demo), open_browser() as browser:
        patient = _page(browser, PHONE)
        _reflect(patient, demo, out)
        clinician = _page(browser, DESK)
        _read(clinician, demo, out)
        patient.get_by_text("read this on").first.wait_for()
        _shoot(patient, out, "7-read")
    typer.echo(f"The tour is through. Screenshots: {out}")


def _reflect(page: Any, demo: Demo, out: Path) -> None:
    page.goto(demo.patient_link)
    _shoot(page, out, "1-landing")
    page.get_by_role("button", name="Start").click()
    _tap(page, "Partly", then="feel safe")
    _shoot(page, out, "patient")
    for _ in range(_MOST_QUESTIONS):
        turn = page.locator("#turn").text_content() or ""
        if "in the way of being heard" in turn:
            _shoot(page, out, "3-follow-up")
        if any(words in turn for words in _OPEN_QUESTIONS):
            break
        _answer(page)
    _type(page, WORDS, then="one thing you would like")
    _type(page, WISH, then="Here is what I have")
    _shoot(page, out, "review")
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_text("Done.").first.wait_for()
    _shoot(page, out, "5-done")


def _read(page: Any, demo: Demo, out: Path) -> None:
    page.goto(f"{demo.settings.base_url}/portal")
    page.get_by_label("E-mail").fill(CLINICIANS[0][1])
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Next").click()
    # In the demo the page says what an app would show.
    shown = page.get_by_text("an app would show").text_content() or ""
    page.get_by_label("Code from the app").fill("".join(filter(str.isdigit, shown)))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=PATIENT).wait_for()
    _shoot(page, out, "6-today", whole=True)
    page.get_by_role("link", name=PATIENT).click()
    page.get_by_text(WORDS).wait_for()
    page.get_by_text(WISH).wait_for()
    _shoot(page, out, "digest", whole=True)
    page.get_by_role("button", name="I have read this").click()
    page.get_by_role("button", name="I have read this").wait_for(state="detached")


def _answer(page: Any) -> None:
    """Taps an option of the open question, whichever takes its turn, and waits for the next one."""
    asked = page.locator("#turn").text_content()
    buttons = page.locator("#turn").get_by_role("button")
    titles = buttons.all_text_contents()
    wanted = next((title for title in _WANTED if title in titles), titles[0])
    buttons.nth(titles.index(wanted)).click()
    page.wait_for_function(
        "before => document.getElementById('turn').textContent !== before", arg=asked
    )
    # The next question is there once it offers something, if only to skip it.
    buttons.first.wait_for()


def _tap(page: Any, choice: str, *, then: str) -> None:
    """Taps a choice and waits for the next question."""
    page.locator("#turn").get_by_role("button", name=choice, exact=True).click()
    page.locator("#turn", has_text=then).wait_for()


def _type(page: Any, words: str, *, then: str) -> None:
    page.get_by_role("textbox").fill(words)
    page.get_by_role("button", name="Send").click()
    page.locator("#turn", has_text=then).wait_for()


def _page(browser: Any, viewport: dict[str, int]) -> Any:
    page = browser.new_context(viewport=viewport, device_scale_factor=2).new_page()
    page.set_default_timeout(_PATIENCE_MS)
    return page


def _shoot(page: Any, out: Path, name: str, *, whole: bool = False) -> None:
    page.wait_for_timeout(400)  # let the page come to rest: it scrolls to the new question
    page.screenshot(path=str(out / f"{name}.png"), full_page=whole)


@contextmanager
def _running(demo: Demo) -> Iterator[None]:
    vault = load_vault(demo.settings.keys)
    settings = demo.settings
    supervisor = services.Supervisor(settings.data_dir / "log", typer.echo)
    fleet = Fleet(settings, demo.ports, vault, supervisor, typer.echo)
    fleet.forget()
    for service in services.app_services(settings, demo.ports, vault):
        supervisor.start(service)
    watching = threading.Thread(target=supervisor.watch, daemon=True)
    watching.start()
    threading.Thread(target=fleet.run, daemon=True).start()
    try:
        if not readiness.wait_until_up(demo.ports.rasa, readiness.RASA):
            raise TourCannotStart("The assistant did not start. Run: afterword doctor")
        if not readiness.wait_until_up(demo.ports.web, readiness.PAGES):
            raise TourCannotStart("The pages did not start. Run: afterword doctor")
        yield
    finally:
        supervisor.stop()
        watching.join()


@contextmanager
def open_browser() -> Iterator[Any]:
    """A headless Chromium. Raises TourCannotStart when it or Playwright is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise TourCannotStart(
            "The tour needs the test environment. Run: make demo ARGS=--tour"
        ) from None
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise TourCannotStart("The tour needs Chromium. Install it and start the tour again.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_OPTIONS))
        yield browser
        browser.close()
