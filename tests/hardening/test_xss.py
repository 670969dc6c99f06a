"""Cross-site scripting as answers, goals, names and messages: it stays text on every page."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from afterword import locales
from afterword.access.actors import Actor
from afterword.delivery.mail import Mailer
from afterword.hashing import hash_secret
from afterword.phrasing import Phrasing
from afterword.records import alerts, codes, contacts, glass, inbox, mails, people
from afterword.records.access_models import Handover
from afterword.records.alert_views import Mail
from afterword.records.store import new_id
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind
from afterword.settings import PROJECT, Settings

from .house import NOW, WEEK, House, open_house, rated, said
from .watching import STRANGE, Watch, watched

pytestmark = pytest.mark.browser
LINES = (PROJECT / "tests" / "data" / "xss.txt").read_text(encoding="utf-8").splitlines()
PAYLOADS = [line for line in LINES if line and not line.startswith("# ")]
_ON_ONE_SHEET = 13
_CODE = "47110815"
_PLAIN = {"Content-Type": "text/html; charset=utf-8"}
_FRAGMENT = " ".join(PAYLOADS[:3])


@dataclass
class Sheet:
    """Patients with some payloads as words, goal and name: all of them in each place."""

    words: tuple[str, ...]
    token: str = ""
    appointment: str = ""
    alert: str = ""
    handover: str = ""
    key: str = ""
    """What the browser of a patient has whose code was given."""
    patient: str = ""


@dataclass
class Staff:
    """Who has pages of their own besides clinician and duty contact."""

    supervisor: str
    admin: str
    privacy: str


@dataclass
class Clinic:
    house: House
    staff: Staff
    sheets: list[Sheet] = field(default_factory=list)
    chat: str = ""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Every payload in every place where somebody's words or names may stand."""
    name = PAYLOADS[0]
    house = open_house(tmp_path_factory.mktemp("xss"), named=name)
    made = Clinic(house, _staff(house))
    code = hash_secret(_CODE)
    for at in range(0, len(PAYLOADS), _ON_ONE_SHEET):
        words = tuple(PAYLOADS[at : at + _ON_ONE_SHEET])
        made.sheets.append(_sheet(house, words, made.staff.supervisor, code))
    with house.records.begin() as tx:
        for payload in PAYLOADS:
            patient = people.add_patient(tx, house.clinic, name=payload)
            people.assign(tx, house.ada, patient, NOW.date())
            people.book(tx, patient, house.ada, NOW + timedelta(minutes=5), NOW + WEEK / 168)
    made.chat = _chat(house)
    yield made
    house.records.close()


def _staff(house: House) -> Staff:
    """Every payload as the name of a supervisor or clinician, and of a contact."""
    with house.records.begin() as tx:
        ids = [
            people.add_staff(
                tx,
                house.clinic,
                name=payload,
                email=f"{at}@clinic.example",
                password_hash="no hash",
                role=("supervisor", "clinician", "admin", "contact")[at if at < 4 else at % 2],
            )
            for at, payload in enumerate(PAYLOADS)
        ]
        for at, payload in enumerate(PAYLOADS):
            kind = Kind.PRIVACY if at == 3 else Kind.BACKUP
            who = ids[3] if at == 3 else None
            email = f"{payload}@clinic.example"
            contacts.add_contact(
                tx, house.clinic, kind=kind, name=payload, email=email, staff_id=who
            )
        seen = people.add_patient(tx, house.clinic, name="Kim Doe")
    with house.records.begin(by=Actor.staff(ids[1])) as tx:
        assert glass.break_glass(tx, ids[1], name="Kim Doe", reason=_FRAGMENT) == seen
    return Staff(ids[0], ids[2], ids[3])


def _sheet(house: House, words: tuple[str, ...], supervisor: str, code: str) -> Sheet:
    sheet = Sheet(words)
    everything = "\n".join(words)
    sheet.patient = house.patient(everything, goal=everything)
    answers = [
        rated("heard", "4", everything),
        rated("snag", "3", everything),
        said("helped", everything),
        said("wish", everything),
    ]
    sheet.token, open_one = house.link(sheet.patient)
    for _ in range(2):
        # What was replaced is kept for the patient, too.
        house.answer(open_one, *answers, sharing=None)
    other = house.patient(everything, goal=everything)
    _, shared = house.link(other)
    house.answer(shared, *answers)
    sheet.appointment = house.book(other, NOW + WEEK / 7)
    with house.records.begin() as tx:
        codes.give(tx, sheet.patient, code)
        sheet.key = codes.passed(tx, open_one)
        sheet.handover = new_id()
        ends_at = tx.now + WEEK
        tx.session.add(
            Handover(
                id=sheet.handover,
                reflection_id=shared,
                from_staff_id=house.ada,
                to_staff_id=supervisor,
                created_at=tx.now,
                ends_at=ends_at,
            )
        )
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
    look(contact, tuple(PAYLOADS), "alerts")
    contact.goto(f"{watch.url}/portal/safety/month")
    assert contact.evaluate(STRANGE) == []
    assert watch.seen() == []


def test_on_no_page_for_others_of_the_staff_does_anything_run(clinic: Clinic, watch: Watch) -> None:
    house, staff = clinic.house, clinic.staff
    clinician, supervisor, admin, privacy = (
        watch.page(cookie=house.cookie(who))
        for who in (house.ada, staff.supervisor, staff.admin, staff.privacy)
    )
    everybody, sheet = tuple(PAYLOADS), clinic.sheets[0]
    for page, path, words in (
        (clinician, f"appointments/{sheet.appointment}/handover", everybody[4::2] + sheet.words),
        (clinician, "emergency", ()),
        (supervisor, "supervision", everybody),
        *((supervisor, f"supervision/{one.handover}", one.words) for one in clinic.sheets),
        (admin, "admin/people", everybody),
        (admin, "admin/patients", everybody),
        (admin, f"admin/patients/{sheet.patient}", sheet.words + everybody[5::2]),
        (admin, "admin/clinic", everybody),
        (admin, "account", everybody[2:3]),
        (admin, "account/app", everybody[2:3]),
        (privacy, "privacy", (_FRAGMENT, everybody[1])),
    ):
        page.goto(f"{watch.url}/portal/{path}")
        look(page, words, path)
    clinician.goto(f"{watch.url}/portal/emergency")
    clinician.get_by_label("full name").fill(_FRAGMENT)
    clinician.get_by_label("cannot wait").fill(_FRAGMENT)
    clinician.get_by_role("button", name="Open").click()
    look(clinician, (_FRAGMENT,), "emergency, refused")
    admin.goto(f"{watch.url}/portal/admin/people")
    admin.get_by_label("Name", exact=True).fill(_FRAGMENT)
    admin.get_by_label("E-mail address", exact=True).fill("new@clinic.example")
    admin.get_by_role("button", name="Make a link").click()
    look(admin, (_FRAGMENT,), "invited")
    assert watch.seen() == []


def test_in_their_data_patients_see_text_and_take_text_along(clinic: Clinic, watch: Watch) -> None:
    """A saved page is opened from a disk, where no policy stops anything."""
    page = watch.page()
    for sheet in clinic.sheets:
        mine = f"{watch.url}/f/{sheet.token}/mine"
        page.goto(mine)
        look(page, sheet.words, "with the link alone")
        key = {"name": "unlocked", "value": sheet.key, "domain": "127.0.0.1"}
        page.context.add_cookies([key | {"path": f"/f/{sheet.token}"}])
        page.goto(mine)
        look(page, sheet.words, "everything")
        for name in ("reflection", "everything"):
            saved, data = (
                httpx.get(f"{mine}/{name}.{kind}", cookies={"unlocked": sheet.key})
                for kind in ("html", "json")
            )
            assert saved.headers["content-disposition"].startswith("attachment")
            page.route("**/saved", partial(fulfil, {"body": saved.text, "headers": _PLAIN}))
            page.goto(f"{watch.url}/saved")
            look(page, sheet.words, f"{name}.html")
            page.unroute("**/saved")
            assert data.headers["content-type"] == "application/json"
            assert data.headers["content-disposition"].startswith("attachment")
            kept = json.dumps(data.json(), ensure_ascii=False)
            assert [
                one for one in sheet.words if json.dumps(one, ensure_ascii=False)[1:-1] not in kept
            ] == []
    assert watch.seen() == []


def test_mails_are_text_and_nothing_else() -> None:
    settings = Settings(mail_from="notices@clinic.example")
    mailer = Mailer(settings, Phrasing({"en": locales.load("en")}, {}))
    for template in (mails.ALERT, mails.REMINDER, mails.PRIVACY, mails.ACCOUNT):
        for payload in PAYLOADS:
            mail = Mail("0" * 32, template, False, payload, "bo@clinic.example", payload, 1)
            sent = mailer.compose(mail).as_bytes()
            read = message_from_bytes(sent, policy=policy.default)
            assert read.get_content_type() == "text/plain"
            assert not read.is_multipart()
            assert squeezed(payload) in squeezed(str(read["Subject"]))
            assert payload not in str(read.get_payload())


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
    # A dead link has one page, whatever it is called: one look at each that comes is enough.
    shown: dict[str, str] = {}
    for payload in PAYLOADS:
        path = f"{watch.url}/f/{quote(payload, safe='')}"
        dead = httpx.get(path).text
        assert payload not in dead
        shown.setdefault(dead, path)
    assert len(shown) < 10
    for path in shown.values():
        page.goto(path)
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
    for held in ({}, {"Content-Security-Policy": policy_of(watch)}):
        headers = _PLAIN | held
        for payload in PAYLOADS:
            sent = {"body": f"<!doctype html><body><p>{payload}</p>", "headers": headers}
            page.route("**/bare", partial(fulfil, sent))
            page.goto(f"{watch.url}/bare")
            page.unroute("**/bare")
        dialogs = [one for one in bare.problems if one.startswith("dialog")]
        if held:
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
