"""A concern about the clinician: passed on when the patient agrees, never to that clinician."""

from datetime import date, timedelta

import pytest
from desk import Desk
from factory import NOW, WEEK, said
from sqlalchemy import delete, select, update

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.records import alerts, digests, models, people
from afterword.records.alert_views import Told
from afterword.safety.clock import AlertState
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind

SECRET = "about the clinician"


@pytest.fixture
def ada(desk: Desk) -> str:
    """The clinician of the session, who is a contact of every kind besides."""
    for kind in (Kind.DUTY, Kind.BACKUP, Kind.SAFEGUARDING):
        desk.joins(kind, f"Ada {kind}", desk.clinic.ada)
    return desk.clinic.ada


def knows_nothing(desk: Desk, staff_id: str, *alert_ids: str) -> bool:
    """Tries everything that the records offer to a member of staff."""
    with desk.records.begin(by=Actor.staff(staff_id)) as tx:
        seen = alerts.for_staff(tx, staff_id, closed_since=NOW - WEEK)
        count = alerts.waiting_count(tx, staff_id)
    tags = desk.tags(staff_id)
    for alert_id in alert_ids:
        with pytest.raises(Denied), desk.records.read(by=Actor.staff(staff_id)) as tx:
            alerts.one_for(tx, staff_id, alert_id)
        with pytest.raises(LookupError), desk.records.begin(by=Actor.staff(staff_id)) as tx:
            alerts.acknowledge(tx, staff_id, alert_id)
        with pytest.raises(LookupError), desk.records.begin(by=Actor.staff(staff_id)) as tx:
            alerts.false_alarm(tx, staff_id, alert_id, "none")
    return count == 0 and not seen and not tags


def digest_of(desk: Desk) -> str:
    """All that the clinician's pages are made of."""
    with desk.records.begin(by=Actor.staff(desk.clinic.ada)) as tx:
        booked = digests.appointments_between(tx, desk.clinic.ada, NOW - WEEK, NOW + 2 * WEEK)
        sources = [digests.open_latest(tx, desk.clinic.ada, one.id) for one in booked]
    return repr((booked, sources))


def test_a_concern_is_sealed_until_the_patient_agrees(desk: Desk) -> None:
    raised = desk.concern()
    assert (raised.state, raised.told) == (AlertState.SEALED, Told())
    assert desk.ticks(days=2) == 0
    assert (desk.post(), desk.sees(desk.dee), desk.sees(desk.bo)) == ([], [], [])
    desk.clock.now = NOW
    told = desk.forwards()
    assert (told.names, told.by) == (("safeguarding",), NOW + timedelta(hours=1))
    assert desk.post() == ["Dee Safe"]
    (seen,) = desk.sees(desk.dee)
    assert [one.text for one in seen.words] == [SECRET]
    assert desk.sees(desk.bo) == desk.sees(desk.cy) == []


def test_saying_no_keeps_it_sealed_and_saying_yes_later_opens_it(desk: Desk) -> None:
    raised = desk.concern()
    assert desk.forwards(yes=False) == Told()
    assert desk.concern(text="more").state is AlertState.SEALED
    assert desk.post() == []
    assert desk.forwards().names == ("safeguarding",)
    assert desk.forwards(yes=False).names == ("safeguarding",), "told is told"
    kinds = [kind for kind, _ in desk.events(raised.alert_id)]
    assert kinds.index("patient_declined") < kinds.index("patient_agreed") < kinds.index("told")


def test_a_clinic_may_always_pass_concerns_on(desk: Desk) -> None:
    desk.set(forward_concerns="always")
    assert desk.concern(Tier.CHECK).state is AlertState.SEALED, "a weak sign is asked about"
    raised = desk.concern()
    assert (raised.state, raised.told.names) == (AlertState.OPEN, ("safeguarding",))
    assert desk.post() == ["Dee Safe"]


@pytest.mark.parametrize("policy", ["ask", "always"])
def test_with_nobody_who_may_be_told_it_stays_sealed(desk: Desk, policy: str) -> None:
    desk.set(forward_concerns=policy)
    desk.leaves("Dee Safe")
    raised = desk.concern(Tier.NOW)
    assert (raised.state, desk.forwards()) == (AlertState.SEALED, Told())
    assert desk.post() == []
    assert ("nobody_to_tell", "") in desk.events(raised.alert_id)


def test_a_safeguarding_contact_who_treats_the_patient_is_nobody_to_tell(desk: Desk) -> None:
    with desk.records.begin() as tx:
        people.assign(tx, desk.dee, desk.clinic.robin, date(2025, 1, 1), date(2025, 2, 1))
    desk.concern()
    assert desk.forwards() == Told()
    assert desk.sees(desk.dee) == []


def test_an_answer_without_a_concern_changes_nothing(desk: Desk) -> None:
    assert desk.forwards() == Told()
    assert desk.rows() == []


def test_unanswered_concerns_come_again_to_safeguarding_only(desk: Desk) -> None:
    desk.concern()
    desk.forwards()
    told = [desk.post()]
    for _ in range(2):
        desk.ticks(hours=1)
        told.append(desk.post())
    assert told == [["Dee Safe"]] * 3


def test_the_clinician_sees_nothing_of_a_concern(desk: Desk, ada: str) -> None:
    session = desk.clinic.book(NOW + WEEK)
    desk.clinic.answer(desk.reflection, said("heard", "shared words"))
    before = digest_of(desk)
    concern = desk.concern(Tier.NOW)
    assert knows_nothing(desk, ada, concern.alert_id), "sealed"
    desk.forwards()
    assert knows_nothing(desk, ada, concern.alert_id), "open"
    assert desk.post() == ["Dee Safe"]
    desk.closes(desk.dee, concern.alert_id)
    assert knows_nothing(desk, ada, concern.alert_id), "closed"
    assert digest_of(desk) == before
    with desk.records.begin(by=Actor.staff(ada)) as tx:
        source = digests.open_latest(tx, ada, session)
    assert source is not None and SECRET not in repr(source)


def test_after_a_concern_they_see_no_danger_either(desk: Desk, ada: str) -> None:
    desk.concern()
    danger = desk.raises(Tier.NOW)
    assert knows_nothing(desk, ada, danger.alert_id)
    assert desk.post() == ["Bo Duty"]
    for _ in range(3):
        desk.ticks(minutes=5)
        assert not {one for one in desk.post() if one.startswith("Ada")}
    assert desk.count(desk.bo) == 1


def test_what_they_knew_of_is_taken_from_them(desk: Desk, ada: str) -> None:
    danger = desk.raises(Tier.SAME_DAY)
    assert [one.id for one in desk.sees(ada)] == [danger.alert_id]
    desk.concern()
    assert knows_nothing(desk, ada, danger.alert_id)
    assert desk.post() == ["Bo Duty"], "what was on its way to them is not sent"


def test_what_they_had_taken_on_goes_to_somebody_else(desk: Desk, ada: str) -> None:
    danger = desk.raises(Tier.SAME_DAY)
    desk.post()
    desk.acknowledges(ada, danger.alert_id)
    desk.concern()
    assert desk.count(desk.bo) == 1
    assert desk.post() == ["Bo Duty"]


def test_what_only_they_were_told_goes_to_somebody_else(desk: Desk, ada: str) -> None:
    desk.leaves("Bo Duty")
    danger = desk.raises(Tier.NOW)
    assert danger.told.names == ("duty",)
    desk.concern()
    assert desk.post() == ["Cy Backup"]


def test_the_only_duty_contact_is_not_told_of_danger_after_a_concern(desk: Desk, ada: str) -> None:
    for name in ("Bo Duty", "Cy Backup"):
        desk.leaves(name)
    desk.concern()
    assert desk.raises(Tier.NOW).told == Told(), "and the patient is not told that they were"
    assert desk.post() == []


def test_a_message_about_both_is_hidden_and_its_words_are_kept_apart(desk: Desk, ada: str) -> None:
    both = (Category.SUICIDE, Category.ABUSE_BY_CLINICIAN)
    danger = desk.raises(Tier.NOW, f"{SECRET}, and tonight", categories=both)
    assert knows_nothing(desk, ada, danger.alert_id)
    (seen,) = desk.sees(desk.bo)
    assert (seen.words, seen.withheld, seen.categories) == ((), True, (Category.SUICIDE,))


@pytest.mark.parametrize("concern_first", [True, False])
def test_the_same_words_in_both_alerts_stay_with_the_concern(
    desk: Desk, ada: str, concern_first: bool
) -> None:
    text = f"{SECRET}, and tonight"
    raise_both = [lambda: desk.concern(text=text), lambda: desk.raises(Tier.NOW, text)]
    for raise_one in raise_both if concern_first else reversed(raise_both):
        raise_one()
    desk.raises(Tier.NOW, f"before\n{text}")
    desk.raises(Tier.NOW, "only tonight")
    (seen,) = desk.sees(desk.bo)
    assert ([one.text for one in seen.words], seen.withheld) == (["only tonight"], True)
    desk.forwards()
    (concern,) = desk.sees(desk.dee)
    assert [one.text for one in concern.words] == [text]


def test_they_see_nothing_after_the_patient_has_changed_clinician(desk: Desk, ada: str) -> None:
    concern = desk.concern()
    desk.forwards()
    with desk.records.begin() as tx:
        tx.session.execute(delete(models.Caseload))
        tx.session.execute(update(models.Appointment).values(staff_id=desk.bo))
    assert knows_nothing(desk, ada, concern.alert_id)
    assert desk.post() == ["Dee Safe"]


def test_a_digest_tag_from_before_disappears(desk: Desk, ada: str) -> None:
    with desk.records.begin() as tx:
        alerts.note(tx, desk.incident(Tier.NOTE))
    assert desk.tags(ada)
    desk.concern()
    assert desk.tags(ada) == []


def test_a_note_about_a_clinician_hides_nothing(desk: Desk, ada: str) -> None:
    concern = desk.incident(
        Tier.NOTE,
        route=Route.SAFEGUARDING,
        categories=(Category.ABUSE_BY_CLINICIAN,),
    )
    with desk.records.begin() as tx:
        alerts.note(tx, concern)
    assert desk.raises(Tier.NOW).told.names == ("duty",)
    assert desk.count(ada) == 1
    assert len(desk.tags(ada)) == 1


def test_another_reflection_is_not_touched(desk: Desk, ada: str) -> None:
    other = desk.another_reflection()
    desk.concern()
    desk.raises(Tier.SAME_DAY, reflection_id=other)
    assert [one.reflection_id for one in desk.sees(ada)] == [other]


def test_asking_for_help_after_a_concern_passes_no_words_on(desk: Desk, ada: str) -> None:
    desk.concern(Tier.CHECK)
    chosen = desk.chooses("help_now")
    assert chosen is not None and chosen.told.names == ("duty",)
    assert knows_nothing(desk, ada, chosen.alert_id)
    (seen,) = desk.sees(desk.bo)
    assert seen.words == ()
    assert SECRET not in repr(seen)


def test_a_line_that_was_not_delivered_unseals_nothing(desk: Desk) -> None:
    raised = desk.concern()
    with desk.records.begin() as tx:
        alerts.undelivered(tx, desk.reflection)
    assert desk.row(raised.alert_id).tier == "now"
    assert (desk.sees(desk.dee), desk.post()) == ([], [])


def test_a_concern_leaves_no_trace_on_the_reflection(desk: Desk) -> None:
    def trace() -> list[object]:
        with desk.records.read() as tx:
            row = tx.session.get_one(models.Reflection, desk.reflection)
            return [row.revision, row.updated_at, row.state, list(tx.session.scalars(readings))]

    readings = select(models.Reading.id)
    before = trace()
    desk.clock.move(minutes=1)
    with desk.records.begin() as tx:
        alerts.raise_alert(tx, desk.incident(Tier.NOW))
        alerts.forward_concern(tx, desk.reflection, True)
    assert trace() == before
