"""An alert is raised once per incident, reaches people, comes again, and is proved afterwards."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desk import WORDS, Desk
from factory import NOW, new_message
from together import TOGETHER, at_once

from afterword.records import alerts, inbox, reflections
from afterword.records.alert_views import Told
from afterword.reflection.answers import Sharing
from afterword.safety.clock import AlertState
from afterword.safety.finding import Category, Tier
from afterword.safety.recipients import Kind

HOUR = timedelta(hours=1)


def test_duty_is_told_at_once_and_the_patient_may_be_told_so(desk: Desk) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    assert (raised.new, raised.tier, raised.state) == (True, Tier.SAME_DAY, AlertState.OPEN)
    assert raised.told == Told(("duty",), staffed=True, by=NOW + HOUR)
    assert desk.post() == ["Bo Duty"]
    (seen,) = desk.sees(desk.bo)
    assert [one.text for one in seen.words] == [WORDS]
    assert (seen.patient.name, seen.clinician.name) == ("Robin Okafor", "Ada Whitfield")
    assert (seen.categories, seen.evidence, seen.version) == (
        (Category.SUICIDE,),
        ("en-suicide-1",),
        "rules 1",
    )
    assert [(one.kind, one.state) for one in seen.deliveries] == [(Kind.DUTY, "sent")]
    assert desk.count(desk.bo) == 1


def test_out_of_hours_the_time_that_is_promised_is_true(desk: Desk) -> None:
    desk.clock.move(days=4)  # Saturday
    told = desk.raises(Tier.SAME_DAY).told
    monday = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("America/New_York"))
    assert told == Told(("duty",), staffed=False, by=monday)
    assert desk.post() == ["Bo Duty"]


def test_without_hours_no_time_is_promised(desk: Desk) -> None:
    desk.set(duty_hours="")
    assert desk.raises(Tier.NOW).told == Told(("duty",), staffed=False, by=None)


def test_where_nobody_can_be_told_nothing_is_claimed(desk: Desk) -> None:
    desk.leaves("Bo Duty")
    assert desk.raises(Tier.SAME_DAY).told.names == ("backup",)
    desk.leaves("Cy Backup")
    raised = desk.raises(Tier.NOW, reflection_id=desk.another_reflection())
    assert raised.told == Told()
    assert ("nobody_told", "") in desk.events(raised.alert_id)


def test_a_second_message_adds_to_the_open_alert(desk: Desk) -> None:
    first = desk.raises(Tier.SAME_DAY, "first")
    again = desk.raises(Tier.SAME_DAY, "second")
    other = desk.raises(Tier.NOW, "third", evidence=("en-suicide-2",))
    assert {first.alert_id, again.alert_id, other.alert_id} == {first.alert_id}
    assert [(one.new, one.higher, one.new_evidence) for one in (first, again, other)] == [
        (True, False, True),
        (False, False, False),
        (False, True, True),
    ]
    (seen,) = desk.sees(desk.bo)
    assert [one.text for one in seen.words] == ["first", "second", "third"]
    assert (seen.tier, seen.evidence) == (Tier.NOW, ("en-suicide-1", "en-suicide-2"))


def test_a_lower_message_lowers_nothing(desk: Desk) -> None:
    desk.raises(Tier.NOW)
    assert desk.raises(Tier.CHECK).tier is Tier.NOW


def test_a_closed_alert_takes_no_more(desk: Desk) -> None:
    first = desk.raises()
    assert desk.closes(desk.bo, first.alert_id, note="called, is safe")
    second = desk.raises(text="again")
    assert second.new and second.alert_id != first.alert_id
    assert [one.id for one in desk.sees(desk.bo)] == [second.alert_id]


def test_more_words_after_the_acknowledgement_are_told_again(desk: Desk) -> None:
    first = desk.raises()
    desk.post()
    desk.acknowledges(desk.bo, first.alert_id)
    assert desk.count(desk.bo) == 0
    assert desk.raises(Tier.CHECK).state is AlertState.ACKNOWLEDGED
    assert desk.raises(Tier.SAME_DAY, "worse").state is AlertState.OPEN
    assert desk.count(desk.bo) == 1
    assert desk.post() == ["Bo Duty"]


def test_the_same_message_at_once_and_again_gives_one_alert(desk: Desk) -> None:
    message = new_message()
    incident = desk.incident(message=message)

    def deliver() -> bool:
        with desk.records.begin() as tx:
            inbox.accept(tx, desk.reflection, message, "text", {"text": "hello"})
            return alerts.raise_alert(tx, incident).new

    assert sorted(at_once(*[deliver] * TOGETHER)) == [False] * (TOGETHER - 1) + [True]
    (seen,) = desk.sees(desk.bo)
    assert len(seen.words) == 1
    desk.closes(desk.bo, seen.id)
    assert deliver() is False, "a replay after the alert was closed opens none"
    assert len(desk.rows()) == 1


def test_two_messages_at_once_give_one_open_alert(desk: Desk) -> None:
    outcomes = at_once(
        *(lambda at=at: desk.raises(Tier.SAME_DAY, f"words {at}").new for at in range(TOGETHER))
    )
    assert sorted(outcomes) == [False] * (TOGETHER - 1) + [True]
    (seen,) = desk.sees(desk.bo)
    assert {one.text for one in seen.words} == {f"words {at}" for at in range(TOGETHER)}


def test_patients_and_staff_at_once_do_not_block_each_other(desk: Desk) -> None:
    raised = desk.raises(Tier.NOW)
    outcomes = at_once(
        lambda: desk.raises(Tier.NOW, "more").alert_id,
        lambda: desk.concern().new,
        lambda: desk.ticks(minutes=6),
        lambda: bool(desk.acknowledges(desk.bo, raised.alert_id)),
        lambda: len(desk.loses()) < 9,
    )
    assert [one for one in outcomes if isinstance(one, Exception)] == []


def test_nothing_is_left_of_a_message_that_was_not_kept(desk: Desk) -> None:
    with pytest.raises(RuntimeError), desk.records.begin() as tx:
        alerts.raise_alert(tx, desk.incident(Tier.NOW))
        raise RuntimeError
    assert desk.sees(desk.bo) == []
    assert desk.post() == []


def test_a_note_tells_nobody_and_is_in_the_digest_once_shared(desk: Desk) -> None:
    with desk.records.begin() as tx:
        alerts.note(tx, desk.incident(Tier.NOTE, "last year", message="a"))
        alerts.note(tx, desk.incident(Tier.NOTE, "last year", message="a"))
    assert (desk.sees(desk.bo), desk.post(), desk.ticks(days=30)) == ([], [], 0)
    desk.clock.now = NOW
    (tag,) = desk.tags(desk.clinic.ada)
    assert (tag.tier, tag.state, tag.words) == (Tier.NOTE, AlertState.NOTED, ())
    with desk.records.begin() as tx:
        reflections.share(tx, desk.reflection, Sharing.ALL)
    (tag,) = desk.tags(desk.clinic.ada)
    assert [one.text for one in tag.words] == ["last year"]


def test_below_a_check_no_alert_is_raised(desk: Desk) -> None:
    with pytest.raises(ValueError, match="note"):
        desk.raises(Tier.NOTE)


# The check.


def test_a_check_waits_for_the_patient_and_then_goes_to_staff(desk: Desk) -> None:
    raised = desk.raises(Tier.CHECK)
    assert (raised.state, raised.told) == (AlertState.WAITING, Told())
    assert (desk.post(), desk.sees(desk.bo), desk.ticks(minutes=14)) == ([], [], 0)
    desk.clock.move(seconds=59)
    assert desk.ticks(seconds=0) == 0
    assert desk.ticks(seconds=1) == 1
    (seen,) = desk.sees(desk.bo)
    assert (seen.tier, seen.state) == (Tier.SAME_DAY, AlertState.OPEN)
    assert desk.post() == ["Bo Duty"]
    assert ("unanswered", "") in desk.events(raised.alert_id)


def test_going_on_ends_a_check_and_leaves_a_tag(desk: Desk) -> None:
    desk.raises(Tier.CHECK)
    chosen = desk.chooses("go_on")
    assert chosen is not None and chosen.state is AlertState.CLOSED
    assert (desk.ticks(hours=1), desk.post(), desk.sees(desk.bo)) == (0, [], [])
    (tag,) = desk.tags(desk.clinic.ada)
    assert (tag.patient_choice, tag.outcome) == ("go_on", "went_on")


def test_looking_at_support_is_no_answer_yet(desk: Desk) -> None:
    desk.raises(Tier.CHECK)
    desk.chooses("support")
    assert desk.post() == []
    assert desk.ticks(minutes=15) == 1
    assert desk.post() == ["Bo Duty"]


def test_support_and_then_going_on_ends_the_check(desk: Desk) -> None:
    desk.raises(Tier.CHECK)
    desk.chooses("support")
    desk.chooses("go_on")
    assert (desk.ticks(minutes=15), desk.post()) == (0, [])


def test_asking_for_help_tells_staff_at_once(desk: Desk) -> None:
    desk.raises(Tier.CHECK)
    chosen = desk.chooses("help_now")
    assert chosen is not None
    assert (chosen.tier, chosen.higher, chosen.told.names) == (Tier.SAME_DAY, True, ("duty",))
    assert desk.post() == ["Bo Duty"]


def test_asking_for_help_without_a_check_tells_staff_too_and_once(desk: Desk) -> None:
    first, again = desk.chooses("help_now"), desk.chooses("help_now")
    assert first is not None and again is not None
    assert (first.new, again.new, first.alert_id) == (True, False, again.alert_id)
    (seen,) = desk.sees(desk.bo)
    assert (seen.patient_choice, seen.words) == ("help_now", ())


def test_going_on_does_not_end_what_staff_were_told_of(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    desk.chooses("go_on")
    assert desk.count(desk.bo) == 1
    assert desk.chooses("support") is not None


def test_an_answer_without_a_check_changes_nothing(desk: Desk) -> None:
    assert desk.chooses("go_on") is None
    assert desk.rows() == []
    with pytest.raises(ValueError):
        desk.chooses("maybe")


# The clock.


def test_same_day_is_repeated_to_duty_and_backup_every_hour_of_duty(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    desk.post()
    assert desk.ticks(minutes=59) == 0
    assert desk.ticks(minutes=1) == 1
    assert desk.post() == ["Bo Duty", "Cy Backup"]
    assert desk.ticks(minutes=60) == 1
    assert desk.post() == ["Bo Duty", "Cy Backup"]
    (seen,) = desk.sees(desk.bo)
    assert seen.overdue
    desk.acknowledges(desk.cy, seen.id)
    assert (desk.ticks(days=3), desk.post()) == (0, [])


def test_over_a_weekend_it_waits_for_monday(desk: Desk) -> None:
    desk.clock.move(days=3, hours=8)  # Friday at five: closed
    desk.raises(Tier.SAME_DAY)
    desk.post()
    assert desk.ticks(days=2, hours=16, minutes=59) == 0
    assert desk.ticks(minutes=1) == 1, "Monday at ten"


def test_now_is_repeated_every_five_minutes_and_reaches_the_backup(desk: Desk) -> None:
    desk.clock.move(days=4, hours=-7)  # the night to Saturday
    desk.raises(Tier.NOW)
    told = [desk.post()]
    for _ in range(3):
        assert desk.ticks(minutes=4) == 0
        assert desk.ticks(minutes=1) == 1
        told.append(desk.post())
    both = ["Bo Duty", "Cy Backup"]
    assert told == [["Bo Duty"], ["Bo Duty"], both, both]


def test_a_clock_that_stood_still_acts_once(desk: Desk) -> None:
    desk.raises(Tier.NOW)
    desk.post()
    assert desk.ticks(hours=9) == 1
    assert desk.ticks(seconds=0) == 0


def test_two_clocks_take_one_step(desk: Desk) -> None:
    raised = desk.raises(Tier.NOW)
    desk.clock.move(minutes=5)

    def step() -> bool:
        with desk.records.begin() as tx:
            return alerts.step(tx, raised.alert_id)

    assert sorted(at_once(*[step] * TOGETHER)) == [False] * (TOGETHER - 1) + [True]


def test_a_line_that_did_not_reach_the_patient_raises_the_tier(desk: Desk) -> None:
    raised = desk.raises(Tier.CHECK)
    states = []
    for _ in range(3):
        with desk.records.begin() as tx:
            alerts.undelivered(tx, desk.reflection)
        row = desk.row(raised.alert_id)
        states.append((row.tier, row.state))
    assert states == [("same_day", "open"), ("now", "open"), ("now", "open")]
    assert desk.post() == ["Bo Duty"]
