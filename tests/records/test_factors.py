"""Second factors on both databases: what works once works once, also for two at the same time."""

from datetime import timedelta

import pyotp
import pytest
from factory import Clinic, Clock
from together import at_once

from afterword.records import factors, staff
from afterword.records.staff_models import Factor
from afterword.records.store import Records

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def ada(clinic: Clinic, records: Records) -> str:
    with records.begin() as tx:
        factors.add_totp(tx, clinic.ada, SECRET)
    return clinic.ada


def accepted(records: Records, staff_id: str, code: str) -> bool:
    with records.begin() as tx:
        return factors.accept_code(tx, staff_id, code)


def test_a_code_works_once_and_only_for_its_owner(
    clinic: Clinic, records: Records, ada: str, clock: Clock
) -> None:
    code = pyotp.TOTP(SECRET).at(clock.now)
    assert not accepted(records, clinic.add_clinician("Bo"), code)
    assert accepted(records, ada, code)
    assert not accepted(records, ada, code)
    clock.move(seconds=30)
    assert not accepted(records, ada, code)
    assert accepted(records, ada, pyotp.TOTP(SECRET).at(clock.now))


def test_of_two_at_the_same_time_one_gets_in(records: Records, ada: str, clock: Clock) -> None:
    code = pyotp.TOTP(SECRET).at(clock.now)
    assert sorted(at_once(*[lambda: accepted(records, ada, code)] * 6)) == [False] * 5 + [True]


def test_a_recovery_code_opens_for_one_of_two(records: Records, ada: str) -> None:
    with records.begin() as tx:
        code = factors.new_recovery_codes(tx, ada)[0]

    def use() -> bool:
        with records.begin() as tx:
            return factors.accept_recovery_code(tx, ada, code)

    assert sorted(at_once(*[use] * 6)) == [False] * 5 + [True]


def test_five_tries_are_five_also_at_the_same_time(records: Records, ada: str) -> None:
    with records.begin() as tx:
        token = staff.begin_step(tx, "account", ada)

    def try_it() -> bool:
        with records.begin() as tx:
            return staff.try_step(tx, token) is not None

    assert at_once(*[try_it] * 9).count(True) == staff.STEP_TRIES


def test_a_secret_that_was_moved_to_another_account_does_not_open(
    clinic: Clinic, records: Records, ada: str, clock: Clock
) -> None:
    bo = clinic.add_clinician("Bo")
    with records.begin() as tx:
        factors.add_totp(tx, bo, pyotp.random_base32())
        stolen = tx.session.query(Factor).filter_by(staff_id=ada).one().sealed_secret
        tx.session.query(Factor).filter_by(staff_id=bo).one().sealed_secret = stolen
    with pytest.raises(Exception, match="does not belong to its row"):
        accepted(records, bo, pyotp.TOTP(SECRET).at(clock.now))


def test_the_demo_shows_a_code_that_still_works(records: Records, ada: str, clock: Clock) -> None:
    for _ in range(2):
        with records.begin() as tx:
            shown = factors.code_now(tx, ada)
        assert shown is not None
        assert accepted(records, ada, shown)
    clock.now += timedelta(minutes=1)
    with records.begin() as tx:
        assert factors.code_now(tx, ada) == pyotp.TOTP(SECRET).at(clock.now)
        assert factors.code_now(tx, "nobody") is None
