"""Teaching the assistant, in a real browser: accessible, narrow, and by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from barriers import barriers
from playwright.sync_api import Browser, BrowserContext, Page
from serving import serving
from starlette.applications import Starlette

from afterword.demo_misheard import seed_misheard
from afterword.demo_seed import ADMIN, ANNOTATOR, secret_of, seed
from afterword.portal.app import routes
from afterword.settings import Settings

from .factory import (
    NOW,
    Clock,
    Context,
    code_at,
    empty_records,
    instrument,
    password_hash,
)
from .signing_in import signed_in
from .taught import TRIED, WORSE, teach

pytestmark = pytest.mark.browser

PAGES = (
    "/portal/review",
    "/portal/admin/teach",
    "/portal/admin/teach/lines?words=go+back",
    "/portal/admin/training?again=by-hand",
    "/portal/admin/models?again=by-hand",
    f"/portal/admin/models/{WORSE}",
    f"/portal/admin/models/{TRIED}",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal with the messages of the demo."""
    records = empty_records(tmp_path_factory.mktemp("review"), Clock())
    seed_misheard(records, seed(records, instrument(), password_hash(), []).reflections)
    teach(records)
    with serving(Starlette(routes=routes(Context(Settings(), records)))) as address:
        yield address
    records.close()


@pytest.fixture(scope="module")
def alex(browser: Browser, base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state") / "alex.json"
    return signed_in(browser, base, ADMIN[1], code_at(NOW, secret_of(ADMIN[1])), path)


@pytest.fixture(scope="module")
def nat(browser: Browser, base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state") / "nat.json"
    return signed_in(browser, base, ANNOTATOR[1], code_at(NOW, secret_of(ANNOTATOR[1])), path)


@pytest.fixture
def contexts() -> Iterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, base: str, alex: Path, contexts: list[BrowserContext], width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        storage_state=alex,
        # axe puts a script into the page, which our policy rightly forbids.
        bypass_csp=True,
    )
    contexts.append(context)
    page = context.new_page()
    for path in PAGES:
        page.goto(base + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert barriers(page) == [], path


def words(page: Page) -> str:
    """The message that has the focus."""
    found: str = page.evaluate(
        "document.activeElement.closest('.misheard')?.querySelector('.words').innerText ?? ''"
    )
    return found


def done(page: Page) -> str:
    return page.inner_text(".counted span")


def press(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def test_everything_by_keyboard_with_one_key_for_each_decision(
    browser: Browser, base: str, nat: Path, contexts: list[BrowserContext]
) -> None:
    context = browser.new_context(storage_state=nat)
    contexts.append(context)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.goto(f"{base}/portal/review")
    # Nothing has the focus yet, so keys do nothing.
    page.keyboard.press("1")
    for _ in range(30):
        page.keyboard.press("Tab")
        if words(page):
            break
    first = words(page)
    assert first
    for key, said in (("1", "Saved."), ("a", "Saved."), ("s", "Skipped."), ("h", "Hidden.")):
        before = words(page)
        press(page, key)
        assert said in page.inner_text(".noted")
        assert words(page) not in ("", before)
    assert done(page).startswith("4 of 25")
    for left in (3, 2, 1, 0):
        press(page, "u")
        assert done(page).startswith(f"{left} of 25")
    # In a list of choices a key chooses, and presses no button.
    taken = page.evaluate(
        """() => !document.querySelector('.misheard select').dispatchEvent(
            new KeyboardEvent('keydown', {key: 's', bubbles: true, cancelable: true}))"""
    )
    assert not taken
    assert problems == []


def test_without_a_script_the_buttons_do_the_same(
    browser: Browser, base: str, alex: Path, contexts: list[BrowserContext]
) -> None:
    context = browser.new_context(storage_state=alex, java_script_enabled=False)
    contexts.append(context)
    page = context.new_page()
    page.goto(f"{base}/portal/review?language=es")
    before = int(page.inner_text(".counted span").split()[0])
    page.get_by_role("button", name="Skip", exact=True).first.click()
    assert "Skipped." in page.inner_text(".noted")
    assert int(page.inner_text(".counted span").split()[0]) == before + 1
    page.get_by_role("button", name="Undo").click()
    assert int(page.inner_text(".counted span").split()[0]) == before
