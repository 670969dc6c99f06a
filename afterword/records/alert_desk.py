"""The staff side of alerts: who may see one, and taking it on.

Whoever may not see an alert gets the same answer as for one that does not exist.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from afterword.access.actors import Actor
from afterword.access.policy import Action, Denied, Relation
from afterword.records import alert_rows, contacts, digests, doors, models, people
from afterword.records.alert_views import AlertEvent, AlertTag, AlertView, Delivery, Words
from afterword.records.doors import door
from afterword.records.store import Tx
from afterword.reflection.answers import ReflectionState
from afterword.safety.clock import AlertState, late_after
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind, may_know

ALERT, CONCERN = "alert", "concern"
"""What the audit calls alerts of the two routes."""
FALSE_ALARM = "false_alarm"
OUTCOMES = ("reached", "handed_over", "emergency_called", "not_reached", "no_action")
"""What staff may close an alert with, besides as a false alarm."""


@doors.unguarded("asks the policy about each alert")
def for_staff(tx: Tx, staff_id: str, *, closed_since: datetime | None = None) -> list[AlertView]:
    """Alerts that this member of staff is there for, the most urgent first.

    Those that are not closed, and with `closed_since` those closed from then on.
    """
    rows = _visible(tx, staff_id, closed_since)
    for row in rows:
        _enter(tx, Action.READ_ALERT, staff_id, row.id)
    rows.sort(key=lambda row: (row.state == AlertState.CLOSED, -Tier.of(row.tier), row.opened_at))
    return [_view(tx, row) for row in rows]


@doors.unguarded("asks the policy about the alert")
def one_for(tx: Tx, staff_id: str, alert_id: str) -> AlertView:
    """One alert, closed ones too. Raises Denied alike for unknown ones and others."""
    return _view(tx, _enter(tx, Action.READ_ALERT, staff_id, alert_id))


@doors.unguarded("a number of alerts that the account may see")
def waiting_count(tx: Tx, staff_id: str) -> int:
    """How many of these alerts nobody has acknowledged."""
    return sum(row.state == AlertState.OPEN for row in _visible(tx, staff_id))


@doors.unguarded("asks the policy about the alert")
def acknowledge(tx: Tx, staff_id: str, alert_id: str) -> bool:
    """Somebody has seen it and takes it on: the clock stops. False when somebody has before.

    Raises Denied.
    """
    row = _held(tx, staff_id, alert_id)
    if row.state != AlertState.OPEN:
        return False
    _take_on(tx, row, staff_id)
    return True


@doors.unguarded("asks the policy about the alert")
def close(tx: Tx, staff_id: str, alert_id: str, outcome: str, note: str = "") -> bool:
    """Ends an alert with one of OUTCOMES; False when it is closed. Raises Denied."""
    if outcome not in OUTCOMES:
        raise ValueError(f"the outcome is none of {', '.join(OUTCOMES)}")
    return _end(tx, staff_id, alert_id, outcome, note)


@doors.unguarded("asks the policy about the alert")
def false_alarm(tx: Tx, staff_id: str, alert_id: str, reason: str) -> bool:
    """Ends an alert that was none; False when it is closed. Raises Denied."""
    return _end(tx, staff_id, alert_id, FALSE_ALARM, reason)


@door(Action.SCREEN, of="reflection_id")
def of_reflection_for(tx: Tx, staff_id: str, reflection_id: str) -> list[AlertTag]:
    """The safety notices for the clinician of the session, oldest first; none for others.

    Never one of the safeguarding route, nor any while there is a concern about them.
    """
    rows = tx.session.execute(
        select(models.Alert, models.Reflection.state)
        .join(models.Reflection, models.Reflection.id == models.Alert.reflection_id)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .where(
            models.Alert.reflection_id == reflection_id,
            models.Alert.route == Route.DUTY,
            models.Alert.hidden_from.is_(None),
            models.Appointment.staff_id == staff_id,
            digests.on_caseload(tx, staff_id),
        )
        .order_by(models.Alert.opened_at, models.Alert.id)
    )
    return [_tag(tx, row, ReflectionState(state)) for row, state in rows]


def _visible(tx: Tx, staff_id: str, closed_since: datetime | None = None) -> list[models.Alert]:
    mine = contacts.of_staff(tx, staff_id)
    staff = tx.session.get(models.Staff, staff_id)
    if not mine or staff is None:
        return []
    wanted: list[ColumnElement[bool]] = [
        models.Alert.state.in_([AlertState.OPEN, AlertState.ACKNOWLEDGED])
    ]
    if closed_since is not None:
        wanted.append(models.Alert.closed_at >= closed_since)
    query = select(models.Alert).where(models.Alert.clinic_id == staff.clinic_id, or_(*wanted))
    return [row for row in tx.session.scalars(query) if _may_see(tx, staff_id, row)]


def _may_see(tx: Tx, staff_id: str, row: models.Alert) -> bool:
    staff = tx.session.get(models.Staff, staff_id)
    # Without a step it never was for staff: a check that ended well, a note, a sealed concern.
    if staff is None or staff.clinic_id != row.clinic_id or row.step == 0:
        return False
    case = alert_rows.case_of(tx, row)
    return any(may_know(one, case) for one in contacts.of_staff(tx, staff_id))


def _held(tx: Tx, staff_id: str, alert_id: str) -> models.Alert:
    alert_rows.lock(tx, alert_id)
    return _enter(tx, Action.ANSWER_ALERT, staff_id, alert_id)


def _enter(tx: Tx, action: Action, staff_id: str, alert_id: str) -> models.Alert:
    """The alert, if whoever acts is a contact who may know of it. Raises Denied."""
    row = tx.session.get(models.Alert, alert_id)
    if row is None:
        raise Denied(action, ALERT, "")
    concern = row.route == Route.SAFEGUARDING
    may_know_of_it = tx.actor == Actor.staff(staff_id) and _may_see(tx, staff_id, row)
    relation = Relation.SAFEGUARDING if concern else Relation.DUTY
    doors.decide(
        tx,
        action,
        frozenset({relation}) if may_know_of_it else frozenset(),
        kind=CONCERN if concern else ALERT,
        key=row.id,
        patient_id=row.patient_id,
    )
    return row


def _take_on(tx: Tx, row: models.Alert, staff_id: str) -> None:
    row.state, row.due_at = AlertState.ACKNOWLEDGED, None
    row.acknowledged_at, row.acknowledged_by = tx.now, staff_id
    alert_rows.log(tx, row, "acknowledged", staff_id=staff_id)


def _end(tx: Tx, staff_id: str, alert_id: str, outcome: str, note: str) -> bool:
    row = _held(tx, staff_id, alert_id)
    if row.state == AlertState.CLOSED:
        return False
    if row.state == AlertState.OPEN:
        _take_on(tx, row, staff_id)
    if note.strip():
        alert_rows.keep_note(tx, row, note)
    alert_rows.finish(tx, row, outcome, staff_id)
    return True


def _view(tx: Tx, row: models.Alert) -> AlertView:
    kept = alert_rows.detail(tx, row)
    patient = tx.session.get_one(models.Patient, row.patient_id)
    clinician = tx.session.get_one(models.Staff, row.staff_id)
    tier, state = Tier.of(row.tier), AlertState(row.state)
    late = late_after(tier, row.opened_at, alert_rows.hours_of(tx, row)) <= tx.now
    return AlertView(
        id=row.id,
        reflection_id=row.reflection_id,
        route=Route(row.route),
        tier=tier,
        state=state,
        patient=people.patient_view(tx, patient),
        clinician=people.staff_view(tx, clinician),
        channel=row.channel,
        language=row.language,
        categories=_categories(row, kept),
        evidence=tuple(kept["evidence"]),
        version=kept["version"],
        words=_words(kept),
        withheld=kept["withheld"],
        erased=kept["erased"],
        patient_choice=row.patient_choice,
        opened_at=row.opened_at,
        due_at=row.due_at,
        overdue=state is AlertState.OPEN and late,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=_name(tx, row.acknowledged_by),
        closed_at=row.closed_at,
        closed_by=_name(tx, row.closed_by),
        outcome=row.outcome,
        note=alert_rows.note_of(tx, row),
        events=tuple(
            AlertEvent(one.at, one.kind, _name(tx, one.staff_id), one.detail)
            for one in alert_rows.events(tx, row.id)
        ),
        deliveries=_deliveries(tx, row),
    )


def _tag(tx: Tx, row: models.Alert, reflection: ReflectionState) -> AlertTag:
    kept = alert_rows.detail(tx, row)
    tier = Tier.of(row.tier)
    # What nobody had to be told of is the patient's to share, as all their words are.
    shown = tier >= Tier.SAME_DAY or reflection is ReflectionState.SHARED
    return AlertTag(
        at=row.opened_at,
        tier=tier,
        state=AlertState(row.state),
        categories=_categories(row, kept),
        words=_words(kept) if shown else (),
        patient_choice=row.patient_choice,
        outcome=row.outcome,
    )


def _categories(row: models.Alert, kept: alert_rows.Detail) -> tuple[Category, ...]:
    """On the duty route nothing says that there is a concern about the clinician."""
    found = (Category(one) for one in kept["categories"])
    concern = Category.ABUSE_BY_CLINICIAN
    return tuple(one for one in found if row.route != Route.DUTY or one is not concern)


def _words(kept: alert_rows.Detail) -> tuple[Words, ...]:
    return tuple(Words(one["text"], datetime.fromisoformat(one["at"])) for one in kept["words"])


def _name(tx: Tx, staff_id: str | None) -> str | None:
    row = tx.session.get(models.Staff, staff_id) if staff_id else None
    return None if row is None else people.staff_view(tx, row).name


def _deliveries(tx: Tx, row: models.Alert) -> tuple[Delivery, ...]:
    found = tx.session.execute(
        select(models.Contact.kind, models.Mail.state, models.Mail.sent_at, models.Mail.created_at)
        .join(models.Mail, models.Mail.contact_id == models.Contact.id)
        .where(models.Mail.alert_id == row.id)
        .order_by(models.Mail.step, models.Contact.position)
    )
    return tuple(Delivery(Kind(kind), state, sent or made) for kind, state, sent, made in found)
