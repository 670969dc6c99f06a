"""In a real Chromium: no page breaks its own policy, and leaving leaves nothing behind."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from afterword.records import alerts
from afterword.safety.finding import Category, Tier
from afterword.safety.finding import Route as To

from .house import NOW, WEEK, House, open_house, rated, said
from .watching import STRANGE, Watch, watched

pytestmark = pytest.mark.browser
DANGER = "I want to kill myself tonight."


@pytest.fixture(scope="module")
def neutral() -> Iterator[str]:
    """A page on another host that says nothing."""

    async def weather(_request: Request) -> Response:
        return HTMLResponse("<title>Weather</title>Sunny.")

    with serving(Starlette(routes=[Route("/", weather)])) as url:
        yield url


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, neutral: str) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("browser"), demo=True, leave_url=neutral)
    yield opened
    opened.records.close()


@pytest.fixture
def watch(browser: Any, house: House, neutral: str) -> Iterator[Watch]:
    with watched(browser, house, neutral) as opened:
        yield opened


@pytest.fixture
def token(house: House) -> str:
    return house.link(house.patient("Robin Okafor", goal="Sleep well"))[0]


def patients_pages(page: Any, url: str, token: str) -> Iterator[str]:
    """Every page of the patient's, one after the other."""
    link = f"{url}/f/{token}"
    page.goto(link)
    yield "landing"
    page.get_by_role("button", name="Start").click()
    page.locator("#composer").wait_for()
    yield "chat"
    page.get_by_label("Your message").fill(DANGER)
    page.get_by_role("button", name="Send").click()
    page.locator("#turn .safety").first.wait_for()
    yield "lines of safety in the chat"
    page.goto(f"{link}/form")
    yield "form"
    page.locator("textarea").last.fill("a" * 10_001)
    page.get_by_role("button", name="Save").click()
    page.locator("[role=alert]").first.wait_for()
    yield "form with a mistake"
    page.locator("textarea").last.fill(DANGER)
    page.get_by_role("button", name="Save").click()
    page.locator("[role=alert]").first.wait_for()
    yield "lines of safety on the form"
    page.goto(f"{link}/form/review")
    yield "review"
    page.get_by_role("button", name="Stop and delete").click()
    page.get_by_role("button", name="Keep my answers").wait_for()
    yield "delete"
    page.get_by_role("button", name="Keep my answers").click()
    page.get_by_role("button", name="Keep private").click()
    page.get_by_role("button", name="Take it back").wait_for()
    yield "done"
    for path in ("/f/unknown", "/help", "/help?lang=es"):
        page.goto(url + path)
        yield path


def staff_pages(house: House) -> Iterator[str]:
    """Every page of staff that can be opened by its address alone, and one of each other kind."""
    patient = house.patient("Kim Doe", goal="Call my sister")
    _, reflection_id = house.link(patient)
    house.answer(reflection_id, rated("heard", "4"), said("helped", "The walk."))
    incident = alerts.Incident(
        reflection_id,
        To.DUTY,
        Tier.SAME_DAY,
        DANGER,
        evidence=("en-sui-005",),
        categories=(Category.SUICIDE,),
        version="rules",
        channel="page",
    )
    with house.records.begin() as tx:
        alert = alerts.raise_alert(tx, incident).alert_id
    yield f"/portal/appointments/{house.book(patient, NOW + WEEK / 7)}"
    yield f"/portal/safety/{alert}"
    yield "/portal/appointments/none"
    for route in house.app.routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or {"GET"}):
            continue
        if route.path.startswith("/portal") and "{" not in route.path:
            yield route.path


def test_no_page_of_a_patient_breaks_its_policy(watch: Watch, token: str) -> None:
    page = watch.page()
    names = []
    for name in patients_pages(page, watch.url, token):
        names.append(name)
        page.wait_for_timeout(50)
        assert watch.seen() == [], name
        assert page.evaluate(STRANGE) == [], name
    assert len(names) > 10


def test_the_frame_on_a_clinics_page_breaks_no_policy(watch: Watch, token: str) -> None:
    page = watch.page()
    page.goto(f"{watch.url}/demo/clinic?link={token}")
    page.keyboard.press("Tab")
    with page.expect_event("framenavigated", lambda frame: frame.url.endswith("/embed")) as opened:
        page.keyboard.press("Enter")
    opened.value.get_by_role("button", name="Start").click()
    opened.value.locator("#composer").wait_for()
    assert watch.seen() == []


def test_no_page_of_staff_breaks_its_policy(watch: Watch, house: House) -> None:
    pages = [
        watch.page(cookie=house.cookie(house.ada)),
        watch.page(cookie=house.cookie(house.dana)),
        watch.page(),
    ]
    paths = [*staff_pages(house)]
    assert len(paths) > 5
    for path in paths:
        for page in pages:
            page.goto(watch.url + path)
            assert watch.seen() == [], path
            assert page.evaluate(STRANGE) == [], path


def test_a_breach_would_be_seen(watch: Watch, token: str) -> None:
    page = watch.page()
    page.goto(f"{watch.url}/f/{token}")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: '//x'}))"
    )
    page.evaluate("try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>') } catch {}")
    page.wait_for_timeout(300)
    assert watch.reports.count == 2
    assert [one for one in watch.problems if "Trusted" in one or "TrustedHTML" in one]
    watch.problems.clear()
    watch.reports.count = 0


@pytest.mark.parametrize("scripts", [True, False])
def test_every_page_can_be_left_at_once(
    watch: Watch, neutral: str, token: str, scripts: bool
) -> None:
    paths = [f"/f/{token}", f"/f/{token}/form", f"/f/{token}/form/review", "/f/unknown", "/help"]
    for path in paths:
        page = watch.page(java_script_enabled=scripts)
        page.goto(watch.url + path)
        page.get_by_role("link", name="Leave this page").click()
        page.wait_for_url(f"{neutral}/**")
        if scripts:
            # The page that was left is not behind the new one.
            assert page.evaluate("history.length") == 2, path
            page.go_back()
            assert watch.url not in page.url
    assert watch.seen() == []


def test_escape_twice_leaves_and_once_does_not(watch: Watch, neutral: str, token: str) -> None:
    for path in ("", "/form", "/form/review"):
        page = watch.page()
        page.goto(f"{watch.url}/f/{token}{path}")
        page.keyboard.press("Escape")
        page.wait_for_timeout(1200)
        page.keyboard.press("Escape")
        page.wait_for_timeout(200)
        assert page.url.startswith(watch.url), path
        # Two more: on a busy machine the pause may have been longer than the page waits.
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_url(f"{neutral}/**")
    assert watch.seen() == []


def stored(page: Any) -> Any:
    return page.evaluate(
        "async () => [{...sessionStorage}, {...localStorage}, document.cookie,"
        " (await indexedDB.databases()).length, (await caches.keys()).length,"
        " (await navigator.serviceWorker.getRegistrations()).length]"
    )


NOTHING = [{}, {}, "", 0, 0, 0]


def test_nothing_is_kept_in_the_browser_once_the_server_has_it(watch: Watch, token: str) -> None:
    page = watch.page()
    page.goto(f"{watch.url}/f/{token}")
    page.get_by_role("button", name="Start").click()
    page.locator("#composer").wait_for()
    page.route("**/api/messages", lambda route: route.abort())
    box = page.get_by_label("Your message")
    box.fill("Words that are not there yet")
    page.get_by_role("button", name="Send").click()
    page.wait_for_function("() => Object.values(sessionStorage).join().includes('not there yet')")
    page.unroute("**/api/messages")
    page.wait_for_function("() => !sessionStorage.length")
    assert stored(page) == NOTHING
    assert box.get_attribute("autocomplete") == "off"
    page.goto(f"{watch.url}/f/{token}/form")
    page.locator("textarea").last.fill("Words on the form")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Keep private").click()
    page.get_by_role("button", name="Take it back").wait_for()
    assert stored(page) == NOTHING


def test_who_leaves_takes_unsent_words_along(watch: Watch, neutral: str, token: str) -> None:
    page = watch.page()
    page.goto(f"{watch.url}/f/{token}")
    page.get_by_role("button", name="Start").click()
    page.locator("#composer").wait_for()
    page.route("**/api/messages", lambda route: route.abort())
    page.get_by_label("Your message").fill("Nobody shall read this")
    page.get_by_role("button", name="Send").click()
    page.wait_for_function("() => sessionStorage.length")
    page.get_by_role("link", name="Leave this page").click()
    page.wait_for_url(f"{neutral}/**")
    page.goto(f"{watch.url}/help")
    assert stored(page) == NOTHING


def test_a_link_that_ended_keeps_no_words_in_the_browser(watch: Watch, token: str) -> None:
    page = watch.page()
    page.goto(f"{watch.url}/f/{token}")
    page.get_by_role("button", name="Start").click()
    page.locator("#composer").wait_for()
    page.route("**/api/messages", lambda route: route.fulfill(status=404, body="{}"))
    page.get_by_label("Your message").fill("Too late")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("This link does not work any more.").wait_for()
    assert stored(page) == NOTHING


CLINICAL = re.compile(
    r"therap|session|clinic|counsel|psych|mental|feedback|reflect|health|afterword|terapia|sesi",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", ["", "/embed", "/form", "/form/review", "/unknown"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_title_and_preview_say_nothing_of_the_clinic(
    watch: Watch, token: str, path: str, language: str
) -> None:
    page = watch.page(java_script_enabled=False)
    page.goto(f"{watch.url}/help?lang={language}" if path == "/unknown" else "about:blank")
    if path != "/unknown":
        page.goto(f"{watch.url}/f/{token}{path}")
    head = page.locator("head")
    told = [page.title(), *(one.get_attribute("content") for one in head.locator("meta").all())]
    assert head.locator("meta[name=robots]").get_attribute("content") == "noindex"
    assert head.locator("meta[property='og:title']").count() == 1
    assert head.locator("meta[property='og:description']").count() == 1
    assert (
        head.locator("meta[property='og:image'], link[rel=icon]:not([href='data:,'])").count() == 0
    )
    assert not [text for text in told if CLINICAL.search(text)]
