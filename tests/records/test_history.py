"""What a plan knows of earlier reflections, and the packs that a clinician chose."""

import pytest
from factory import HOUR, NOW, WEEK, Clinic, core, declined, new_message, rated, said

from afterword.access.actors import Actor
from afterword.records import history, reflections
from afterword.records.store import Records
from afterword.reflection.answers import Sharing
from afterword.reflection.history import History

INSTRUMENTS = {("core", 1): core()}


def look(records: Records, reflection: str) -> History:
    with records.read() as tx:
        found = reflections.by_id(tx, reflection)
        assert found is not None
        return history.history_of(tx, found, INSTRUMENTS)


@pytest.fixture
def now(clinic: Clinic) -> str:
    """A reflection that was not begun, on a session of a week ago."""
    return clinic.reflection(clinic.book(NOW - WEEK))


def weeks_ago(clinic: Clinic, weeks: int) -> str:
    return clinic.book(NOW - weeks * WEEK)


def test_the_newest_comes_first_with_what_was_asked_and_what_was_low(
    clinic: Clinic, records: Records, now: str
) -> None:
    clinic.reflect(rated("heard", 5), appointment=weeks_ago(clinic, 4))
    clinic.reflect(
        rated("heard", 2), declined("safe"), said("wish", "x"), appointment=weeks_ago(clinic, 2)
    )
    last, first = look(records, now).reflections
    assert (last.days, first.days) == (7, 21)
    assert last.asked == {"heard", "safe", "wish"}
    assert (last.rank("heard"), last.rank("safe"), first.rank("heard")) == (2, None, 5)
    assert (last.low, first.low) == ({"heard"}, frozenset())


@pytest.mark.parametrize(
    ("strain", "sharing", "shared"),
    [
        (3, Sharing.ALL, True),
        (1, Sharing.RATINGS, True),
        (1, Sharing.PRIVATE, False),
        (1, None, False),
        (4, Sharing.ALL, False),
    ],
)
def test_a_strain_counts_when_it_was_shared(
    clinic: Clinic, records: Records, now: str, strain: int, sharing: Sharing | None, shared: bool
) -> None:
    clinic.reflect(rated("snag", strain), appointment=weeks_ago(clinic, 2), sharing=sharing)
    assert look(records, now).strain_last_time is shared


def test_others_and_later_ones_do_not_count(clinic: Clinic, records: Records, now: str) -> None:
    kim = clinic.add_patient("Kim", clinic.ada)
    clinic.reflect(rated("heard", 1), appointment=clinic.book(NOW - 2 * WEEK, kim))
    clinic.reflect(rated("heard", 1), appointment=clinic.book(NOW - 2 * HOUR))
    assert look(records, now).reflections == ()


def test_it_stays_as_it_is_while_a_reflection_goes_on(
    clinic: Clinic, records: Records, now: str
) -> None:
    open_ = clinic.reflect(rated("heard", 5), appointment=weeks_ago(clinic, 2), sharing=None)
    late = clinic.reflection(weeks_ago(clinic, 3))
    clinic.clock.move(minutes=1)
    with records.begin() as tx:
        reflections.begin(tx, now)
    before = look(records, now)
    clinic.clock.move(hours=1)
    with records.begin() as tx:
        reflections.begin(tx, late)
        for reflection in (open_, late):
            reflections.record_answer(tx, reflection, rated("safe", 1), new_message())
    assert look(records, now) == before
    assert [past.asked for past in before.reflections] == [{"heard"}]


def test_one_on_questions_that_are_gone_counts_without_its_answers(
    clinic: Clinic, records: Records, now: str
) -> None:
    clinic.reflect(rated("heard", 1), appointment=weeks_ago(clinic, 2))
    with records.read() as tx:
        found = reflections.by_id(tx, now)
        assert found is not None
        (past,) = history.history_of(tx, found, {}).reflections
    assert (past.days, past.asked) == (7, frozenset())


def test_packs_are_chosen_for_one_patient(clinic: Clinic, records: Records, now: str) -> None:
    kim = clinic.add_patient("Kim", clinic.ada)
    assert look(records, now).packs == frozenset()
    with records.begin(by=Actor.operator("test")) as tx:
        history.choose_packs(tx, clinic.robin, ["psychiatry"])
        assert history.packs_of(tx, kim) == frozenset()
    assert look(records, now).packs == {"psychiatry"}
    with records.begin(by=Actor.operator("test")) as tx:
        history.choose_packs(tx, clinic.robin, [])
    assert look(records, now).packs == frozenset()


def test_patients_are_found_by_their_name(clinic: Clinic, records: Records) -> None:
    with records.read() as tx:
        assert history.patients_called(tx, "robin  okafor") == [clinic.robin]
        assert history.patients_called(tx, "Robin") == []


@pytest.mark.parametrize("sharing", [Sharing.ALL, Sharing.RATINGS])
def test_private_questions_stay_private_whatever_is_shared(
    clinic: Clinic, records: Records, sharing: Sharing
) -> None:
    reflection = clinic.reflect(rated("heard", 4), rated("closeness", "too_close"), sharing=None)
    with records.begin() as tx:
        reflections.share(tx, reflection, sharing, private={"closeness"})
    given = clinic.answers(reflection)
    assert given["closeness"].visibility == "private"
    assert given["heard"].visibility != "private"
