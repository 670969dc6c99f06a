"""An answer is kept once, under its question, with its history; sharing flips a state."""

import pytest
from factory import NOW, WEEK, Clinic, Clock, declined, new_message, rated, said, skipped
from sqlalchemy import select
from steps import erase, look, remove, share, take_back

from afterword.access.actors import Actor
from afterword.records import digests, inbox, models, reflections, sealing
from afterword.records.reflections import ReflectionEnded
from afterword.records.sealing import Place
from afterword.records.store import Records, Tx
from afterword.reflection.answers import (
    ReflectionState,
    Sharing,
    Visibility,
)

CANARY = "canary words"


@pytest.fixture
def reflection(clinic: Clinic) -> str:
    return clinic.reflect(sharing=None)


@pytest.fixture
def next_session(clinic: Clinic) -> str:
    return clinic.book(NOW + WEEK)


def _owner(tx: Tx, row: models.AnswerVersion) -> str:
    return sealing.owner_of(tx, tx.session.get_one(models.Answer, row.answer_id).reflection_id)


def versions(records: Records) -> list[tuple[int, str, str | None, str | None]]:
    """What answers were before, words opened."""
    with records.read() as tx:
        return [
            (
                row.version,
                row.state,
                row.value,
                row.sealed_words
                and sealing.unseal(
                    tx,
                    Place(_owner(tx, row), "answer_version", "words", row.id),
                    row.sealed_words,
                ),
            )
            for row in tx.session.scalars(
                select(models.AnswerVersion).order_by(models.AnswerVersion.version)
            )
        ]


def test_an_answer_comes_back_as_it_was_given(clinic: Clinic, reflection: str) -> None:
    given = [rated("heard", 4, CANARY), said("wish", "Łódź 🙂\nzwei"), skipped("safe")]
    for answer in [*given, declined("goals")]:
        clinic.answer(reflection, answer)
    assert clinic.answers(reflection) == {
        answer.question: answer for answer in [*given, declined("goals")]
    }


def test_the_same_message_twice_is_one_answer_without_a_version(
    clinic: Clinic, records: Records, reflection: str
) -> None:
    message = new_message()
    clinic.answer(reflection, rated("heard", 4), message)
    before = look(records, reflection).revision
    clinic.answer(reflection, rated("heard", 4), message)
    assert clinic.answers(reflection) == {"heard": rated("heard", 4)}
    assert versions(records) == []
    assert look(records, reflection).revision == before


def test_a_correction_keeps_what_was_said_before(
    clinic: Clinic, records: Records, reflection: str
) -> None:
    clinic.answer(reflection, rated("heard", 1, "no"))
    clinic.answer(reflection, rated("heard", 2, "well, a bit"))
    clinic.answer(reflection, skipped("heard"))
    assert clinic.answers(reflection) == {"heard": skipped("heard")}
    assert versions(records) == [
        (1, "answered", "1", "no"),
        (2, "answered", "2", "well, a bit"),
    ]


def test_removing_an_answer_erases_its_words_and_its_history(
    clinic: Clinic, records: Records, reflection: str
) -> None:
    clinic.answer(reflection, rated("heard", 1, CANARY))
    clinic.answer(reflection, rated("heard", 2, CANARY))
    clinic.answer(reflection, rated("safe", 2))
    clinic.answer(reflection, rated("safe", 3))
    remove(records, reflection, "heard")
    assert clinic.answers(reflection)["heard"] == skipped("heard")
    assert versions(records) == [(1, "answered", "2", None)]


def test_a_removed_answer_can_be_given_again(
    clinic: Clinic, records: Records, reflection: str
) -> None:
    clinic.answer(reflection, rated("heard", 1, CANARY))
    remove(records, reflection, "heard")
    clinic.answer(reflection, rated("heard", 5, "again"))
    assert clinic.answers(reflection)["heard"] == rated("heard", 5, "again")


def test_removing_what_was_not_answered_adds_nothing(
    clinic: Clinic, records: Records, reflection: str
) -> None:
    remove(records, reflection, "heard")
    assert clinic.answers(reflection) == {}


@pytest.mark.parametrize(
    ("sharing", "state", "expected"),
    [
        (
            Sharing.ALL,
            ReflectionState.SHARED,
            {"heard": Visibility.SHARED, "wish": Visibility.SHARED, "safe": Visibility.SHARED},
        ),
        (
            Sharing.RATINGS,
            ReflectionState.SHARED,
            {"heard": Visibility.RATING, "wish": Visibility.PRIVATE, "safe": Visibility.RATING},
        ),
        (
            Sharing.PRIVATE,
            ReflectionState.PRIVATE,
            {"heard": Visibility.PRIVATE, "wish": Visibility.PRIVATE, "safe": Visibility.PRIVATE},
        ),
    ],
)
def test_what_the_patient_decides_holds_for_each_answer(
    clinic: Clinic,
    records: Records,
    sharing: Sharing,
    state: ReflectionState,
    expected: dict[str, Visibility],
) -> None:
    reflection = clinic.reflect(
        rated("heard", 4, CANARY), said("wish", CANARY), declined("safe"), sharing=sharing
    )
    found = clinic.answers(reflection)
    assert {name: answer.visibility for name, answer in found.items()} == expected
    now = look(records, reflection)
    assert (now.state, now.sharing) == (state, sharing)
    assert now.shared_at == (None if sharing is Sharing.PRIVATE else NOW)


def test_nothing_is_visible_before_it_is_shared(clinic: Clinic, reflection: str) -> None:
    clinic.answer(reflection, rated("heard", 4))
    assert clinic.answers(reflection)["heard"].visibility is Visibility.UNSHARED


def test_sharing_twice_changes_nothing_and_another_decision_is_refused(
    records: Records, reflection: str
) -> None:
    share(records, reflection, Sharing.RATINGS)
    before = look(records, reflection)
    share(records, reflection, Sharing.RATINGS)
    assert look(records, reflection) == before
    with pytest.raises(ReflectionEnded):
        share(records, reflection, Sharing.ALL)


@pytest.mark.parametrize("sharing", Sharing)
def test_after_the_end_no_answer_can_be_added_or_removed(
    clinic: Clinic, records: Records, sharing: Sharing
) -> None:
    reflection = clinic.reflect(rated("heard", 4), sharing=sharing)
    before = clinic.answers(reflection)
    with pytest.raises(ReflectionEnded):
        clinic.answer(reflection, rated("safe", 4))
    with pytest.raises(ReflectionEnded):
        remove(records, reflection, "heard")
    assert clinic.answers(reflection) == before


@pytest.mark.parametrize("sharing", Sharing)
def test_it_can_be_taken_back_while_nobody_has_opened_it(
    clinic: Clinic, records: Records, sharing: Sharing
) -> None:
    reflection = clinic.reflect(rated("heard", 4, CANARY), sharing=sharing)
    assert take_back(records, reflection)
    now = look(records, reflection)
    assert (now.state, now.sharing, now.shared_at) == (ReflectionState.OPEN, None, None)
    assert clinic.answers(reflection) == {"heard": rated("heard", 4, CANARY)}
    clinic.answer(reflection, rated("heard", 2))
    share(records, reflection, Sharing.ALL)


def test_what_a_clinician_has_opened_cannot_be_taken_back(
    clinic: Clinic, records: Records, next_session: str
) -> None:
    reflection = clinic.reflect(rated("heard", 4))
    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        digests.open_latest(tx, clinic.ada, next_session)
    before = look(records, reflection)
    assert not take_back(records, reflection)
    assert look(records, reflection) == before
    assert before.opened


def test_the_patient_sees_that_it_was_read_but_not_that_it_was_opened(
    clinic: Clinic, records: Records, clock: Clock, next_session: str
) -> None:
    reflection = clinic.reflect(rated("heard", 4))
    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        digests.open_latest(tx, clinic.ada, next_session)
    assert look(records, reflection).read is None
    clock.move(minutes=5)
    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        assert digests.mark_read(tx, clinic.ada, next_session, reflection)
    first = look(records, reflection)
    assert first.read is not None
    assert (first.read.by, first.read.at) == ("Ada Whitfield", clock.now)
    clock.move(minutes=5)
    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        assert digests.mark_read(tx, clinic.ada, next_session, reflection)
    assert look(records, reflection) == first


def test_after_deletion_no_words_are_left_anywhere(
    clinic: Clinic, records: Records, next_session: str
) -> None:
    reflection = clinic.reflect(rated("heard", 1, CANARY), said("wish", CANARY))
    take_back(records, reflection)
    clinic.answer(reflection, rated("heard", 2, CANARY))
    with records.begin() as tx:
        for client_id in ("done", "in work", "not begun"):
            inbox.accept(tx, reflection, client_id, "text", {"text": CANARY})
        first = inbox.claim(tx, WEEK)
        assert first is not None
        inbox.finish(tx, first.inbox_id, [{"text": CANARY}])
        assert inbox.claim(tx, WEEK) is not None
    erase(records, reflection)

    assert look(records, reflection).state is ReflectionState.DELETED
    with records.read() as tx:
        for table in (models.Answer, models.AnswerVersion, models.Outbox, models.Reading):
            assert tx.session.scalars(select(table)).all() == []
        left = inbox.conversation_since(tx, reflection, 0)
    assert [line.body for line in left] == [{}, {}]
    with records.read(by=Actor.staff(clinic.ada)) as tx:
        source = digests.digest_source(tx, clinic.ada, next_session)
    assert source is not None and source.latest is not None
    assert source.latest.answers == {}


def test_deleting_one_reflection_leaves_the_others(clinic: Clinic, records: Records) -> None:
    one = clinic.reflect(said("wish", "one"), sharing=None)
    other = clinic.reflect(
        said("wish", "other"), appointment=clinic.book(NOW - 2 * WEEK), sharing=None
    )
    clinic.answer(other, said("wish", "other again"))
    with records.begin() as tx:
        inbox.accept(tx, other, "a", "text", {"text": "other"})
    erase(records, one)
    assert clinic.answers(other) == {"wish": said("wish", "other again")}
    assert versions(records) == [(1, "answered", None, "other")]
    with records.read() as tx:
        assert len(inbox.conversation_since(tx, other, 0)) == 1


def test_a_deleted_reflection_stays_deleted(
    clinic: Clinic, records: Records, reflection: str
) -> None:
    erase(records, reflection)
    with pytest.raises(ReflectionEnded):
        clinic.answer(reflection, rated("heard", 4))
    for sharing in Sharing:
        with pytest.raises(ReflectionEnded):
            share(records, reflection, sharing)
    assert not take_back(records, reflection)
    with records.begin() as tx:
        reflections.begin(tx, reflection)
    assert look(records, reflection).state is ReflectionState.DELETED
