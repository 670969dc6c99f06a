"""Accounts of staff on both databases: who may change them, and what is left in the audit."""

import pytest
from factory import Clinic
from together import at_once

from afterword.access.actors import NOBODY, Actor
from afterword.access.policy import Denied
from afterword.records import accounts, audit, models, staff
from afterword.records.accounts import AccountRefused
from afterword.records.store import Records

OPERATOR = Actor.operator("test")


@pytest.fixture
def ines(clinic: Clinic) -> str:
    return clinic.add_clinician("Ines", role="admin")


@pytest.fixture
def omar(clinic: Clinic) -> str:
    return clinic.add_clinician("Omar", role="admin")


@pytest.mark.parametrize("role", ["clinician", "supervisor", "annotator", "contact"])
def test_who_is_no_admin_changes_nobody(clinic: Clinic, records: Records, role: str) -> None:
    other = clinic.add_clinician("Bo", role=role)
    for by in (Actor.staff(other), Actor.staff("f" * 32), NOBODY):
        for change in (accounts.disable, accounts.enable):
            with pytest.raises(Denied), records.begin(by=by) as tx:
                change(tx, clinic.ada)
        with pytest.raises(Denied), records.begin(by=by) as tx:
            accounts.change_role(tx, clinic.ada, "admin")
        with pytest.raises(Denied), records.begin(by=by) as tx:
            accounts.reset_factors(tx, clinic.ada, keeps_password=True)
        with pytest.raises(Denied), records.begin(by=by) as tx:
            accounts.invite(tx, clinic.id, name="X", email="x@y.example", role="admin")
        with pytest.raises(Denied), records.read(by=by) as tx:
            accounts.members(tx, clinic.id)


def test_a_change_is_in_the_audit_with_whom_it_changed(
    clinic: Clinic, records: Records, ines: str
) -> None:
    with records.begin(by=Actor.staff(ines)) as tx:
        accounts.change_role(tx, clinic.ada, "supervisor")
    with records.read() as tx:
        row = audit.latest(tx)[0]
    assert (row.actor_id, row.action, row.object_id) == (ines, "manage_people", clinic.ada)


def test_two_admins_cannot_take_each_others_role_away(
    records: Records, ines: str, omar: str
) -> None:
    def demote(by: str, whom: str) -> None:
        with records.begin(by=Actor.staff(by)) as tx:
            accounts.change_role(tx, whom, "clinician")

    outcomes = at_once(lambda: demote(ines, omar), lambda: demote(omar, ines))
    refused = [one for one in outcomes if one is not None]
    assert len(refused) == 1 and isinstance(refused[0], AccountRefused | Denied)
    with records.read() as tx:
        assert accounts.has_admin(tx)


@pytest.mark.parametrize("how", ["role", "disable"])
def test_the_last_admin_stays_also_for_the_operator(
    records: Records, ines: str, omar: str, how: str
) -> None:
    def change(whom: str) -> None:
        with records.begin(by=OPERATOR) as tx:
            if how == "role":
                accounts.change_role(tx, whom, "clinician")
            else:
                accounts.disable(tx, whom)

    change(omar)
    with pytest.raises(AccountRefused) as refused:
        change(ines)
    assert refused.value.code == "last"


def test_an_account_without_a_password_has_no_password(clinic: Clinic, records: Records) -> None:
    with records.begin(by=OPERATOR) as tx:
        accounts.invite(tx, clinic.id, name="Noor", email="noor@x.example", role="clinician")
        found = staff.credentials(tx, "noor@x.example")
    assert found is not None
    assert found.password_hash == ""


def test_a_link_is_stored_as_a_hash_and_is_void_once_used(clinic: Clinic, records: Records) -> None:
    with records.begin(by=OPERATOR) as tx:
        token = accounts.invite(tx, clinic.id, name="Noor", email="n@x.example", role="clinician")
        invited = accounts.invited(tx, token)
        assert invited is not None
        accounts.invitation_used(tx, invited.staff_id)
        assert accounts.invited(tx, token) is None
        rows = tx.session.connection().exec_driver_sql("SELECT token_hash FROM staff_invitation")
        assert token not in {row[0] for row in rows}


def test_names_of_members_are_sealed(clinic: Clinic, records: Records) -> None:
    with records.read(by=OPERATOR) as tx:
        (ada,) = accounts.members(tx, clinic.id)
        sealed = tx.session.get_one(models.Staff, ada.id).sealed_name
    assert ada.name == "Ada Whitfield"
    assert b"Ada" not in sealed
