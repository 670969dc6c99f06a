"""Who acts is asked at each door: what is allowed is noted, what is refused is noted too."""

import pytest
from factory import NOW, WEEK, Clinic, rated, said
from hypothesis import given
from hypothesis import strategies as st

from afterword.access.actors import NOBODY, PROCESS, Actor
from afterword.access.policy import Action, Denied
from afterword.records import audit, digests, history, inbox, people, reflections
from afterword.records.audit import Read
from afterword.records.store import Records

CANARY = "canary words nobody else may read"


def rows(records: Records) -> list[Read]:
    with records.read() as tx:
        return audit.latest(tx)


@pytest.fixture
def session(clinic: Clinic) -> str:
    """The appointment before which Ada reads what Robin shared."""
    clinic.reflect(rated("heard", 2, CANARY))
    return clinic.book(NOW + WEEK)


def test_a_digest_that_is_read_leaves_a_row(clinic: Clinic, records: Records, session: str) -> None:
    with records.read(by=Actor.staff(clinic.ada), purpose="today") as tx:
        digests.digest_source(tx, clinic.ada, session)
    (row,) = rows(records)
    assert (row.actor_id, row.action, row.purpose) == (clinic.ada, "read_digest", "today")
    assert (row.outcome, row.object_kind, row.object_id) == ("allowed", "appointment", session)
    assert (row.patient_id, row.at) == (clinic.robin, records.clock())


def test_one_visit_is_one_row_however_many_functions_it_passes(
    clinic: Clinic, records: Records, session: str
) -> None:
    with records.begin(by=Actor.staff(clinic.ada)) as tx:
        digests.open_latest(tx, clinic.ada, session)
    assert [row.action for row in rows(records)] == ["read_digest"]


@pytest.mark.parametrize("writes", [True, False])
def test_what_is_refused_leaves_a_row_and_nothing_else(
    clinic: Clinic, records: Records, session: str, writes: bool
) -> None:
    bo = clinic.add_clinician("Bo")
    begin = records.begin if writes else records.read
    with pytest.raises(Denied) as caught, begin(by=Actor.staff(bo), purpose="digest") as tx:
        digests.open_latest(tx, bo, session)
    assert CANARY not in str(caught.value)
    (row,) = rows(records)
    assert (row.actor_id, row.outcome, row.patient_id) == (bo, "denied", clinic.robin)
    with records.read() as tx:
        assert not reflections.by_conversation(tx, "unknown")


def test_nobody_reads_a_digest_in_the_name_of_another(
    clinic: Clinic, records: Records, session: str
) -> None:
    bo = clinic.add_clinician("Bo")
    for actor in (Actor.staff(bo), PROCESS, NOBODY, Actor.operator("root"), Actor.link("0" * 32)):
        with pytest.raises(Denied), records.read(by=actor) as tx:
            digests.digest_source(tx, clinic.ada, session)


def test_an_account_that_was_disabled_reads_nothing(
    clinic: Clinic, records: Records, session: str
) -> None:
    with records.begin() as tx:
        from afterword.records import models

        tx.session.get_one(models.Staff, clinic.ada).disabled_at = tx.now
    with pytest.raises(Denied), records.read(by=Actor.staff(clinic.ada)) as tx:
        digests.digest_source(tx, clinic.ada, session)


def test_a_link_reaches_its_own_reflection_and_no_other(clinic: Clinic, records: Records) -> None:
    mine = clinic.reflect(said("wish", CANARY), sharing=None)
    later = clinic.reflect(said("wish", CANARY), appointment=clinic.book(NOW), sharing=None)
    kim = clinic.add_patient("Kim Lund", clinic.ada)
    with records.read(by=Actor.link(mine)) as tx:
        assert reflections.answers_of(tx, mine)["wish"].words == CANARY
        assert people.goals_of(tx, clinic.robin) == []
    for reach in (
        lambda tx: reflections.answers_of(tx, later),
        lambda tx: reflections.by_id(tx, later),
        lambda tx: inbox.conversation_since(tx, later, 0),
        lambda tx: inbox.accept(tx, later, "id", "text", {}),
        lambda tx: people.goals_of(tx, kim),
        lambda tx: inbox.claim(tx, WEEK),
        lambda tx: history.packs_of(tx, clinic.robin),
    ):
        with pytest.raises(Denied), records.begin(by=Actor.link(mine)) as tx:
            reach(tx)
    assert {row.outcome for row in rows(records)} == {"denied"}


def test_a_clinician_changes_no_answer_and_an_admin_reads_none(
    clinic: Clinic, records: Records, session: str
) -> None:
    admin = clinic.add_clinician("Mo", role="admin")
    reflection = clinic.reflect(
        rated("heard", 4), appointment=clinic.book(NOW - 2 * WEEK), sharing=None
    )
    for staff_id in (clinic.ada, admin):
        with pytest.raises(Denied), records.begin(by=Actor.staff(staff_id)) as tx:
            reflections.record_answer(tx, reflection, rated("heard", 1), "m")
        with pytest.raises(Denied), records.read(by=Actor.staff(staff_id)) as tx:
            reflections.answers_of(tx, reflection)
    with pytest.raises(Denied), records.read(by=Actor.staff(admin)) as tx:
        digests.digest_source(tx, admin, session)
    with pytest.raises(Denied), records.begin(by=Actor.staff(clinic.ada)) as tx:
        people.add_patient(tx, clinic.id, name="Not mine to add")
    with records.begin(by=Actor.staff(admin)) as tx:
        people.add_patient(tx, clinic.id, name="Kim Lund")
    allowed = [row.action for row in rows(records) if row.outcome == "allowed"]
    assert allowed == [Action.MANAGE_CLINIC.code]


@given(st.text(max_size=60))
def test_what_is_asked_for_is_only_noted_when_it_is_an_id(text: str) -> None:
    from afterword.records.doors import _safe

    kept = _safe(text)
    assert kept in ("", text)
    assert not kept or (len(kept) == 32 and set(kept) <= set("0123456789abcdef"))
