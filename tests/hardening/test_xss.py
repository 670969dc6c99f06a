"""Cross-site scripting as answers, goals, names and messages: it stays text on every page."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from afterword.records import alerts, inbox, people
from afterword.safety.finding import Category, Route, Tier
from afterword.settings import PROJECT

from .house import NOW, WEEK, House, open_house, rated, said
from .watching import STRANGE, Watch, watched

pytestmark = pytest.mark.browser
LINES = (PROJECT / "tests" / "data" / "xss.txt").read_text(encoding="utf-8").splitlines()
PAYLOADS = [line for line in LINES if line and not line.startswith("# ")]
_ON_ONE_SHEET = 4


@dataclass
class Sheet:
    """One patient with some payloads as words, goals and name."""

    words: tuple[str, ...]
    token: str = ""
    appointment: str = ""
    alert: str = ""


@dataclass
class Clinic:
    house: House
    sheets: list[Sheet] = field(default_factory=list)
    chat: str = ""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Every payload in every place where somebody's words or names may stand."""
    name = PAYLOADS[0]
    house = open_house(tmp_path_factory.mktemp("xss"), named=name)
    made = Clinic(house)
    for at in range(0, len(PAYLOADS), _ON_ONE_SHEET):
        made.sheets.append(_sheet(house, tuple(PAYLOADS[at : at + _ON_ONE_SHEET])))
    with house.records.begin() as tx:
        for payload in PAYLOADS:
            patient = people.add_patient(tx, house.clinic, name=payload)
            people.assign(tx, house.ada, patient, NOW.date())
            people.book(tx, patient, house.ada, NOW + timedelta(minutes=5), NOW + WEEK / 168)
    made.chat = _chat(house)
    yield made
    house.records.close()


def _sheet(house: House, words: tuple[str, ...]) -> Sheet:
    sheet = Sheet(words)
    patient = house.patient(words[0], goal=words[-1])
    answers = [
        rated("heard", "4", words[0]),
        rated("snag", "3", words[1 % len(words)]),
        said("helped", words[2 % len(words)]),
        said("wish", words[-1]),
    ]
    sheet.token, open_one = house.link(patient)
    house.answer(open_one, *answers, sharing=None)
    other = house.patient(words[-1], goal=words[0])
    _, shared = house.link(other)
    house.answer(shared, *answers)
    sheet.appointment = house.book(other, NOW + WEEK / 7)
    incident = alerts.Incident(
        shared,
        Route.DUTY,
        Tier.SAME_DAY,
        "\n".join(words),
        evidence=("en-sui-005",),
        categories=(Category.SUICIDE,),
        version="rules",
        channel="page",
    )
    with house.records.begin() as tx:
        sheet.alert = alerts.raise_alert(tx, incident).alert_id
    return sheet


def _chat(house: House) -> str:
    """One long conversation: each payload from the patient, and back from the assistant."""
    token, reflection_id = house.link(house.patient(PAYLOADS[1]))
    with house.records.begin() as tx:
        for payload in PAYLOADS:
            row = {"question": "helped", "label": payload, "answer": payload, "words": payload}
            reply = {
                "text": payload,
                "kind": "review",
                "input": "choice",
                "choices": [{"token": "helped.same", "title": payload, "style": "quiet"}],
                "rows": [row | {"change": "change.helped", "remove": None}],
            }
            typed = {"text": payload}
            accepted = inbox.accept(tx, reflection_id, str(uuid.uuid4()), "text", typed)
            inbox.finish(tx, accepted.inbox_id, [reply])
    return token


@pytest.fixture(scope="module")
def watch(browser: Any, clinic: Clinic) -> Iterator[Watch]:
    with watched(browser, clinic.house) as opened:
        yield opened


def squeezed(text: str) -> str:
    return " ".join(text.split())


def look(page: Any, words: tuple[str, ...], where: str) -> None:
    """Nothing strange is on the page, and the words are, as text."""
    assert page.evaluate(STRANGE) == [], where
    typed = "[...document.querySelectorAll('textarea, input')].map(one => one.value).join(' ')"
    text = squeezed(page.evaluate(f"document.body.textContent + ' ' + {typed}"))
    assert [one for one in words if squeezed(one) not in text] == [], where


def test_on_no_page_does_anything_run(clinic: Clinic, watch: Watch, tmp_path: Path) -> None:
    patient = watch.page()
    clinician = watch.page(cookie=clinic.house.cookie(clinic.house.ada))
    contact = watch.page(cookie=clinic.house.cookie(clinic.house.dana))
    for sheet in clinic.sheets:
        for path in ("form", "form/review"):
            patient.goto(f"{watch.url}/f/{sheet.token}/{path}")
            look(patient, sheet.words, path)
        clinician.goto(f"{watch.url}/portal/appointments/{sheet.appointment}")
        look(clinician, sheet.words, "digest")
        clinician.emulate_media(media="print")
        look(clinician, sheet.words, "printed digest")
        clinician.emulate_media(media="screen")
        contact.goto(f"{watch.url}/portal/safety/{sheet.alert}")
        look(contact, sheet.words, "alert")
    assert clinician.pdf().startswith(b"%PDF")
    clinician.goto(f"{watch.url}/portal")
    look(clinician, tuple(PAYLOADS), "today")
    contact.goto(f"{watch.url}/portal/safety")
    look(contact, tuple(sheet.words[-1] for sheet in clinic.sheets), "alerts")
    contact.goto(f"{watch.url}/portal/safety/month")
    assert contact.evaluate(STRANGE) == []
    assert watch.seen() == []


def test_in_the_chat_nothing_runs(clinic: Clinic, watch: Watch) -> None:
    page = watch.page()
    page.goto(f"{watch.url}/f/{clinic.chat}")
    page.locator("#log p.mine").nth(len(PAYLOADS) - 1).wait_for()
    look(page, tuple(PAYLOADS), "chat")
    assert watch.seen() == []


def test_words_that_come_back_at_once_stay_text(clinic: Clinic, watch: Watch) -> None:
    """The form with a mistake, the page of a dead link and the clinic's own page of the demo."""
    page = watch.page()
    token, _ = clinic.house.link(clinic.house.patient("Robin"))
    page.goto(f"{watch.url}/f/{token}/form")
    boxes = page.locator("textarea")
    long = "".join(PAYLOADS) + "a" * 10_001
    page.evaluate("words => document.querySelectorAll('textarea')[0].value = words", long)
    assert boxes.count() > 3
    page.get_by_role("button", name="Save").click()
    page.locator("[role=alert]").first.wait_for()
    look(page, ("".join(PAYLOADS),), "form with a mistake")
    for payload in PAYLOADS:
        page.goto(f"{watch.url}/f/{quote(payload, safe='')}")
        assert page.evaluate(STRANGE) == []
    assert watch.seen() == []


def test_the_api_says_that_it_is_no_page(clinic: Clinic, watch: Watch) -> None:
    bearer = {"Authorization": f"Bearer {clinic.chat}"}
    reply = httpx.get(f"{watch.url}/api/conversation", headers=bearer)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert {line["text"] for line in reply.json()["messages"]} == set(PAYLOADS)


def test_such_payloads_would_run_where_they_are_not_held(browser: Any, watch: Watch) -> None:
    """Without escaping and policy many of them run; the policy alone stops and reports them."""
    bare = Watch(browser, watch.url, watch.reports)
    page = bare.page()
    before = watch.reports.count
    for policy in ({}, {"Content-Security-Policy": policy_of(watch)}):
        headers = {"Content-Type": "text/html; charset=utf-8", **policy}
        for payload in PAYLOADS:
            sent = {"body": f"<!doctype html><body><p>{payload}</p>", "headers": headers}
            page.route("**/bare", partial(fulfil, sent))
            page.goto(f"{watch.url}/bare")
            page.unroute("**/bare")
        dialogs = [one for one in bare.problems if one.startswith("dialog")]
        if policy:
            assert dialogs == []
            assert watch.reports.count > before
        else:
            assert len(dialogs) > 15
        bare.problems.clear()
    bare.close()
    watch.reports.count = before


def fulfil(sent: dict[str, Any], route: Any) -> None:
    route.fulfill(**sent)


def policy_of(watch: Watch) -> str:
    return httpx.get(f"{watch.url}/f/x").headers["content-security-policy"]
