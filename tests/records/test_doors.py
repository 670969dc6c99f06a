"""Who acts is asked at each door: what is allowed is noted, what is refused is noted too."""

from collections.abc import Callable
from functools import partial

import pytest
from factory import NOW, WEEK, Clinic, rated, said
from hypothesis import given
from hypothesis import strategies as st

from afterword.access.actors import NOBODY, PROCESS, Actor
from afterword.access.policy import Action, Denied
from afterword.records import (
    accounts,
    audit,
    clinics,
    contacts,
    digests,
    history,
    inbox,
    invitations,
    people,
    reflections,
    rights,
)
from afterword.records.audit import Read
from afterword.records.store import Records, Tx

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


def test_an_admin_manages_their_own_clinic_and_no_other(clinic: Clinic, records: Records) -> None:
    ines = Actor.staff(clinic.add_clinician("Ines", role="admin"))
    session = clinic.book(NOW - WEEK)
    with records.begin() as tx:
        far = people.add_clinic(
            tx, name="Far", timezone="UTC", phone="1", urgent_phone="1", urgent_text="1"
        )
        bo = people.add_staff(tx, far, name="Bo", email="bo@far.example", password_hash="")
        kim = people.add_patient(tx, far, name="Kim")
        theirs = people.book(tx, kim, bo, NOW, NOW)
        duty = contacts.add_contact(tx, far, kind="duty", name="Bo", email="bo@far.example")
        ours = contacts.add_contact(tx, clinic.id, kind="duty", name="Al", email="al@x.example")
    day = NOW.date()
    new = {"name": "Cy", "email": "cy@x.example"}

    def pairs(tx: Tx) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
        """What one does for one's own clinic, and the same for the other one."""
        link = {"instrument": "core", "instrument_version": 1, "expires_at": NOW + WEEK}
        both = {
            "staff": lambda at: people.add_staff(tx, at, password_hash="", **new),
            "patient": lambda at: people.add_patient(tx, at, name="Lee"),
            "contact": lambda at: contacts.add_contact(tx, at, kind="duty", **new),
            "contacts": lambda at: contacts.of_clinic(tx, at),
            "missing": lambda at: contacts.problems_at(tx, at),
            "desk": lambda at: clinics.desk(tx, at),
            "hours": lambda at: clinics.change_hours(tx, at, ""),
            "members": lambda at: accounts.members(tx, at),
            "invite": lambda at: accounts.invite(tx, at, role="admin", **new),
        }
        found = {name: (partial(f, clinic.id), partial(f, far)) for name, f in both.items()}
        return found | {
            "assign": (
                lambda: people.assign(tx, clinic.ada, clinic.robin, day),
                lambda: people.assign(tx, bo, kim, day),
            ),
            "assign across": (
                lambda: people.assign(tx, clinic.ada, clinic.robin, day),
                lambda: people.assign(tx, bo, clinic.robin, day),
            ),
            "assign theirs": (
                lambda: people.assign(tx, clinic.ada, clinic.robin, day),
                lambda: people.assign(tx, clinic.ada, kim, day),
            ),
            "book": (
                lambda: people.book(tx, clinic.robin, clinic.ada, NOW, NOW),
                lambda: people.book(tx, clinic.robin, bo, NOW, NOW),
            ),
            "goal": (
                lambda: people.add_goal(tx, clinic.robin, "Sleep", day),
                lambda: people.add_goal(tx, kim, "Sleep", day),
            ),
            "link": (
                lambda: invitations.invite(tx, session, **link),
                lambda: invitations.invite(tx, theirs, **link),
            ),
            "remove": (
                lambda: contacts.remove_contact(tx, ours),
                lambda: contacts.remove_contact(tx, duty),
            ),
        }

    with records.begin() as tx:
        names = list(pairs(tx))
    for name in names:
        with pytest.raises(Denied), records.begin(by=ines) as tx:
            pairs(tx)[name][1]()
        assert rows(records)[0].outcome == "denied", name
        with records.begin(by=ines) as tx:
            pairs(tx)[name][0]()
            assert tx.notes, name
            tx.session.rollback()
            tx.notes.clear()
    for all_of_them in (rights.patients, lambda tx: rights.who_is(tx, kim)):
        with pytest.raises(Denied), records.read(by=ines) as tx:
            all_of_them(tx)
