"""A session of staff ends when it is idle, old, closed or the account is disabled."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factory import Clinic, Clock
from sqlalchemy import update

from afterword.records import models, staff
from afterword.records.staff_models import StaffSession
from afterword.records.store import Records
from afterword.records.views import Account


@pytest.fixture
def token(clinic: Clinic, records: Records) -> str:
    with records.begin() as tx:
        return staff.open_session(tx, clinic.ada)


def signed_in(records: Records, token: str) -> Account | None:
    with records.begin() as tx:
        return staff.account(tx, token)


def disable(records: Records, staff_id: str) -> None:
    with records.begin() as tx:
        tx.session.execute(
            update(models.Staff).where(models.Staff.id == staff_id).values(disabled_at=tx.now)
        )


def test_a_session_says_who_is_signed_in(clinic: Clinic, records: Records, token: str) -> None:
    account = signed_in(records, token)
    assert account is not None
    assert (account.id, account.name, account.role) == (clinic.ada, "Ada Whitfield", "clinician")
    assert account.clinic.id == clinic.id


@pytest.mark.parametrize("wrong", ["", "guess", "\x00"])
def test_a_guessed_token_is_nobody(records: Records, token: str, wrong: str) -> None:
    assert signed_in(records, wrong) is None
    assert signed_in(records, token[:-1]) is None
    assert signed_in(records, token) is not None


def test_a_quarter_of_an_hour_without_use_ends_it(
    records: Records, token: str, clock: Clock
) -> None:
    clock.move(minutes=15)
    assert signed_in(records, token) is not None
    clock.move(minutes=15, seconds=1)
    assert signed_in(records, token) is None


def test_use_keeps_it_open_for_twelve_hours_and_not_longer(
    records: Records, token: str, clock: Clock
) -> None:
    with records.begin() as tx:
        for step in range(1, 73):
            later = replace(tx, now=clock.now + timedelta(minutes=10 * step))
            assert staff.account(later, token) is not None
    clock.move(hours=12, seconds=1)
    assert signed_in(records, token) is None


def test_a_session_that_has_ended_stays_ended(records: Records, token: str, clock: Clock) -> None:
    clock.move(minutes=16)
    assert signed_in(records, token) is None
    clock.move(minutes=-16)
    assert signed_in(records, token) is None


def test_signing_out_ends_this_session_only(clinic: Clinic, records: Records, token: str) -> None:
    with records.begin() as tx:
        other = staff.open_session(tx, clinic.ada)
        staff.close_session(tx, token)
        staff.close_session(tx, "never existed")
    assert signed_in(records, token) is None
    assert signed_in(records, other) is not None


def test_a_disabled_account_is_out_at_once_and_cannot_come_in(
    clinic: Clinic, records: Records, token: str
) -> None:
    clinic.add_clinician("Bo", email="bo@clinic.example")
    disable(records, clinic.ada)
    assert signed_in(records, token) is None
    with records.read() as tx:
        assert staff.credentials(tx, "staff0@clinic.example") is None
        assert staff.credentials(tx, "bo@clinic.example") is not None


def test_an_address_is_found_however_it_is_typed(clinic: Clinic, records: Records) -> None:
    bo = clinic.add_clinician("Bo", email="Bo@Clinic.example")
    with records.read() as tx:
        for typed in ("bo@clinic.example", " BO@CLINIC.EXAMPLE "):
            found = staff.credentials(tx, typed)
            assert found is not None and found.staff_id == bo
        assert staff.credentials(tx, "someone@clinic.example") is None


def test_the_token_itself_is_not_stored(records: Records, token: str) -> None:
    with records.read() as tx:
        row = tx.session.query(StaffSession).one()
        assert token not in (row.token_hash, row.staff_id)
    assert len(token) >= 32
