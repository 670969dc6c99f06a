"""Every state of the patient's page can be used: by axe, on a small screen, with a thumb."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from barriers import too_wide, violations
from phone import SIZES, Open, begin, fill_form, go_to_review, tap
from stand_in import Site

pytestmark = pytest.mark.browser

Walk = Callable[[Any, Site], Iterator[str]]


def chat_states(page: Any, site: Site) -> Iterator[str]:
    """Walks through the chat and stops at each state."""
    yield "landing"
    begin(page)
    yield "question with choices"
    page.locator("summary").click()
    yield "menu"
    page.get_by_role("link", name="Get help now").click()
    yield "help"
    page.get_by_role("link", name="Back to the questions").click()
    for choice in ("Mostly", "Very much", "Mostly", "Still mine", "Completely", "None"):
        tap(page, choice)
    yield "question with words"
    tap(page, "Skip")
    tap(page, "Skip")
    yield "review"
    tap(page, "Share")
    yield "done"


def form_states(page: Any, site: Site) -> Iterator[str]:
    """Walks through the pages that need no script."""
    landing = page.url
    page.goto(landing + "/form")
    yield "form"
    page.goto(landing)
    fill_form(page)
    yield "form review"
    page.get_by_role("button", name="Stop and delete").click()
    yield "form delete"
    page.get_by_role("button", name="Keep my answers").click()
    page.get_by_role("button", name="Share", exact=True).click()
    yield "form done"
    page.goto(site.link("broken"))
    yield "broken link"


@pytest.mark.parametrize("walk", [chat_states, form_states])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colours", [{"color_scheme": "light"}, {"color_scheme": "dark"}])
def test_every_state_is_accessible(
    open_page: Open, site: Site, walk: Walk, size: str, colours: dict[str, str]
) -> None:
    page = open_page(site.link(), size, **colours)
    for state in walk(page, site):
        assert violations(page) == [], state
        assert too_wide(page) == [], state


@pytest.mark.parametrize("walk", [chat_states, form_states])
def test_forced_colours_on_a_very_small_screen(open_page: Open, site: Site, walk: Walk) -> None:
    page = open_page(site.link(), "tiny", forced_colors="active")
    for state in walk(page, site):
        assert violations(page) == [], state
        assert too_wide(page) == [], state


def test_buttons_are_big_enough_for_a_thumb(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    go_to_review(page)
    page.locator("summary").click()
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box["height"] >= 44, button.text_content()
        assert box["width"] >= 44, button.text_content()
