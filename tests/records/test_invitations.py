"""A personal link opens one reflection, for a limited time, and says nothing when it does not."""

from datetime import timedelta

from factory import WEEK, Clinic, Clock
from sqlalchemy import select

from afterword.records import invitations, models, reflections
from afterword.records.store import Records
from afterword.records.views import Invitation


def resolve(records: Records, token: str) -> Invitation | None:
    with records.read() as tx:
        return invitations.resolve(tx, token)


def test_a_link_leads_to_its_own_reflection(clinic: Clinic, records: Records) -> None:
    appointment = clinic.book()
    mine = resolve(records, clinic.invite(appointment))
    other = resolve(records, clinic.invite())
    assert mine is not None and other is not None
    assert mine.clinic.name == "Harbour Clinic"
    assert mine.reflection_id != other.reflection_id
    with records.read() as tx:
        found = reflections.by_id(tx, mine.reflection_id)
    assert found is not None
    assert (found.appointment_id, found.patient_id) == (appointment, clinic.robin)


def test_looking_at_a_link_does_not_use_it_up(clinic: Clinic, records: Records) -> None:
    token = clinic.invite()
    assert resolve(records, token) == resolve(records, token) is not None


def test_a_link_ends_when_its_time_is_over(clinic: Clinic, records: Records, clock: Clock) -> None:
    token = clinic.invite(expires_in=WEEK)
    clock.move(days=7, seconds=-1)
    assert resolve(records, token) is not None
    clock.move(seconds=1)
    assert resolve(records, token) is None


def test_unknown_expired_revoked_and_replaced_links_look_alike(
    clinic: Clinic, records: Records
) -> None:
    expired = clinic.invite(expires_in=timedelta(0))
    replaced = clinic.invite(appointment := clinic.book())
    clinic.invite(appointment)
    revoked = clinic.invite()
    with records.begin() as tx:
        for row in tx.session.scalars(select(models.Invitation)):
            if row.token_hash == invitations._hash(revoked):
                row.revoked_at = tx.now
    wrong = ["", "guess", revoked[:-1], revoked + "A", "\x00", "é" * 500]
    assert [resolve(records, token) for token in [expired, replaced, revoked, *wrong]] == (
        [None] * 9
    )


def test_inviting_again_keeps_the_reflection(clinic: Clinic, records: Records) -> None:
    appointment = clinic.book()
    first = resolve(records, clinic.invite(appointment))
    second = resolve(records, clinic.invite(appointment))
    assert first is not None and second is not None
    assert first.reflection_id == second.reflection_id


def test_the_token_itself_is_not_stored(clinic: Clinic, records: Records) -> None:
    token = clinic.invite()
    with records.read() as tx:
        row = tx.session.scalars(select(models.Invitation)).one()
        stored = [str(getattr(row, column.key)) for column in models.Invitation.__table__.columns]
    assert len(token) >= 32
    assert not any(token in value for value in stored)
