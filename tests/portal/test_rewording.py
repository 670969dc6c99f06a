"""An admin changes what patients read, on pages that need no script."""

import html
import re
from collections.abc import Iterator

import pytest

from afterword.access.actors import Actor
from afterword.datafiles import load_instruments
from afterword.records import models, staff
from afterword.records.access_models import AuditRow
from afterword.records.training_models import Wording
from afterword.settings import PROJECT
from afterword.wording.places import address_of

from .factory import NOW, WEEK, Client, World, field_of, rated

ADMIN = "ines@clinic.example"
LIST = "/portal/admin/wording"
HEARD = f"{LIST}/en/{address_of('core/heard/ask')}"
NEW = "Did {clinician} get what was on your mind?"
HARD = "Did {clinician} understand everything that was important to you?"


@pytest.fixture
def world(world: World) -> World:
    world.context.instruments = load_instruments(PROJECT / "instruments" / "core.yml")
    return world


@pytest.fixture
def admin(world: World) -> Iterator[Client]:
    world.add_clinician(ADMIN, "Ines Admin", "admin")
    client = world.client()
    assert client.sign_in(ADMIN).status_code == 303
    yield client
    client.close()


def look(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return html.unescape(response.text)


def act(client: Client, path: str, **form: str) -> tuple[int, str]:
    """The status and the page after a button was pressed."""
    token = field_of(client.get("/portal/account").text, "form_token")
    response = client.post(path, {"form_token": token, **form})
    if response.status_code == 303:
        return 303, look(client, response.headers["location"])
    return response.status_code, html.unescape(response.text)


def findings(page: str) -> list[str]:
    return re.findall(r'<li class="(refused|reason|told)">', page)


def test_texts_stand_by_place_and_are_found_by_their_words(admin: Client) -> None:
    assert "Think back to your session" in look(admin, LIST)
    replies = look(admin, f"{LIST}?place=replies")
    assert "I put that down as" in replies
    assert "Think back to your session" not in replies
    assert "Piensa en tu sesión" in look(admin, f"{LIST}?language=es")
    found = look(admin, f"{LIST}?place=mails&words=look+over+my")
    assert found.count(f'href="{LIST}/') == 1
    assert "There is no such text" in look(admin, f"{LIST}?words=no+such+words+at+all")


def test_new_words_are_checked_without_being_published(world: World, admin: Client) -> None:
    status, page = act(admin, f"{HEARD}/check", text="Great. Did you feel heard?")
    assert status == 200
    assert "sounds like praise" in page and "{clinician} is missing" in page
    assert ">Great. Did you feel heard?</textarea>" in page
    assert world.rows(Wording) == []
    assert "Nothing stands in the way" not in page


def test_words_are_published_and_taken_back(world: World, admin: Client) -> None:
    status, page = act(admin, f"{HEARD}/publish", text=NEW, reason="Asked for by patients")
    assert (status, "Published." in page) == (303, True)
    assert "Ines Admin" in page and "Asked for by patients" in page
    assert "changed" in look(admin, f"{LIST}?changed=yes")
    status, page = act(admin, f"{HEARD}/back")
    assert (status, "again what it came with" in page) == (303, True)
    assert "There is no such text" in look(admin, f"{LIST}?changed=yes")
    assert [row.text for row in world.rows(Wording)] == [NEW, ""]
    done = {row.action for row in world.rows(AuditRow) if row.outcome == "allowed"}
    assert "edit_wording" in done


def test_what_is_refused_stays_in_the_box(world: World, admin: Client) -> None:
    status, page = act(admin, f"{HEARD}/publish", text="Did you feel heard?", reason="Shorter")
    assert status == 422
    assert 'role="alert"' in page
    assert ">Did you feel heard?</textarea>" in page and 'value="Shorter"' in page
    assert world.rows(Wording) == []


def test_a_hard_line_needs_a_tick_and_a_reason(world: World, admin: Client) -> None:
    for form in ({}, {"meant": "yes"}, {"reason": "Our patients know the word"}):
        status, page = act(admin, f"{HEARD}/publish", text=HARD, **form)
        assert (status, "reason" in findings(page)) == (422, True)
    form = {"meant": "yes", "reason": "Our patients know the word"}
    assert act(admin, f"{HEARD}/publish", text=HARD, **form)[0] == 303
    assert [row.reason for row in world.rows(Wording)] == ["Our patients know the word"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("bot.safety_ask", "somebody may be in danger"),
        ("page.consent_reflection", "agreed to these very words"),
        ("bot.who_sees", "stays true only as it is"),
    ],
)
def test_texts_that_stay_as_they_are_say_why(
    world: World, admin: Client, key: str, why: str
) -> None:
    path = f"{LIST}/en/{address_of(key)}"
    page = look(admin, path)
    assert why in page
    assert "<textarea" not in page
    assert act(admin, f"{path}/publish", text="Anything at all")[0] == 422
    assert world.rows(Wording) == []


@pytest.mark.parametrize("path", [f"{LIST}/en/0123456789ab", f"{LIST}/xx/{HEARD[-12:]}"])
def test_a_text_that_is_not_there_is_a_page_that_is_not_there(admin: Client, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_the_second_factor_is_asked_for_and_leads_back(world: World, admin: Client) -> None:
    world.clock.now += staff.FRESH_LIMIT * 1.01
    assert "confirm first that it is you" in look(admin, HEARD)
    token = field_of(admin.get("/portal/account").text, "form_token")
    to = admin.post(f"{HEARD}/publish", {"form_token": token, "text": NEW}).headers["location"]
    leads = HEARD.replace("/", "%2F")
    assert to == f"/portal/confirm?next={leads}&to={leads}%2Fpublish"
    assert admin.post(f"{HEARD}/check", {"form_token": token, "text": NEW}).status_code == 200


def test_the_script_gets_the_same_findings(admin: Client) -> None:
    token = field_of(admin.get("/portal/account").text, "form_token")
    asked = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    form = {"form_token": token, "text": "Great. Did {clinician} hear you, {patient}?"}
    said = admin.post(f"{HEARD}/check", form, asked).json()
    assert [one["weight"] for one in said["findings"]] == ["refused", "refused", "told"]
    assert said["preview"] == "Great. Did Kim Lee hear you, …?"
    assert len(said["measures"]) == 3


def test_an_answer_to_tap_goes_through_the_safety_screen(world: World, admin: Client) -> None:
    path = f"{LIST}/en/{address_of('core/scale.extent/option.1')}"
    status, page = act(admin, f"{path}/publish", text="I want to hurt myself")
    assert (status, "every tap on it would raise an alert" in page) == (422, True)
    assert act(admin, f"{path}/publish", text="Not so much")[0] == 303
    assert f"an answer of {shared_by()} questions" in look(admin, path)


def shared_by() -> int:
    items = load_instruments(PROJECT / "instruments" / "core.yml")["core", 2].items
    return sum(one.scale == "extent" for one in items.values())


def digest(world: World, client: Client, appointment: str) -> str:
    assert client.sign_in().status_code == 303
    return look(client, f"/portal/appointments/{appointment}")


def test_the_digest_says_when_a_question_was_reworded(world: World, admin: Client) -> None:
    world.history(*[(rated("heard", 4), rated("safe", 4)) for _ in range(4)])
    label = f"{LIST}/en/{address_of('core/scale.extent/option.4')}"
    assert act(admin, f"{HEARD}/publish", text=NEW)[0] == 303
    session = world.book(NOW - WEEK)
    reflection = world.reflect(session, rated("heard", 2), rated("safe", 4))
    with world.begin() as tx:
        tx.session.query(models.Reflection).update({"instrument_version": 2})
        tx.session.get_one(models.Reflection, reflection).instrument_version = 200001
    coming = world.book(NOW + WEEK / 7)
    with_it = world.client()
    page = digest(world, with_it, coming)
    assert page.count("the question was reworded on Tue 17 Nov") == 1
    assert page.count('class="spark"') == 1, "the question that was not reworded goes on"
    assert "lower than usual" not in page
    assert "core, version 2, in the clinic’s own words (change 1)" in page
    assert act(admin, f"{HEARD}/back")[0] == 303
    assert act(admin, f"{label}/publish", text="Quite a lot")[0] == 303
    page = digest(world, with_it, coming)
    assert "Very much" in page, "what was chosen is shown as it was read"
    with_it.close()


def test_another_clinic_reads_what_it_read(world: World, admin: Client) -> None:
    act(admin, f"{HEARD}/publish", text=NEW)
    phrasing = world.context.phrasing
    phrasing.refresh_now(world.records)
    assert phrasing.of(world.clinic).asked.version == 200001
    assert phrasing.of("elsewhere").asked.version == 2
    with world.records.read(by=Actor.operator("test")) as tx:
        assert tx.session.query(Wording).one().clinic_id == world.clinic
