"""Alerts: raised with the message that they are about, moved on by the patient and by the clock.

What staff do is in `alert_desk`, the month in `alert_sheet`; both are reached from here as well.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from afterword.access.policy import Action
from afterword.records import alert_moves, alert_rows, inbox, mails, models
from afterword.records.alert_desk import (
    acknowledge,
    close,
    false_alarm,
    for_staff,
    of_reflection_for,
    one_for,
    waiting_count,
)
from afterword.records.alert_sheet import monthly
from afterword.records.alert_views import Raised, Told
from afterword.records.doors import door, for_processes
from afterword.records.store import Tx, new_id
from afterword.reflection.answers import ReflectionState
from afterword.safety import clock
from afterword.safety.clock import AlertState, Standing
from afterword.safety.finding import Category, Route, Tier

__all__ = [
    "Choice",
    "Incident",
    "Raised",
    "Told",
    "acknowledge",
    "close",
    "due",
    "false_alarm",
    "for_staff",
    "forward_concern",
    "monthly",
    "note",
    "of_reflection_for",
    "one_for",
    "patient_chose",
    "raise_alert",
    "step",
    "undelivered",
    "waiting_count",
]

WENT_ON = "went_on"
"""The outcome of a check that the patient answered with going on."""


class Choice(StrEnum):
    """What a patient may answer to a check."""

    GO_ON = "go_on"
    SUPPORT = "support"
    HELP_NOW = "help_now"


@dataclass(frozen=True)
class Incident:
    """What was found in one message. `message` is its client id: a replay of it changes nothing.

    `categories` of the whole message: one that is also about the clinician keeps a duty alert
    from them.
    """

    reflection_id: str
    route: Route
    tier: Tier
    text: str
    evidence: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    version: str = ""
    channel: str = "web"
    language: str = ""
    message: str = ""


@door(Action.SCREEN, of="incident.reflection_id")
def raise_alert(tx: Tx, incident: Incident) -> Raised:
    """Opens an alert, or adds to the one that is open; the notices are in the same transaction.

    A concern about the clinician is sealed, unless the clinic always passes them on. Raises
    ValueError for a tier below check, and LookupError.
    """
    if incident.tier < Tier.CHECK:
        raise ValueError("below a check there is no alert: use note()")
    reflection = inbox.lock_reflection(tx, incident.reflection_id)
    if (before := _raised_before(tx, incident)) is not None:
        return before
    row = alert_rows.current(tx, incident.reflection_id, incident.route)
    new = row is None
    if row is None:
        row = _add(tx, incident, reflection)
        row.open_key = alert_rows.open_key(incident.reflection_id, incident.route)
    earlier = Tier.of(row.tier)
    new_evidence = _take_in(tx, row, incident, reflection)
    row.tier = max(earlier, incident.tier).word
    alert_rows.log(tx, row, "raised" if new else "more", detail=incident.tier.word)
    alert_moves.keep_from_clinician(tx, row, mixed=_mixed(incident))
    alert_moves.move(tx, row, incident.tier, higher=not new and incident.tier > earlier)
    return Raised(
        alert_id=row.id,
        tier=Tier.of(row.tier),
        new=new,
        higher=not new and incident.tier > earlier,
        new_evidence=new_evidence,
        told=alert_moves.told(tx, row),
        state=AlertState(row.state),
    )


@door(Action.SCREEN, of="incident.reflection_id")
def note(tx: Tx, incident: Incident) -> str:
    """Keeps a line for the digest: no clock, no notice. Returns the id of the note."""
    reflection = inbox.lock_reflection(tx, incident.reflection_id)
    notes = [
        row
        for row in alert_rows.of_reflection(tx, incident.reflection_id, incident.route)
        if row.state == AlertState.NOTED
    ]
    row = notes[0] if notes else _add(tx, incident, reflection)
    if not notes:
        row.state, row.tier, row.due_at = AlertState.NOTED, Tier.NOTE.word, None
    if incident.message and incident.message in alert_rows.detail(tx, row)["messages"]:
        return row.id
    _take_in(tx, row, incident, reflection)
    alert_rows.log(tx, row, "noted")
    if row.route == Route.DUTY:
        alert_moves.keep_from_clinician(tx, row, mixed=_mixed(incident))
    return row.id


@door(Action.ANSWER, of="reflection_id")
def patient_chose(tx: Tx, reflection_id: str, choice: str) -> Raised | None:
    """The answer to a check; None when there is nothing that it could be about.

    *Go on* ends a check that nobody was told of. *Support* lets its clock run on: silence after
    it is no answer. *Help now* tells staff, with a new alert if there is none.
    """
    choice = Choice(choice)
    inbox.lock_reflection(tx, reflection_id)
    rows = {route: alert_rows.current(tx, reflection_id, route) for route in Route}
    for row in filter(None, rows.values()):
        row.patient_choice = choice
        alert_rows.log(tx, row, "patient_chose", detail=choice)
        if choice is Choice.GO_ON and row.state == AlertState.WAITING:
            alert_rows.finish(tx, row, WENT_ON)
    duty = rows[Route.DUTY]
    if choice is Choice.HELP_NOW and (duty is None or duty.state != AlertState.OPEN):
        return _help(tx, reflection_id, duty)
    shown = duty or rows[Route.SAFEGUARDING]
    return None if shown is None else _unchanged(tx, shown)


@door(Action.ANSWER, of="reflection_id")
def forward_concern(tx: Tx, reflection_id: str, yes: bool) -> Told:
    """The patient's word on passing a concern about the clinician on; what was told is returned.

    Without anybody who may be told it stays sealed. Saying no after yes takes nothing back.
    """
    inbox.lock_reflection(tx, reflection_id)
    row = alert_rows.current(tx, reflection_id, Route.SAFEGUARDING)
    if row is None:
        return Told()
    if row.state == AlertState.SEALED:
        alert_rows.log(tx, row, "patient_agreed" if yes else "patient_declined")
        if yes:
            alert_moves.unseal(tx, row)
    return alert_moves.told(tx, row)


@door(Action.SCREEN, of="reflection_id")
def undelivered(tx: Tx, reflection_id: str) -> None:
    """A line of safety did not reach the patient: what is open goes up by one tier."""
    inbox.lock_reflection(tx, reflection_id)
    for route in Route:
        row = alert_rows.current(tx, reflection_id, route)
        if row is None:
            continue
        earlier = Tier.of(row.tier)
        row.tier = clock.raised(earlier).word
        alert_rows.log(tx, row, "undelivered", detail=row.tier)
        if row.state != AlertState.SEALED:
            alert_moves.move(tx, row, Tier.of(row.tier), higher=Tier.of(row.tier) > earlier)


@for_processes
def due(tx: Tx) -> list[str]:
    """Alerts on which the clock is to act now, the longest waiting first."""
    query = (
        select(models.Alert.id)
        .where(
            models.Alert.state.in_([AlertState.WAITING, AlertState.OPEN]),
            models.Alert.due_at <= tx.now,
        )
        .order_by(models.Alert.due_at, models.Alert.id)
    )
    return list(tx.session.scalars(query))


@for_processes
def step(tx: Tx, alert_id: str) -> bool:
    """Does what the clock asks for; False when somebody was quicker."""
    row = alert_rows.lock(tx, alert_id)
    if row is None:
        return False
    standing = Standing(AlertState(row.state), Tier.of(row.tier), row.opened_at, row.due_at)
    taken = clock.next_step(standing, tx.now, alert_rows.hours_of(tx, row))
    if taken is None:
        return False
    if standing.state is AlertState.WAITING:
        row.state, row.opened_at = AlertState.OPEN, tx.now
    row.tier, row.due_at = taken.tier.word, taken.due_at
    alert_rows.log(tx, row, taken.act)
    first = taken.act is clock.Act.UNANSWERED
    mails.tell(tx, row, mails.ALERT if first else mails.REMINDER, backup=taken.backup)
    return True


def _raised_before(tx: Tx, incident: Incident) -> Raised | None:
    if not incident.message:
        return None
    for row in alert_rows.of_reflection(tx, incident.reflection_id, incident.route):
        known = row.state != AlertState.NOTED
        if known and incident.message in alert_rows.detail(tx, row)["messages"]:
            return _unchanged(tx, row)
    return None


def _unchanged(tx: Tx, row: models.Alert) -> Raised:
    tier, state = Tier.of(row.tier), AlertState(row.state)
    return Raised(row.id, tier, False, False, False, alert_moves.told(tx, row), state)


def _add(tx: Tx, incident: Incident, reflection: models.Reflection) -> models.Alert:
    appointment, patient = tx.session.execute(
        select(models.Appointment, models.Patient)
        .join(models.Patient, models.Patient.id == models.Appointment.patient_id)
        .where(models.Appointment.id == reflection.appointment_id)
    ).one()
    concern = incident.route is Route.SAFEGUARDING
    row = models.Alert(
        id=new_id(),
        clinic_id=patient.clinic_id,
        reflection_id=reflection.id,
        patient_id=patient.id,
        staff_id=appointment.staff_id,
        route=incident.route,
        tier=incident.tier.word,
        state=AlertState.SEALED if concern else AlertState.WAITING,
        channel=incident.channel,
        language=incident.language or reflection.language,
        opened_at=tx.now,
        due_at=None if concern else tx.now + clock.CHECK_PATIENCE,
        step=0,
    )
    alert_rows.add(tx, row)
    return row


def _take_in(tx: Tx, row: models.Alert, incident: Incident, reflection: models.Reflection) -> bool:
    """Adds words and evidence; whether there is evidence that was not there before."""
    kept = alert_rows.detail(tx, row)
    # A replay may come after the patient has deleted everything.
    if incident.text and reflection.state != ReflectionState.DELETED:
        kept["words"].append({"text": incident.text, "at": tx.now.isoformat()})
    if incident.message:
        kept["messages"].append(incident.message)
    added = [one for one in incident.evidence if one not in kept["evidence"]]
    kept["evidence"] += added
    kept["categories"] += [one for one in incident.categories if one not in kept["categories"]]
    kept["version"] = incident.version
    alert_rows.keep_detail(tx, row, kept)
    return bool(added)


def _mixed(incident: Incident) -> str | None:
    """The words, when they are also about the clinician."""
    return incident.text if Category.ABUSE_BY_CLINICIAN in incident.categories else None


def _help(tx: Tx, reflection_id: str, duty: models.Alert | None) -> Raised:
    if duty is None:
        asked = Incident(reflection_id, Route.DUTY, Tier.SAME_DAY, "", evidence=(Choice.HELP_NOW,))
        raised = raise_alert(tx, asked)
        row = alert_rows.lock(tx, raised.alert_id)
        if row is not None:
            row.patient_choice = Choice.HELP_NOW
        return raised
    earlier = Tier.of(duty.tier)
    duty.tier = max(earlier, Tier.SAME_DAY).word
    alert_moves.move(tx, duty, Tier.of(duty.tier), higher=False)
    raised_tier = Tier.of(duty.tier)
    return Raised(
        duty.id,
        raised_tier,
        False,
        raised_tier > earlier,
        False,
        alert_moves.told(tx, duty),
        AlertState(duty.state),
    )
