"""The pages in a real browser: accessible, reflowing, printable, usable by keyboard."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from barriers import too_wide, violations
from playwright.sync_api import Browser, BrowserContext, Page
from serving import serving
from starlette.applications import Starlette

from afterword.access.actors import Actor
from afterword.datafiles import load_instruments
from afterword.portal.app import routes
from afterword.records import alert_desk, alerts, models, people
from afterword.reflection.answers import AnswerState, Sharing
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind
from afterword.settings import PROJECT

from .factory import EMAIL, NOW, PASSWORD, WEEK, World, code_at, make_world, rated, said, without

pytestmark = pytest.mark.browser

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwe" * 3
CLINICIANS_PAGES = ("today", "digest", "ratings", "not-shared", "notice", "questions", "missing")
CONTACTS_PAGES = ("alerts", "alert", "seen", "closed", "concern", "month")
PAGES = ("sign-in", *CLINICIANS_PAGES, *CONTACTS_PAGES)
DANA = "dana@clinic.example"


class Clinic:
    """A served clinic with one of each page."""

    def __init__(self, world: World, base: str) -> None:
        self.world, self.base = world, base
        self.digest = self._digest()
        self.ratings = self._first_reflection("Jo Park", Sharing.RATINGS, hours=3)
        self.not_shared = self._first_reflection("Kim Doe", Sharing.PRIVATE, hours=2)
        world.book(NOW + timedelta(days=1), world.add_patient("Sam Lee", world.ada))
        self.dana = world.add_contact(Kind.DUTY, DANA, "Dana Duty")
        world.add_contact(Kind.SAFEGUARDING, DANA, "Dana Duty", self.dana)
        self._alerts()

    def address(self, page: str) -> str:
        paths = {
            "sign-in": "/portal/sign-in",
            "today": "/portal",
            "digest": f"/portal/appointments/{self.digest}",
            "ratings": f"/portal/appointments/{self.ratings}",
            "not-shared": f"/portal/appointments/{self.not_shared}",
            "notice": f"/portal/appointments/{self.notice}",
            "questions": f"/portal/appointments/{self.digest}/questions",
            "missing": "/portal/appointments/none",
            "alerts": "/portal/safety",
            "alert": f"/portal/safety/{self.alert}",
            "seen": f"/portal/safety/{self.seen}",
            "closed": f"/portal/safety/{self.closed}",
            "concern": f"/portal/safety/{self.concern}",
            "month": "/portal/safety/month",
        }
        return self.base + paths[page]

    def _digest(self) -> str:
        world = self.world
        with world.begin() as tx:
            goals = [
                people.add_goal(tx, world.robin, text, date(2026, 9, 1))
                for text in ("Sleep through most nights", "Call my sister once a week")
            ]
        world.history(
            *[
                (rated("heard", heard), rated("safe", 4), rated("goals", 3), rated("snag", 4),
                 said("wish", "Go a bit slower when we talk about work"))
                for heard in (4, 4, 3, 4)
            ]
        )  # fmt: skip
        session = world.book(NOW - WEEK)
        world.reflect(
            session,
            rated("heard", 2),
            rated("heard_why", "pace"),
            rated("safe", 4),
            rated("goals", 3),
            rated(f"goal-{goals[0]}", "mine"),
            rated(f"goal-{goals[1]}", "unsure"),
            without("approach", AnswerState.SKIPPED),
            rated("snag", 3, "I said fine when you asked about the homework. It was not fine."),
            said(
                "helped",
                "The drawing of the two chairs. It was the first time I could see both sides.",
            ),
            said("wish", "Ten minutes at the end to sort out what I take home."),
            at=NOW - timedelta(days=6),
        )
        return world.book(NOW + timedelta(hours=1))

    def _alerts(self) -> None:
        world = self.world
        earlier = NOW - timedelta(days=3, hours=2)
        quiet = "Some nights I think it would be easier not to be here."
        answers = (rated("heard", 4), said("helped", "Having an hour to myself."))
        alex = world.add_patient("Alex Moor", world.ada)
        shared = world.reflect(world.book(NOW - WEEK, alex), *answers)
        self.notice = world.book(NOW + timedelta(hours=4), alex)
        self.seen = self._raise(shared, Tier.SAME_DAY, quiet, at=earlier)
        self.closed = self._raise(self._asked("Max Roe"), Tier.SAME_DAY, quiet, at=earlier)
        with world.records.begin(earlier + timedelta(minutes=12), by=Actor.staff(self.dana)) as tx:
            alert_desk.acknowledge(tx, self.dana, self.seen)
            alert_desk.close(tx, self.dana, self.closed, "reached", "Rang. A sister is there.")
        self._raise(self._asked("Lou Poe"), Tier.SAME_DAY, quiet, at=NOW - timedelta(hours=20))
        self.alert = self._raise(self._asked("Kit Ray"), Tier.NOW, "It has to be tonight.")
        self.concern = self._raise(
            self._asked("Sol Day"), Tier.SAME_DAY, "I was asked to meet at home.", concern=True
        )

    def _asked(self, name: str) -> str:
        world = self.world
        return world.invite(world.book(NOW - WEEK, world.add_patient(name, world.ada)))

    def _raise(
        self,
        reflection: str,
        tier: Tier,
        words: str,
        at: datetime | None = None,
        concern: bool = False,
    ) -> str:
        """Returns the id of an alert; a concern is passed on, as the patient wants."""
        incident = alerts.Incident(
            reflection,
            Route.SAFEGUARDING if concern else Route.DUTY,
            tier,
            words,
            evidence=("en-sui-005", "en-cue-002"),
            categories=(Category.ABUSE_BY_CLINICIAN if concern else Category.SUICIDE,),
            version="rules 0e57ec2d8d8f, no model",
            channel="page",
        )
        with self.world.records.begin(at) as tx:
            raised = alerts.raise_alert(tx, incident)
            if concern:
                alerts.forward_concern(tx, reflection, True)
        return raised.alert_id

    def _first_reflection(self, name: str, sharing: Sharing, hours: int) -> str:
        world = self.world
        patient = world.add_patient(name, world.ada)
        answers = (rated("heard", 5), rated("safe", 4), said("helped", "Nothing to add"))
        world.reflect(world.book(NOW - WEEK, patient), *answers, sharing=sharing)
        return world.book(NOW + timedelta(hours=hours), patient)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    world = make_world(tmp_path_factory.mktemp("portal"))
    world.context.instruments = load_instruments(PROJECT / "instruments" / "core.yml")
    with serving(Starlette(routes=routes(world.context))) as base:
        yield Clinic(world, base)
    world.records.close()


@pytest.fixture(scope="module")
def state(clinic: Clinic, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of a clinician who has signed in with the keyboard only."""
    path = tmp_path_factory.mktemp("state") / "state.json"
    context = browser.new_context()
    page = context.new_page()
    page.goto(clinic.address("sign-in"))
    page.locator("#email:focus").wait_for()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#code:focus").wait_for()
    page.keyboard.type(code_at(NOW))
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("today"))
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture(scope="module")
def contacts_state(
    clinic: Clinic, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The cookies of a contact without patients."""
    path = tmp_path_factory.mktemp("state") / "contact.json"
    context = browser.new_context()
    page = context.new_page()
    page.goto(clinic.address("sign-in"))
    page.get_by_label("E-mail").fill(DANA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Code from the app").fill(code_at(NOW))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(clinic.address("alerts"))
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


@pytest.fixture
def visit(
    clinic: Clinic,
    browser: Browser,
    state: Path,
    contacts_state: Path,
    contexts: list[BrowserContext],
) -> "Visitor":
    cookies = dict.fromkeys(CLINICIANS_PAGES, state) | dict.fromkeys(CONTACTS_PAGES, contacts_state)
    return Visitor(clinic, browser, cookies, contexts)


class Visitor:
    """Opens pages, without JavaScript unless asked for."""

    def __init__(
        self,
        clinic: Clinic,
        browser: Browser,
        cookies: dict[str, Path],
        contexts: list[BrowserContext],
    ) -> None:
        self._clinic, self._browser, self._cookies = clinic, browser, cookies
        self._contexts = contexts

    def __call__(
        self, name: str, width: int = 1280, scheme: str = "light", scripts: bool = False
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            # axe puts a script into the page, which our policy rightly forbids.
            bypass_csp=scripts,
            storage_state=self._cookies.get(name),
        )
        self._contexts.append(context)
        page = context.new_page()
        page.goto(self._clinic.address(name))
        return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Visitor, name: str, width: int, scheme: str) -> None:
    page = visit(name, width, scheme, scripts=True)
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways_at_320_pixels(visit: Visitor, name: str) -> None:
    page = visit(name, 320, scripts=True)
    assert too_wide(page) == []


def test_an_endless_word_stays_on_the_page(visit: Visitor, clinic: Clinic) -> None:
    page = visit("digest", 320, scripts=True)
    page.evaluate("word => document.querySelector('blockquote').textContent = word", LONG_WORD)
    assert too_wide(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_target_is_large_enough(visit: Visitor, name: str) -> None:
    page = visit(name, 390, scripts=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input:not([type=hidden])')]
            .map(node => node.closest('label') ?? node)
            .filter(node => !node.matches('.skip, .headline a'))
            .map(node => [node.textContent || node.name, node.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44)
            .map(([name, box]) => `${name.trim()} ${box.width} x ${box.height}`)"""
    )
    assert small == []


def test_the_patients_words_are_the_largest_text(visit: Visitor) -> None:
    page = visit("digest", scripts=True)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('main *')]
            .filter(node => [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
            .map(node => [parseFloat(getComputedStyle(node).fontSize), node.tagName])"""
    )
    largest = max(size for size, _ in sizes)
    assert "BLOCKQUOTE" in {tag for size, tag in sizes if size == largest}


def test_the_browser_reports_no_breach_of_the_policy(
    clinic: Clinic, browser: Browser, state: Path
) -> None:
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    for name in CLINICIANS_PAGES[:-1]:
        page.goto(clinic.address(name))
    context.close()
    assert problems == []


def test_a_normal_digest_prints_on_one_page(visit: Visitor, tmp_path: Path) -> None:
    page = visit("digest", scripts=True)
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1
    page.emulate_media(media="print")
    assert page.get_by_text("Confidential. Printed by").is_visible()
    assert page.get_by_text("R. O.").is_visible()
    assert not page.get_by_text("Robin Okafor").is_visible()
    assert not page.get_by_role("button").first.is_visible()


def test_a_long_digest_says_confidential_on_every_page(visit: Visitor) -> None:
    page = visit("digest", scripts=True)
    page.evaluate("document.querySelector('blockquote').textContent = 'A long story. '.repeat(500)")
    pages = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert pages > 1
    page.emulate_media(media="print")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.printed')).display")
        == "table-footer-group"
    )


def test_from_today_to_read_with_the_keyboard_only(visit: Visitor, clinic: Clinic) -> None:
    page = visit("today")
    _tab_to(page, "Robin Okafor")
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("digest"))
    _tab_to(page, "I have read this")
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("digest") + "?notice=read")
    assert page.get_by_role("status").is_visible()
    with clinic.world.records.begin() as tx:
        (reading,) = tx.session.query(models.Reading).filter(models.Reading.read_at.is_not(None))
        # Leave the page as it was for the other tests.
        reading.read_at = None


def test_from_the_banner_to_closed_with_the_keyboard_only(visit: Visitor, clinic: Clinic) -> None:
    page = visit("month")
    _tab_to(page, "3 alerts wait to be seen")
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("alerts"))
    _tab_to(page, "Kit Ray")
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("alert"))
    _tab_to(page, "I have seen this")
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("alert") + "?notice=seen")
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Handed over to the day team.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(clinic.address("alert") + "?notice=closed")
    assert page.get_by_text("Handed over to somebody who looks after it").is_visible()


def test_an_alert_prints_without_name_and_buttons(visit: Visitor) -> None:
    page = visit("concern", scripts=True)
    page.emulate_media(media="print")
    assert page.get_by_text("S. D.").is_visible()
    assert not page.get_by_text("Sol Day").is_visible()
    assert page.get_by_text("I was asked to meet at home.").is_visible()
    assert page.get_by_text("Please do not speak of it with them").is_visible()
    assert not page.locator("button, textarea, input").first.is_visible()
    assert page.get_by_text("Confidential. Printed by").is_visible()


def _tab_to(page: Page, name: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if name in focused.inner_text():
            outline = focused.evaluate("node => getComputedStyle(node).outlineStyle")
            assert outline == "solid"
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")
