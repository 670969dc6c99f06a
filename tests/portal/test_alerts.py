"""The pages for duty and safeguarding contacts: what waits, and what is done with it."""

import ast
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from afterword import locales
from afterword.access.actors import Actor
from afterword.portal import alerts as pages
from afterword.records import alert_desk, alert_rows, alerts, mails, reflections
from afterword.records.alert_views import AlertEvent, Delivery
from afterword.safety.clock import Act
from afterword.safety.finding import Tier
from afterword.safety.recipients import Kind
from afterword.settings import PROJECT

from .desk import DANA, HOUR, MINUTE, WORDS, Desk, digest_of, presses, text_of
from .factory import NOW, WEEK, Client, field_of, rated


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


@pytest.mark.parametrize("button", ["", "/acknowledge", "/close"])
def test_a_session_that_ended_comes_back_to_the_alert(
    desk: Desk, dana: Client, button: str
) -> None:
    path = f"/portal/safety/{desk.raises()}"
    dana.cookies.clear()
    sent = dana.post(path + button, {"outcome": "x"}) if button else dana.get(path)
    assert sent.headers["location"].endswith(path.replace("/", "%2F"))


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
