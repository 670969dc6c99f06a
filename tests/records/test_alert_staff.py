"""What staff see of alerts and do with them, and that what happened stays provable."""

import itertools
import re
from datetime import date, timedelta

import pytest
from desk import WORDS, Desk
from factory import NOW, Clinic
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from together import at_once

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.records import alert_rows, alerts, models, reflections
from afterword.records.alert_views import Sheet
from afterword.records.store import Records
from afterword.safety.finding import Category, Tier

# Staff.


def test_the_first_to_acknowledge_takes_it_on(desk: Desk) -> None:
    alert_id = desk.raises().alert_id
    taken = at_once(
        *(lambda who=who: desk.acknowledges(who, alert_id) for who in (desk.bo, desk.cy))
    )
    assert sorted(taken) == [False, True]
    (seen,) = desk.sees(desk.bo)
    assert seen.acknowledged_at == NOW
    assert [one.by for one in seen.events if one.kind == "acknowledged"] == [seen.acknowledged_by]


def test_an_alert_ends_with_what_was_done(desk: Desk) -> None:
    alert_id = desk.raises().alert_id
    assert desk.closes(desk.bo, alert_id, "reached", "called, is safe")
    assert not desk.closes(desk.cy, alert_id)
    assert desk.sees(desk.bo) == []
    with desk.records.read(by=Actor.staff(desk.bo)) as tx:
        (seen,) = alerts.for_staff(tx, desk.bo, closed_since=NOW)
    with desk.records.read(by=Actor.staff(desk.cy)) as tx:
        assert alerts.one_for(tx, desk.cy, alert_id) == seen
    assert (seen.outcome, seen.note, seen.closed_by) == ("reached", "called, is safe", "Bo Duty")
    assert seen.acknowledged_by == "Bo Duty"
    with pytest.raises(ValueError, match="outcome"):
        desk.closes(desk.bo, alert_id, "fine")


def test_a_false_alarm_keeps_its_reason(desk: Desk) -> None:
    alert_id = desk.raises().alert_id
    with desk.records.begin(by=Actor.staff(desk.bo)) as tx:
        assert alerts.false_alarm(tx, desk.bo, alert_id, "a song title")
    with desk.records.read(by=Actor.staff(desk.bo)) as tx:
        seen = alerts.one_for(tx, desk.bo, alert_id)
    assert seen is not None and (seen.outcome, seen.note) == ("false_alarm", "a song title")


def test_only_contacts_see_alerts(desk: Desk) -> None:
    alert_id = desk.raises(Tier.NOW).alert_id
    nobody = desk.clinic.add_clinician("Eve Elsewhere", role="admin")
    for staff_id in (desk.clinic.ada, desk.dee, nobody, "0" * 32):
        assert (desk.sees(staff_id), desk.count(staff_id)) == ([], 0)
        for act in (desk.acknowledges, desk.closes):
            with pytest.raises(LookupError):
                act(staff_id, alert_id)
    with pytest.raises(LookupError):
        desk.acknowledges(desk.bo, "0" * 32)


def test_what_nobody_was_told_of_is_on_no_list(desk: Desk) -> None:
    waiting, sealed = desk.raises(Tier.CHECK), desk.concern()
    with desk.records.begin() as tx:
        noted = alerts.note(tx, desk.incident(Tier.NOTE))
    for staff_id in (desk.bo, desk.dee):
        for alert_id in (waiting.alert_id, sealed.alert_id, noted):
            with pytest.raises(Denied), desk.records.read(by=Actor.staff(staff_id)) as tx:
                alerts.one_for(tx, staff_id, alert_id)
            with pytest.raises(Denied):
                desk.closes(staff_id, alert_id)
    desk.chooses("go_on")
    with desk.records.read(by=Actor.staff(desk.bo)) as tx:
        assert alerts.for_staff(tx, desk.bo, closed_since=NOW) == []


def test_another_clinic_sees_nothing(desk: Desk) -> None:
    other = Desk(Clinic(desk.records, desk.clock, _numbers=itertools.count(100)))
    alert_id = desk.raises(Tier.NOW).alert_id
    assert (other.sees(other.bo), other.count(other.bo)) == ([], 0)
    with pytest.raises(LookupError):
        other.acknowledges(other.bo, alert_id)


def test_the_clinician_of_the_session_gets_a_tag_and_nobody_else_does(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    (tag,) = desk.tags(desk.clinic.ada)
    assert (tag.tier, tag.categories) == (Tier.SAME_DAY, (Category.SUICIDE,))
    assert [one.text for one in tag.words] == [WORDS]
    for staff_id in (desk.bo, desk.dee):
        assert desk.tags(staff_id) == []


# What is kept.


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alert_event SET kind = 'nothing'",
        "DELETE FROM alert_event",
        "DELETE FROM alert_event WHERE seq = 1",
    ],
)
def test_what_happened_cannot_be_changed(desk: Desk, statement: str) -> None:
    raised = desk.raises()
    before = desk.events(raised.alert_id)
    with pytest.raises(DBAPIError, match="append-only"), desk.records.begin() as tx:
        tx.session.execute(text(statement))
    assert desk.events(raised.alert_id) == before != []


def test_events_go_with_the_patient(desk: Desk) -> None:
    desk.raises()
    with desk.records.begin() as tx:
        tx.session.execute(text("DELETE FROM caseload"))
        tx.session.execute(text("DELETE FROM patient"))
    with desk.records.read() as tx:
        for table in (models.Alert, models.AlertEvent, models.Mail):
            assert tx.session.scalar(select(func.count()).select_from(table)) == 0


def test_deleting_everything_takes_the_words_and_leaves_the_fact(desk: Desk) -> None:
    raised = desk.raises(Tier.NOW)
    sealed = desk.concern()
    with desk.records.begin() as tx:
        reflections.erase(tx, desk.reflection)
    (seen,) = desk.sees(desk.bo)
    assert (seen.id, seen.tier, seen.opened_at) == (raised.alert_id, Tier.NOW, NOW)
    assert (seen.words, seen.erased) == ((), True)
    assert desk.count(desk.bo) == 1, "somebody still has to look"
    with desk.records.read() as tx:
        for alert_id in (raised.alert_id, sealed.alert_id):
            row = tx.session.get_one(models.Alert, alert_id)
            kept = str(alert_rows.detail(tx, row))
            assert WORDS not in kept and "about the clinician" not in kept


def test_a_late_replay_brings_no_words_back(desk: Desk) -> None:
    with desk.records.begin() as tx:
        reflections.erase(tx, desk.reflection)
        alerts.raise_alert(tx, desk.incident(Tier.NOW))
    (seen,) = desk.sees(desk.bo)
    assert seen.words == ()


def test_ids_say_nothing_of_order_or_count(desk: Desk) -> None:
    for tier in (Tier.CHECK, Tier.NOW):
        desk.raises(tier)
    with desk.records.read() as tx:
        for table in (models.Alert, models.AlertEvent, models.Mail, models.Contact):
            for key in tx.session.scalars(select(table.id)):
                assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", key)


def test_no_words_are_kept_in_the_open(desk: Desk, records: Records) -> None:
    alert_id = desk.raises(Tier.NOW, "canary in the alert").alert_id
    desk.closes(desk.bo, alert_id, note="canary in the note")
    with records.read() as tx:
        for table in (models.Alert, models.AlertEvent, models.Mail, models.Contact):
            for row in tx.session.execute(select(*table.__table__.columns)):
                assert not re.search("canary|example|Duty", " ".join(map(str, row)))


# The month.


def month(desk: Desk, *, apart: bool = False) -> Sheet:
    with desk.records.read(by=Actor.staff(desk.dee if apart else desk.bo)) as tx:
        return alerts.monthly(tx, desk.clinic.id, date(2026, 11, 30), apart=apart)


def test_a_month_in_numbers(desk: Desk) -> None:
    quick = desk.raises(Tier.SAME_DAY)
    desk.clock.move(minutes=10)
    desk.acknowledges(desk.bo, quick.alert_id)
    with desk.records.begin(by=Actor.staff(desk.bo)) as tx:
        alerts.false_alarm(tx, desk.bo, quick.alert_id, "a song title")
    slow = desk.raises(Tier.NOW)
    desk.clock.move(minutes=30)
    desk.closes(desk.bo, slow.alert_id)
    desk.raises(Tier.CHECK)
    desk.chooses("go_on")
    desk.raises(Tier.NOW)
    sheet = month(desk)
    assert sheet.month == date(2026, 11, 1)
    assert sheet.by_tier == {Tier.SAME_DAY: 1, Tier.NOW: 2, Tier.CHECK: 1}
    assert (sheet.acknowledged_p50, sheet.acknowledged_p95) == (
        timedelta(minutes=10),
        timedelta(minutes=30),
    )
    assert (sheet.overdue, sheet.false_alarms) == (1, 0.5)
    desk.clock.move(minutes=11)
    assert month(desk).overdue == 2


def test_an_empty_month_divides_by_nothing(desk: Desk) -> None:
    sheet = month(desk)
    assert (sheet.by_tier, sheet.overdue) == ({}, 0)
    assert sheet.acknowledged_p50 is sheet.acknowledged_p95 is sheet.false_alarms is None


def test_the_month_does_not_count_what_a_clinician_may_not_know(desk: Desk) -> None:
    before = month(desk)
    desk.raises(Tier.NOW)
    desk.concern()
    desk.forwards()
    assert month(desk) == before
    assert month(desk, apart=True).by_tier == {Tier.NOW: 1, Tier.SAME_DAY: 1}
