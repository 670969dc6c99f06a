"""A clinic's month of alerts in numbers: no patient, no staff, no words."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, or_, select

from afterword.access.policy import Action, Relation, Role
from afterword.records import contacts, models
from afterword.records.alert_desk import FALSE_ALARM
from afterword.records.alert_views import Sheet
from afterword.records.doors import decide, unguarded
from afterword.records.store import Tx
from afterword.safety.clock import Hours, late_after
from afterword.safety.finding import Route, Tier
from afterword.safety.recipients import Kind


@unguarded("asks the policy itself")
def monthly(tx: Tx, clinic_id: str, month: date, *, apart: bool = False) -> Sheet:
    """The month that `month` is in, by the clinic's days.

    What a clinician may not know of does not count, or a number would give it away. `apart`
    counts only that: concerns about clinicians, and alerts that are hidden from one. It is for
    safeguarding contacts. Raises Denied, or LookupError for an unknown clinic.
    """
    _ask(tx, clinic_id, apart=apart)
    clinic = tx.session.get(models.Clinic, clinic_id)
    if clinic is None:
        raise LookupError("There is no such clinic.")
    hours = contacts.hours_of(clinic)
    first = month.replace(day=1)
    rows = _rows(tx, clinic_id, *_bounds(first, hours), apart=apart)
    seen = _first_acknowledged(tx, [row.id for row in rows])
    times = sorted(seen[row.id] - row.opened_at for row in rows if row.id in seen)
    closed = [row.outcome for row in rows if row.closed_by is not None]
    return Sheet(
        month=first,
        by_tier=dict(Counter(Tier.of(row.tier) for row in rows)),
        acknowledged_p50=_percentile(times, 0.50),
        acknowledged_p95=_percentile(times, 0.95),
        overdue=sum(_was_late(tx, row, seen.get(row.id), hours) for row in rows),
        false_alarms=closed.count(FALSE_ALARM) / len(closed) if closed else None,
    )


def _ask(tx: Tx, clinic_id: str, *, apart: bool) -> None:
    """Whoever has patients could read from a number that there is a concern about them."""
    staff = tx.session.get(models.Staff, tx.actor.id)
    kinds = {one.kind for one in contacts.of_staff(tx, tx.actor.id)}
    held: frozenset[Relation] = frozenset()
    if staff is not None and staff.clinic_id == clinic_id:
        if apart and Kind.SAFEGUARDING in kinds and staff.role != Role.CLINICIAN:
            held = frozenset({Relation.SAFEGUARDING})
        if not apart and kinds & {Kind.DUTY, Kind.BACKUP}:
            held = frozenset({Relation.DUTY})
    decide(tx, Action.COUNT_ALERTS, held, kind="clinic", key=clinic_id, patient_id=None)


def _rows(
    tx: Tx, clinic_id: str, start: datetime, end: datetime, *, apart: bool
) -> list[models.Alert]:
    kept_apart = or_(
        models.Alert.route == Route.SAFEGUARDING, models.Alert.hidden_from.is_not(None)
    )
    query = select(models.Alert).where(
        models.Alert.clinic_id == clinic_id,
        models.Alert.opened_at >= start,
        models.Alert.opened_at < end,
        kept_apart if apart else ~kept_apart,
    )
    return list(tx.session.scalars(query))


def _bounds(first: date, hours: Hours) -> tuple[datetime, datetime]:
    following = (first + timedelta(days=31)).replace(day=1)
    start, end = (
        datetime.combine(day, time(0), hours.zone).astimezone(UTC) for day in (first, following)
    )
    return start, end


def _first_acknowledged(tx: Tx, alert_ids: Sequence[str]) -> dict[str, datetime]:
    """An alert may be taken on again after more was written; the first time counts."""
    rows = tx.session.execute(
        select(models.AlertEvent.alert_id, func.min(models.AlertEvent.at).label("at"))
        .where(models.AlertEvent.kind == "acknowledged", models.AlertEvent.alert_id.in_(alert_ids))
        .group_by(models.AlertEvent.alert_id)
    )
    return {row.alert_id: row.at for row in rows}


def _was_late(tx: Tx, row: models.Alert, seen: datetime | None, hours: Hours) -> bool:
    """Only what staff were told of can be late."""
    return row.step > 0 and (seen or tx.now) > late_after(Tier.of(row.tier), row.opened_at, hours)


def _percentile(times: Sequence[timedelta], share: float) -> timedelta | None:
    """By nearest rank: a time that really was."""
    return times[math.ceil(share * len(times)) - 1] if times else None
