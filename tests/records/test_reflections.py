"""When a reflection begins and changes, what stands around it, and how it is found."""

from collections.abc import Callable

import pytest
from factory import NOW, WEEK, Clinic, Clock, new_message, rated
from steps import erase, look, remove, share, take_back

from afterword.records import invitations, people, reflections
from afterword.records.history import history_of
from afterword.records.store import Records
from afterword.reflection.answers import Answer, AnswerState, ReflectionState, Sharing


def test_a_reflection_begins_once(clinic: Clinic, records: Records, clock: Clock) -> None:
    reflection = clinic.reflection()
    assert look(records, reflection).state is ReflectionState.INVITED
    for _ in range(2):
        with records.begin() as tx:
            reflections.begin(tx, reflection)
        clock.move(minutes=1)
    now = look(records, reflection)
    assert (now.state, now.started_at) == (ReflectionState.OPEN, NOW)


def test_each_visible_change_makes_the_revision_grow(clinic: Clinic, records: Records) -> None:
    reflection = clinic.reflection()
    changes: list[Callable[[], object]] = [
        lambda: clinic.answer(reflection, rated("heard", 4)),
        lambda: remove(records, reflection, "heard"),
        lambda: share(records, reflection, Sharing.ALL),
        lambda: take_back(records, reflection),
        lambda: erase(records, reflection),
    ]
    for change in changes:
        before = look(records, reflection).revision
        change()
        assert look(records, reflection).revision > before


def test_earlier_counts_this_patients_begun_reflections_only(
    clinic: Clinic, records: Records
) -> None:
    for weeks in (4, 3):
        clinic.reflect(appointment=clinic.book(NOW - weeks * WEEK))
    clinic.reflection(clinic.book(NOW - 2 * WEEK))
    clinic.reflect(appointment=clinic.book(NOW - 2 * WEEK, clinic.add_patient("Kim", clinic.ada)))
    now = clinic.reflection(clinic.book(NOW - WEEK))
    clinic.reflect(appointment=clinic.book(NOW - WEEK / 2))
    with records.read() as tx:
        found = reflections.by_id(tx, now)
        assert found is not None
        assert len(history_of(tx, found, {}).reflections) == 2


def test_the_next_session_is_the_next_booked_one_with_the_same_clinician(
    clinic: Clinic, records: Records
) -> None:
    reflection = clinic.reflection()
    assert look(records, reflection).next_session_at is None
    clinic.book(NOW + 3 * WEEK)
    clinic.book(NOW + WEEK, status="cancelled")
    clinic.book(NOW + WEEK, staff_id=clinic.add_clinician("Bo"))
    clinic.book(NOW + 2 * WEEK)
    assert look(records, reflection).next_session_at == NOW + 2 * WEEK


def test_rasa_finds_a_reflection_by_its_conversation_only(clinic: Clinic, records: Records) -> None:
    reflection = clinic.reflection()
    known = look(records, reflection)
    with records.read() as tx:
        assert reflections.by_conversation(tx, known.conversation) == known
        assert reflections.by_conversation(tx, reflection) is None
        assert reflections.by_id(tx, known.conversation) is None


def test_goals_are_the_patients_own_oldest_first(clinic: Clinic, records: Records) -> None:
    kim = clinic.add_patient("Kim", clinic.ada)
    with records.begin() as tx:
        people.add_goal(tx, clinic.robin, "Sleep", NOW.date())
        people.add_goal(tx, clinic.robin, "Walk", NOW.date() - WEEK)
        people.add_goal(tx, kim, "Read", NOW.date())
    with records.read() as tx:
        assert [goal.text for goal in people.goals_of(tx, clinic.robin)] == ["Walk", "Sleep"]


def test_nothing_of_a_failed_transaction_stays(clinic: Clinic, records: Records) -> None:
    reflection = clinic.reflect(sharing=None)
    with pytest.raises(RuntimeError), records.begin() as tx:
        answer = Answer("heard", AnswerState.ANSWERED, "4")
        reflections.record_answer(tx, reflection, answer, new_message())
        raise RuntimeError("the power went out")
    assert clinic.answers(reflection) == {}


@pytest.mark.parametrize("what", ["unknown reflection", "unknown appointment"])
def test_what_does_not_exist_is_a_named_error(records: Records, what: str) -> None:
    with pytest.raises(LookupError), records.begin() as tx:
        if what == "unknown reflection":
            reflections.share(tx, "0" * 32, Sharing.ALL)
        else:
            invitations.invite(
                tx, "0" * 32, instrument="core", instrument_version=1, expires_at=NOW
            )
