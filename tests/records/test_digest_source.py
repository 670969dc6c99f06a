"""A clinician reads their own caseload, and of each answer only what was shared."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta

import pytest
from factory import NOW, WEEK, Clinic, Clock, declined, rated, said, skipped

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.records import digests, people, sealing
from afterword.records.digests import DigestSource
from afterword.records.store import Records, Tx
from afterword.reflection.answers import Answer, AnswerState, ReflectionState, Sharing, Visibility

CANARY = "canary words"
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def session(clinic: Clinic) -> str:
    """The appointment for which the digest is made."""
    return clinic.book(TOMORROW)


def source(records: Records, staff_id: str, appointment: str) -> DigestSource | None:
    """None for who is refused."""
    with suppress(Denied), records.read(by=Actor.staff(staff_id)) as tx:
        return digests.digest_source(tx, staff_id, appointment)
    return None


def answers_in(records: Records, clinic: Clinic, appointment: str) -> dict[str, Answer]:
    found = source(records, clinic.ada, appointment)
    assert found is not None and found.latest is not None
    return found.latest.answers


@contextmanager
def opened_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """All words of answers that are decrypted inside."""
    texts: list[str] = []
    original = sealing.unseal

    def watched(tx: Tx, place: sealing.Place, sealed: bytes) -> str:
        text = original(tx, place, sealed)
        if place.table.startswith("answer"):
            texts.append(text)
        return text

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "unseal", watched)
        yield texts


GIVEN = (rated("heard", 4, CANARY), said("wish", CANARY), skipped("safe"), declined("goals"))


def test_everything_is_shown_when_everything_was_shared(
    clinic: Clinic, records: Records, session: str
) -> None:
    clinic.reflect(*GIVEN)
    assert answers_in(records, clinic, session) == {
        "heard": rated("heard", 4, CANARY, Visibility.SHARED),
        "wish": said("wish", CANARY, Visibility.SHARED),
        "safe": Answer("safe", AnswerState.SKIPPED, visibility=Visibility.SHARED),
        "goals": Answer("goals", AnswerState.DECLINED, visibility=Visibility.SHARED),
    }


def test_words_are_not_even_decrypted_when_only_ratings_were_shared(
    clinic: Clinic, records: Records, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.reflect(*GIVEN, sharing=Sharing.RATINGS)
    with opened_words(monkeypatch) as texts:
        assert answers_in(records, clinic, session) == {
            "heard": rated("heard", 4, None, Visibility.RATING),
            "safe": Answer("safe", AnswerState.SKIPPED, visibility=Visibility.RATING),
            "goals": Answer("goals", AnswerState.DECLINED, visibility=Visibility.RATING),
        }
    assert texts == []


@pytest.mark.parametrize("sharing", [None, Sharing.PRIVATE])
def test_nothing_is_shown_of_an_open_or_private_reflection(
    clinic: Clinic,
    records: Records,
    session: str,
    sharing: Sharing | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clinic.reflect(*GIVEN, sharing=sharing)
    with opened_words(monkeypatch) as texts:
        assert answers_in(records, clinic, session) == {}
        found = source(records, clinic.ada, session)
    assert texts == []
    assert CANARY not in repr(found)


def test_what_was_taken_back_is_gone_from_the_digest(
    clinic: Clinic, records: Records, session: str
) -> None:
    from afterword.records import reflections

    reflection = clinic.reflect(*GIVEN)
    with records.begin() as tx:
        reflections.take_back(tx, reflection)
    assert answers_in(records, clinic, session) == {}


def test_another_clinician_gets_nothing(clinic: Clinic, records: Records, session: str) -> None:
    clinic.reflect(*GIVEN)
    bo = clinic.add_clinician("Bo")
    with records.begin() as tx:
        people.assign(tx, bo, clinic.robin, date(2026, 1, 1))
    assert source(records, bo, session) is None
    assert source(records, clinic.ada, clinic.book(TOMORROW, staff_id=bo)) is None
    assert source(records, clinic.ada, "0" * 32) is None
    assert source(records, clinic.ada, session) is not None


def test_what_was_said_about_one_clinician_is_not_shown_to_another(
    clinic: Clinic, records: Records
) -> None:
    clinic.reflect(*GIVEN)
    bo = clinic.add_clinician("Bo")
    with records.begin() as tx:
        people.assign(tx, bo, clinic.robin, date(2026, 1, 1))
    found = source(records, bo, clinic.book(TOMORROW, staff_id=bo))
    assert found is not None
    assert (found.latest, found.earlier) == (None, ())


@pytest.mark.parametrize(
    ("since", "until", "seen"),
    [
        (date(2026, 1, 1), None, True),
        (date(2026, 11, 17), date(2026, 11, 17), True),
        (date(2026, 11, 18), None, False),
        (date(2026, 1, 1), date(2026, 11, 16), False),
    ],
)
def test_a_caseload_has_a_first_and_a_last_day(
    clinic: Clinic, records: Records, since: date, until: date | None, seen: bool
) -> None:
    kim = clinic.add_patient("Kim Lund", clinic.ada, since, until)
    appointment = clinic.book(TOMORROW, kim)
    assert (source(records, clinic.ada, appointment) is not None) is seen
    with records.read(by=Actor.staff(clinic.ada)) as tx:
        listed = digests.appointments_between(tx, clinic.ada, NOW, NOW + WEEK)
    assert [one.id for one in listed] == ([appointment] if seen else [])


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        ("2026-11-17T04:59:00+00:00", False),  # Monday evening in New York
        ("2026-11-17T05:00:00+00:00", True),
        ("2026-11-18T04:59:00+00:00", True),
        ("2026-11-18T05:00:00+00:00", False),  # Wednesday has begun there
    ],
)
def test_a_day_on_the_caseload_is_a_day_at_the_clinic(
    clinic: Clinic, records: Records, clock: Clock, now: str, seen: bool
) -> None:
    day = date(2026, 11, 17)
    appointment = clinic.book(TOMORROW, clinic.add_patient("Kim Lund", clinic.ada, day, day))
    clock.now = clock.now.fromisoformat(now)
    assert (source(records, clinic.ada, appointment) is not None) is seen


def test_today_lists_own_booked_sessions_by_time(clinic: Clinic, records: Records) -> None:
    bo = clinic.add_clinician("Bo")
    late, early = clinic.book(NOW + timedelta(hours=5)), clinic.book(NOW)
    clinic.book(NOW, staff_id=bo)
    clinic.book(NOW, status="cancelled")
    clinic.book(NOW - timedelta(seconds=1))
    clinic.book(NOW + timedelta(days=1))
    with records.read(by=Actor.staff(clinic.ada)) as tx:
        found = digests.appointments_between(tx, clinic.ada, NOW, NOW + timedelta(days=1))
    assert [one.id for one in found] == [early, late]
    assert (found[0].patient.name, found[0].clinician.name) == ("Robin Okafor", "Ada Whitfield")


def test_the_digest_is_about_the_last_session_and_knows_the_shared_ones_before(
    clinic: Clinic, records: Records, session: str
) -> None:
    weeks = {5: Sharing.ALL, 4: Sharing.PRIVATE, 3: None, 2: Sharing.RATINGS, 1: Sharing.ALL}
    ids = {
        week: clinic.reflect(
            rated("heard", 4), appointment=clinic.book(NOW - week * WEEK), sharing=sharing
        )
        for week, sharing in weeks.items()
    }
    found = source(records, clinic.ada, session)
    assert found is not None and found.latest is not None
    assert found.latest.reflection_id == ids[1]
    assert found.latest.state is ReflectionState.SHARED
    assert [one.reflection_id for one in found.earlier] == [ids[5], ids[2]]


def test_opening_is_noted_once_and_only_for_what_was_shared(
    clinic: Clinic, records: Records, session: str
) -> None:
    reflection = clinic.reflect(rated("heard", 4), sharing=None)
    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        digests.open_latest(tx, clinic.ada, session)
    from afterword.records import reflections

    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        assert not digests.mark_read(tx, clinic.ada, session, reflection)
    with records.begin() as tx:
        reflections.share(tx, reflection, Sharing.ALL)
    revisions = []
    for _ in range(2):
        with records.begin(by=Actor.staff(clinic.ada)) as tx:
            digests.open_latest(tx, clinic.ada, session)
        with records.read() as tx:
            now = reflections.by_id(tx, reflection)
        assert now is not None and now.opened
        revisions.append(now.revision)
    assert revisions[0] == revisions[1]


def test_only_the_reflection_on_the_page_can_be_marked_as_read(
    clinic: Clinic, records: Records, session: str
) -> None:
    old = clinic.reflect(rated("heard", 4), appointment=clinic.book(NOW - 2 * WEEK))
    new = clinic.reflect(rated("heard", 4))
    bo = clinic.add_clinician("Bo")

    def mark(staff_id: str, reflection: str) -> bool:
        with suppress(Denied), records.begin(by=Actor.staff(staff_id)) as tx:
            return digests.mark_read(tx, staff_id, session, reflection)
        return False

    assert not mark(clinic.ada, old)
    assert not mark(bo, new)
    assert mark(clinic.ada, new)
    found = source(records, clinic.ada, session)
    assert found is not None and found.latest is not None
    assert found.latest.read_at == NOW
