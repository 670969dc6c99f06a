"""A patient's page in a browser, and what a patient does on it."""

from collections.abc import Callable
from typing import Any

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
Open = Callable[..., Any]
"""Opens a page of a size."""


def begin(page: Any) -> None:
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Mostly").wait_for()


def tap(page: Any, name: str) -> None:
    """A tap on a choice, and the wait for the next turn."""
    shown = page.locator("#turn").text_content()
    page.get_by_role("button", name=name, exact=True).click()
    next_turn(page, shown)


def next_turn(page: Any, shown: str) -> None:
    page.wait_for_function(
        "shown => { const now = document.getElementById('turn').textContent;"
        " return now && now !== shown; }",
        arg=shown,
    )


def go_to_text(page: Any) -> None:
    begin(page)
    for choice in ("Mostly", "Very much", "Mostly", "Still mine", "Completely", "None"):
        tap(page, choice)


def go_to_review(page: Any) -> None:
    go_to_text(page)
    shown = page.locator("#turn").text_content()
    page.get_by_label("Your message").fill("הוא הקשיב לי <img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Send").click()
    next_turn(page, shown)
    tap(page, "Skip")


def fill_form(page: Any) -> None:
    page.goto(page.url + "/form")
    page.get_by_label("Mostly").first.check()
    page.get_by_label("In your own words").last.fill("More time")
    page.get_by_role("button", name="Save").click()


def reach(page: Any, name: str) -> None:
    """Tabs on until the focus is on what is called `name`, and is visible there."""
    called = "(document.activeElement.ariaLabel || document.activeElement.textContent).trim()"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(called) == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")
