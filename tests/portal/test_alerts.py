"""The pages for duty and safeguarding contacts, and the safety notice on the digest."""

import ast
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from afterword import locales
from afterword.access.actors import Actor
from afterword.portal import alerts as pages
from afterword.records import alert_desk, alert_rows, alerts, mails, models, people, reflections
from afterword.records.alert_views import AlertEvent, Delivery
from afterword.reflection.answers import Sharing
from afterword.safety.clock import Act
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind
from afterword.settings import PROJECT

from .factory import NOW, WEEK, Client, World, field_of, rated, said

WORDS = "CANARY of danger"
CONCERN = "CANARY of a concern"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DANA, SAM = "dana@clinic.example", "sam@clinic.example"


class Desk:
    """Dana is on duty and Sam there for safeguarding; neither has patients."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dana = world.add_contact(Kind.DUTY, DANA, "Dana Duty")
        self.sam = world.add_contact(Kind.SAFEGUARDING, SAM, "Sam Safe")
        answers = (rated("heard", 4), said("helped", "The drawing helped."))
        self.reflection = world.reflect(world.book(NOW - WEEK), *answers)
        self.coming = world.book(NOW + HOUR)

    def raises(self, tier: Tier = Tier.SAME_DAY, text: str = WORDS, **given: Any) -> str:
        """Returns the id of the alert."""
        values: dict[str, Any] = {
            "reflection_id": self.reflection,
            "route": Route.DUTY,
            "evidence": ("en-test-1",),
            "categories": (Category.SUICIDE,),
            "version": "rules 1",
            "channel": "page",
        }
        incident = alerts.Incident(tier=tier, text=text, **(values | given))
        with self.world.begin() as tx:
            return alerts.raise_alert(tx, incident).alert_id

    def concern(self, text: str = CONCERN, tier: Tier = Tier.SAME_DAY) -> str:
        categories = (Category.ABUSE_BY_CLINICIAN,)
        return self.raises(tier, text, route=Route.SAFEGUARDING, categories=categories)

    def forwards(self) -> None:
        with self.world.begin() as tx:
            assert alerts.forward_concern(tx, self.reflection, True).names == ("safeguarding",)

    def chooses(self, choice: alerts.Choice) -> None:
        with self.world.begin() as tx:
            alerts.patient_chose(tx, self.reflection, choice)

    def closes(self, staff_id: str, alert_id: str) -> None:
        with self.world.begin(by=Actor.staff(staff_id)) as tx:
            assert alert_desk.close(tx, staff_id, alert_id, "reached")

    def rows(self) -> list[models.Alert]:
        return list(self.world.rows(models.Alert))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def dana(desk: Desk, client: Client) -> Client:
    client.sign_in(DANA)
    return client


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


def presses(client: Client, alert_id: str, button: str, **form: str) -> str:
    """Presses a button of the alert's page; the text of the page that comes then."""
    path = f"/portal/safety/{alert_id}"
    token = field_of(text_of(client, path), "form_token")
    response = client.post(f"{path}/{button}", {"form_token": token, **form})
    assert response.status_code == 303
    return text_of(client, response.headers["location"])


def digest_of(desk: Desk, client: Client) -> str:
    return text_of(client, f"/portal/appointments/{desk.coming}")


def test_the_list_has_the_most_urgent_first(desk: Desk, dana: Client) -> None:
    kim = desk.world.add_patient("Kim Doe", desk.world.ada)
    other = desk.world.reflect(desk.world.book(NOW - WEEK, kim), rated("heard", 4))
    first = desk.raises(Tier.SAME_DAY)
    second = desk.raises(Tier.NOW, reflection_id=other)
    page = text_of(dana, "/portal/safety")
    assert page.index("Kim Doe") < page.index("Robin Okafor")
    assert page.index(second) < page.index(first)
    assert page.count("Not seen yet") == 2
    assert "CANARY" not in page
    desk.world.clock.now += 11 * MINUTE
    assert text_of(dana, "/portal/safety").count("Overdue") == 1
    presses(dana, second, "acknowledge")
    page = text_of(dana, "/portal/safety")
    assert page.index(first) < page.index(second)


def test_an_empty_list_promises_nothing(dana: Client) -> None:
    page = text_of(dana, "/portal/safety")
    assert "Nothing waits here now." in page
    assert "it misses things" in page


def test_one_alert_has_words_clinician_and_history(desk: Desk, dana: Client) -> None:
    page = text_of(dana, f"/portal/safety/{desk.raises()}")
    for part in (
        *("Robin Okafor", WORDS, "Same day", "Session with", "Ada Whitfield", "Not seen yet"),
        *("Opened today, 09:00", "Words were marked", "Notices queued", "Written in the conv"),
        *("Mail on its way: duty contact", "Found by: en-test-1. Version: rules 1."),
        "The tier names what happens next. It is no rating of the person.",
    ):
        assert part in page, part


def test_hostile_words_are_only_words(desk: Desk, dana: Client) -> None:
    words = "</blockquote><script>alert(1)</script> {{ 7 * 7 }} \u202eturned"
    page = text_of(dana, f"/portal/safety/{desk.raises(text=words)}")
    (quote,) = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.S)
    assert unescape(quote) == words


def test_acknowledging_stops_the_banner_and_is_written_down(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    assert "1 alert waits to be seen" in text_of(dana, f"/portal/safety/{alert}")
    page = presses(dana, alert, "acknowledge")
    assert "Saved. The notices have stopped." in page
    assert "I have seen this" not in page
    assert "waits to be seen" not in page
    assert re.search(r"<span>Seen · <bdi>Dana Duty</bdi></span>", page)
    token = field_of(page, "form_token")
    again = dana.post(f"/portal/safety/{alert}/acknowledge", {"form_token": token})
    assert "Somebody was quicker." in text_of(dana, again.headers["location"])


@pytest.mark.parametrize("outcome", alert_desk.OUTCOMES)
def test_closing_keeps_outcome_and_note(desk: Desk, dana: Client, outcome: str) -> None:
    alert = desk.raises()
    page = presses(dana, alert, "close", outcome=outcome, note=" CANARY note\r\nsecond line ")
    assert "Saved. The alert is closed." in page
    assert locales.load("en")(f"portal.outcome_{outcome}") in page
    assert "CANARY note\r\nsecond line</p>" in page
    assert "<form" not in page.partition("<main")[2]
    listed = text_of(dana, "/portal/safety")
    assert listed.index("Nothing waits here now.") < listed.index("Robin Okafor")
    desk.world.clock.now += timedelta(days=15)
    dana.sign_in(DANA)
    assert "Robin Okafor" not in text_of(dana, "/portal/safety")


@pytest.mark.parametrize("note", ["", "CANARY note"])
@pytest.mark.parametrize("reason", pages.REASONS)
def test_a_false_alarm_keeps_its_reason(desk: Desk, dana: Client, reason: str, note: str) -> None:
    page = presses(dana, desk.raises(), "close", outcome=f"false_alarm.{reason}", note=note)
    said_so = locales.load("en")(f"portal.reason_{reason}")
    assert f"False alarm: {said_so}" in page
    assert f">{reason}" not in page
    assert ("CANARY note" in page) is bool(note)


@pytest.mark.parametrize("outcome", ["", "went_on", "false_alarm", "false_alarm.", "x"])
def test_a_made_up_outcome_closes_nothing(desk: Desk, dana: Client, outcome: str) -> None:
    path = f"/portal/safety/{desk.raises()}"
    form = {"form_token": field_of(text_of(dana, path), "form_token"), "outcome": outcome}
    assert dana.post(f"{path}/close", form).status_code == 403
    assert [row.state for row in desk.rows()] == ["open"]


@pytest.mark.parametrize("button", ["acknowledge", "close"])
def test_a_button_needs_the_sessions_form_token(desk: Desk, dana: Client, button: str) -> None:
    form = {"form_token": "0" * 64, "outcome": "reached"}
    alert = desk.raises()
    assert dana.post(f"/portal/safety/{alert}/{button}", form).status_code == 403
    assert [row.state for row in desk.rows()] == ["open"]


def test_the_longest_note_in_any_script_is_taken(desk: Desk, dana: Client) -> None:
    page = text_of(dana, f"/portal/safety/{(alert := desk.raises())}")
    longest = int(re.findall(r'maxlength="(\d+)"', page)[-1])
    assert "字" * longest in presses(dana, alert, "close", outcome="reached", note="字" * longest)


def test_what_the_patient_deleted_is_gone_and_the_fact_stays(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    with desk.world.begin() as tx:
        reflections.erase(tx, desk.reflection)
    page = text_of(dana, f"/portal/safety/{alert}")
    assert "CANARY" not in page
    assert "The patient has deleted what they wrote." in page


def test_help_by_button_needs_no_words(desk: Desk, dana: Client) -> None:
    desk.chooses(alerts.Choice.HELP_NOW)
    (alert,) = desk.rows()
    page = text_of(dana, f"/portal/safety/{alert.id}")
    assert "The patient asked for help by button, without words." in page
    assert "Found by" not in page


def test_the_month_counts_and_names_nobody(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    desk.world.clock.now += 12 * MINUTE
    presses(dana, alert, "acknowledge")
    presses(dana, alert, "close", outcome="false_alarm.past")
    page = text_of(dana, "/portal/safety/month")
    cells = dict(re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', page))
    assert (cells["Same day"], cells["Now"], cells["Overdue"]) == ("1", "0", "0")
    assert cells["Half were seen within"] == "12 min"
    assert cells["False alarms among the closed"] == "100 %"
    assert "Alerts in Nov 2026" in page
    for name in ("Robin", "Ada", "CANARY"):
        assert name not in page
    before = text_of(dana, "/portal/safety/month?of=2026-10")
    assert "Alerts in Oct 2026" in before
    assert "of=2026-11" in before


@pytest.mark.parametrize("of", ["", "x", "2026-13", "0001-01", "9999-12", "2026-12", "2019-12"])
def test_a_month_that_is_none_is_this_one(dana: Client, of: str) -> None:
    page = text_of(dana, f"/portal/safety/month?of={of}")
    assert "Alerts in Nov 2026" in page
    assert "The month after" not in page


def test_a_contact_without_patients_begins_with_the_alerts(desk: Desk, dana: Client) -> None:
    first = dana.get("/portal")
    assert (first.status_code, first.headers["location"]) == (303, "/portal/safety")
    page = text_of(dana, "/portal/safety")
    assert 'href="/portal"' not in page
    missing = dana.get("/portal/nothing").text
    assert "Back to the alerts" in missing
    assert 'href="/portal"' not in missing


def test_a_clinician_on_duty_keeps_today_and_gets_the_link(desk: Desk, client: Client) -> None:
    desk.world.add_contact(Kind.BACKUP, "ada@clinic.example", "Ada", desk.world.ada)
    client.sign_in()
    assert 'href="/portal/safety"' in text_of(client, "/portal")
    desk.raises()
    assert "1 alert waits to be seen" in text_of(client, "/portal")


def test_whoever_leaves_as_a_contact_sees_nothing_any_more(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    with desk.world.begin() as tx:
        for row in tx.session.query(models.Contact).filter_by(staff_id=desk.dana):
            row.removed_at = tx.now
    for path in ("", "/month", f"/{alert}"):
        assert dana.get(f"/portal/safety{path}").status_code == 404
    assert "lert" not in text_of(dana, "/portal")


@pytest.mark.parametrize("button", ["", "/acknowledge", "/close"])
def test_a_session_that_ended_comes_back_to_the_alert(
    desk: Desk, dana: Client, button: str
) -> None:
    path = f"/portal/safety/{desk.raises()}"
    dana.cookies.clear()
    sent = dana.post(path + button, {"outcome": "x"}) if button else dana.get(path)
    assert sent.headers["location"].endswith(path.replace("/", "%2F"))


def everything_of(client: Client, *alert_ids: str) -> list[tuple[int, str]]:
    """All that the pages for contacts answer, buttons too."""
    token = field_of(client.get("/portal/nothing").text, "form_token")
    form = {"form_token": token, "outcome": "reached"}
    answers = [client.get("/portal/safety"), client.get("/portal/safety/month")]
    for alert_id in alert_ids:
        path = f"/portal/safety/{alert_id}"
        answers.append(client.get(path))
        answers += [client.post(f"{path}/{button}", form) for button in ("acknowledge", "close")]
        answers.append(client.post(f"{path}/close", {"form_token": token}))
    return [(answer.status_code, answer.text) for answer in answers]


def test_for_others_than_contacts_none_of_it_exists(desk: Desk, client: Client) -> None:
    desk.world.add_clinician("ben@clinic.example", "Ben")
    client.sign_in("ben@clinic.example")
    before = text_of(client, "/portal")
    alert, concern = desk.raises(), desk.concern()
    desk.forwards()
    unknown = client.get("/portal/nothing")
    answers = everything_of(client, alert, concern, "a" * 32, "x")
    assert set(answers) == {(404, unknown.text)}
    assert text_of(client, "/portal") == before
    assert "lert" not in before + unknown.text


def test_each_route_is_unknown_to_the_other(desk: Desk, client: Client) -> None:
    danger, concern = desk.raises(), desk.concern()
    desk.forwards()
    for email, foreign, own in ((DANA, concern, danger), (SAM, danger, concern)):
        client.cookies.clear()
        client.sign_in(email)
        unknown = client.get("/portal/safety/" + "a" * 32).text
        answers = everything_of(client, foreign)[2:]
        assert set(answers) == {(404, unknown)}
        assert foreign not in text_of(client, "/portal/safety")
        assert own in text_of(client, "/portal/safety")
        assert "1 alert waits" in unknown


def test_another_clinics_contact_sees_nothing(desk: Desk, client: Client) -> None:
    world = desk.world
    with world.begin() as tx:
        elsewhere = people.add_clinic(
            tx,
            name="Elsewhere",
            timezone="Europe/London",
            phone="1",
            urgent_phone="2",
            urgent_text="3",
        )
    far = replace(world, clinic=elsewhere)
    far.add_contact(Kind.DUTY, "far@clinic.example", "Far Away")
    alert = desk.raises()
    client.sign_in("far@clinic.example")
    assert alert not in text_of(client, "/portal/safety")
    assert client.get(f"/portal/safety/{alert}").status_code == 404


def test_a_concern_is_for_safeguarding_and_says_so(desk: Desk, client: Client) -> None:
    concern = desk.concern()
    client.sign_in(SAM)
    assert client.get(f"/portal/safety/{concern}").status_code == 404
    desk.forwards()
    assert "about the clinician" in text_of(client, "/portal/safety")
    page = text_of(client, f"/portal/safety/{concern}")
    assert CONCERN in page
    assert "Please do not speak of it with them" in page
    assert "The patient agreed to pass it on" in page
    assert "Kept apart" in text_of(client, "/portal/safety/month")


def test_duty_learns_that_words_are_kept_for_others(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    desk.raises(text=CONCERN, evidence=("en-test-2",))
    desk.concern()
    page = text_of(dana, f"/portal/safety/{alert}")
    assert WORDS in page
    assert CONCERN not in page
    assert "Please do not speak of this alert with the clinician of the session." in page


# --- The clinician whom a concern is about


def seen_by_ada(desk: Desk, client: Client, alert_ids: list[str]) -> list[tuple[int, str]]:
    """Every page that Ada can ask for, as she gets it."""
    if not client.cookies:
        client.sign_in()
    answers = [client.get(path) for path in ("/portal", "/portal/nothing")]
    for row in desk.world.rows(models.Appointment):
        answers.append(client.get(f"/portal/appointments/{row.id}"))
    shown = [(answer.status_code, answer.text) for answer in answers]
    return shown + everything_of(client, *alert_ids, "a" * 32)


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("also", [None, *Kind])
def test_whom_a_concern_is_about_finds_nothing(
    desk: Desk, client: Client, also: Kind | None, always: bool
) -> None:
    world = desk.world
    if also is not None:
        world.add_contact(also, "ada@clinic.example", "Ada Whitfield", world.ada)
    if always:
        with world.begin() as tx:
            tx.session.get_one(models.Clinic, world.clinic).forward_concerns = people.ALWAYS
    kim = world.add_patient("Kim Doe", world.ada)
    other = world.reflect(world.book(NOW - WEEK, kim), rated("heard", 4))
    world.book(NOW + 2 * HOUR, kim)
    desk.raises(reflection_id=other)  # something that she may know of
    hidden: list[str] = []

    def shown() -> list[tuple[int, str]]:
        """The answers on an id are the same for one that does not exist."""
        pages = seen_by_ada(desk, client, hidden)
        return pages[: len(pages) - 4 * (len(hidden) + 1)] + pages[-4:]

    before = shown()
    for happens in (
        lambda: hidden.append(desk.concern()),
        lambda: always or desk.forwards(),
        lambda: hidden.append(desk.raises(Tier.NOW, "CANARY of more danger")),
        lambda: desk.closes(desk.sam, hidden[0]),
        lambda: hidden.append(desk.raises(Tier.CHECK, "CANARY both", categories=tuple(Category))),
        lambda: hidden.append(desk.concern("CANARY again", Tier.NOW)),
    ):
        happens()
        assert shown() == before
        answers = everything_of(client, *hidden)[2:]
        assert len(set(answers)) == (1 if hidden else 0)
        assert {status for status, _ in answers} <= {404}
    assert "CANARY" not in str([text for _, text in before]).replace(WORDS, "")


def test_danger_that_she_knew_of_is_gone_with_the_concern(desk: Desk, client: Client) -> None:
    world = desk.world
    world.add_contact(Kind.DUTY, "ada@clinic.example", "Ada Whitfield", world.ada)
    nothing = seen_by_ada(desk, client, [])
    alert = desk.raises()
    assert alert in text_of(client, "/portal/safety")
    assert WORDS in digest_of(desk, client)
    desk.concern()
    assert seen_by_ada(desk, client, []) == nothing
    assert client.get(f"/portal/safety/{alert}").status_code == 404


# --- The safety notice


@pytest.mark.parametrize(
    ("tier", "choice", "line"),
    [
        (Tier.CHECK, None, "Nobody else was told yet."),
        (Tier.CHECK, alerts.Choice.SUPPORT, "The patient asked for help lines."),
        (Tier.CHECK, alerts.Choice.GO_ON, "The patient chose to go on."),
        (Tier.SAME_DAY, None, "None of them has said yet that they have seen it."),
        (Tier.NOW, alerts.Choice.HELP_NOW, "The patient asked for help now."),
    ],
)
def test_the_digest_says_how_an_alert_stands(
    desk: Desk, client: Client, tier: Tier, choice: alerts.Choice | None, line: str
) -> None:
    desk.raises(tier)
    if choice is not None:
        desk.chooses(choice)
    client.sign_in()
    page = digest_of(desk, client)
    assert line in page
    assert WORDS in page
    assert "It does not judge danger, and it misses things." in page
    assert "today, 09:00" in page.partition('id="safety"')[2]
    assert "CANARY" not in text_of(client, "/portal")


def test_the_digest_says_what_became_of_an_alert(desk: Desk, client: Client) -> None:
    alert = desk.raises()
    client.sign_in()
    with desk.world.begin(by=Actor.staff(desk.dana)) as tx:
        alert_desk.acknowledge(tx, desk.dana, alert)
    assert "A contact of the clinic has seen it" in digest_of(desk, client)
    desk.closes(desk.dana, alert)
    page = digest_of(desk, client)
    assert "Closed by a contact of the clinic. Spoke with the patient." in page
    assert "Dana" not in page


def test_a_check_that_ended_well_was_for_nobody_else(desk: Desk, client: Client) -> None:
    desk.raises(Tier.CHECK)
    desk.chooses(alerts.Choice.GO_ON)
    client.sign_in()
    page = digest_of(desk, client)
    assert "The patient was asked how to go on. Nobody else was told." in page
    assert "Closed by" not in page


def test_a_note_is_shown_and_no_alarm(desk: Desk, client: Client) -> None:
    with desk.world.begin() as tx:
        alerts.note(
            tx, alerts.Incident(desk.reflection, Route.DUTY, Tier.NOTE, "CANARY of the past")
        )
    client.sign_in()
    page = digest_of(desk, client)
    assert "CANARY of the past" in page
    assert "The patient was not interrupted, and nobody else was told." in page


def test_without_sharing_only_what_staff_had_to_know_is_shown(world: World, client: Client) -> None:
    desk = Desk(world)
    kept = world.add_patient("Kim Doe", world.ada)
    reflection = world.reflect(
        world.book(NOW - WEEK, kept), said("helped", "x"), sharing=Sharing.PRIVATE
    )
    coming = world.book(NOW + 2 * HOUR, kept)
    desk.raises(Tier.CHECK, reflection_id=reflection)
    client.sign_in()
    page = text_of(client, f"/portal/appointments/{coming}")
    assert "Nothing was shared" in page
    assert "Not clear" in page
    assert "CANARY" not in page
    desk.raises(Tier.NOW, "CANARY now", reflection_id=reflection)
    assert "CANARY now" in text_of(client, f"/portal/appointments/{coming}")


def test_a_digest_without_alerts_promises_nothing(desk: Desk, client: Client) -> None:
    client.sign_in()
    page = digest_of(desk, client)
    assert "safety-notice" not in page
    assert not re.search(r"no risk|not at risk|safe to|no danger|no concern|all clear", page, re.I)


# --- Every word that the records write down has a text


def kinds_written_down() -> set[str]:
    """The kinds of events in the source of the records, and those of the clock."""
    found = {*map(str, Act), alert_rows.WORDS_GONE}
    for path in (PROJECT / "afterword/records").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in {"log", "_tell", "_round"}:
                found |= {
                    node.value
                    for argument in call.args
                    for node in ast.walk(argument)
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
    return found


def test_every_event_has_its_text_and_none_is_left_over() -> None:
    texts = {
        key.removeprefix("event_")
        for key in locales.load("en").keys("portal")
        if key.startswith("event_")
    }
    assert len(texts) > 15
    assert texts == kinds_written_down()


def test_the_history_can_say_all_that_may_happen(desk: Desk) -> None:
    alert = desk.raises()
    with desk.world.records.read(by=Actor.staff(desk.dana)) as tx:
        found = alert_desk.one_for(tx, desk.dana, alert)
    assert found is not None
    events = [AlertEvent(NOW, kind, "Dana", "go_on") for kind in kinds_written_down()]
    events += [AlertEvent(NOW, "patient_chose", None, choice) for choice in alerts.Choice]
    states = (mails.WAITING, mails.SENT, mails.FAILED, mails.DROPPED)
    deliveries = [Delivery(kind, state, NOW - HOUR) for kind in Kind for state in states]
    say = locales.load("en").section("portal")
    lines = pages.history(say, replace(found, events=tuple(events), deliveries=tuple(deliveries)))
    assert len(lines) == len(events) + len(deliveries)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert all(line.text for line in lines)


@pytest.mark.parametrize("tier", [tier for tier in Tier if tier > Tier.NOTE])
def test_the_clocks_whole_way_can_be_read(desk: Desk, dana: Client, tier: Tier) -> None:
    alert = desk.raises(tier)
    for _ in range(6):
        desk.world.clock.now += 20 * MINUTE
        with desk.world.begin() as tx:
            for due in alerts.due(tx):
                alerts.step(tx, due)
            while (mail := mails.claim(tx, MINUTE)) is not None:
                mails.failed(tx, mail.id)
    dana.sign_in(DANA)
    page = text_of(dana, f"/portal/safety/{alert}")
    assert "Overdue" in page
    assert "Notices queued" in page


# --- Nothing leaks


def test_no_name_and_no_word_is_in_a_log_or_an_address(
    desk: Desk, dana: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alert = desk.raises()
    texts = [
        text_of(dana, "/portal/safety"),
        text_of(dana, "/portal/safety/month"),
        presses(dana, alert, "acknowledge"),
        presses(dana, alert, "close", outcome="reached", note="CANARY note"),
    ]
    dana.cookies.clear()
    dana.sign_in()
    texts.append(digest_of(desk, dana))
    addresses = [one for text in texts for one in re.findall(r'(?:href|action)="([^"]*)"', text)]
    assert addresses
    for word in ("CANARY", "Robin", "Okafor", "Ada", "Dana"):
        assert word not in caplog.text
        assert not [one for one in addresses if word in one]


def test_the_alerts_are_never_kept_by_a_browser(desk: Desk, dana: Client) -> None:
    for path in ("", "/month", f"/{desk.raises()}"):
        reply = dana.get(f"/portal/safety{path}")
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["refresh"] == "905"
        assert "<script" not in reply.text


def test_times_are_the_clinics_own(desk: Desk, dana: Client) -> None:
    desk.world.clock.now = datetime(2026, 11, 18, 4, 30, tzinfo=UTC)
    dana.sign_in(DANA)
    page = text_of(dana, f"/portal/safety/{desk.raises()}")
    assert "Opened today, 23:30" in page
