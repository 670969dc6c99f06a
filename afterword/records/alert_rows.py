"""Rows of alerts: finding, locking, their sealed detail, their events. For the alert modules only.

Rows are locked in the order reflection, alert, mail.
"""

import json
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from afterword.records import contacts, models, sealing
from afterword.records.access_models import Concern
from afterword.records.sealing import CONDUCT, Place
from afterword.records.store import Tx, new_id
from afterword.safety.clock import AlertState, Hours
from afterword.safety.finding import Route
from afterword.safety.recipients import Case

Detail = dict[str, Any]
"""`words` [{text, at}], `messages`, `evidence`, `categories`, `version`, `withheld`, `erased`."""

WORDS_GONE = "words_erased"
"""The event of an alert whose words were deleted."""
EMPTY: Detail = {
    "words": [],
    "messages": [],
    "evidence": [],
    "categories": [],
    "version": "",
    "withheld": False,
    "erased": False,
}


def lock(tx: Tx, alert_id: str) -> models.Alert | None:
    """The alert's row, held against other writers until the transaction ends."""
    return _locked(tx, models.Alert.id == alert_id)


def current(tx: Tx, reflection_id: str, route: Route) -> models.Alert | None:
    """The alert of a route that is not closed, locked."""
    return _locked(tx, models.Alert.open_key == open_key(reflection_id, route))


def of_reflection(tx: Tx, reflection_id: str, route: Route | None = None) -> list[models.Alert]:
    """All alerts and notes of a reflection, oldest first, locked."""
    query = select(models.Alert).where(models.Alert.reflection_id == reflection_id)
    if route is not None:
        query = query.where(models.Alert.route == route)
    return list(
        tx.session.scalars(_locking(tx, query).order_by(models.Alert.opened_at, models.Alert.id))
    )


def open_key(reflection_id: str, route: Route) -> str:
    return f"{reflection_id}:{route}"


def detail(tx: Tx, row: models.Alert) -> Detail:
    """What an alert holds of the patient's words, and why. Concerns are kept apart."""
    concern = _concern(tx, row)
    sealed = row.sealed_detail if concern is None else concern.sealed_detail
    found: Detail = json.loads(sealing.unseal(tx, _place(row, "detail", concern), sealed))
    return found


def keep_detail(tx: Tx, row: models.Alert, kept: Detail) -> None:
    concern = _concern(tx, row)
    holder: models.Alert | Concern = row if concern is None else concern
    holder.sealed_detail = sealing.seal(tx, _place(row, "detail", concern), json.dumps(kept))
    row.updated_at = tx.now


def add(tx: Tx, row: models.Alert) -> None:
    """Stores a new alert, without words yet; a concern gets its row in the other store."""
    row.sealed_detail, row.updated_at = b"", tx.now
    tx.session.add(row)
    tx.session.flush()
    if row.route == Route.SAFEGUARDING:
        tx.session.add(Concern(alert_id=row.id, sealed_detail=b""))
        tx.session.flush()
    keep_detail(tx, row, dict(EMPTY))
    tx.session.flush()


def note_of(tx: Tx, row: models.Alert) -> str | None:
    """What staff wrote when they closed it."""
    concern = _concern(tx, row)
    sealed = row.sealed_note if concern is None else concern.sealed_note
    return sealing.unseal(tx, _place(row, "note", concern), sealed) if sealed else None


def keep_note(tx: Tx, row: models.Alert, note: str) -> None:
    concern = _concern(tx, row)
    holder: models.Alert | Concern = row if concern is None else concern
    holder.sealed_note = sealing.seal(tx, _place(row, "note", concern), note)


def _concern(tx: Tx, row: models.Alert) -> Concern | None:
    return tx.session.get(Concern, row.id) if row.route == Route.SAFEGUARDING else None


def _place(row: models.Alert, column: str, concern: Concern | None) -> Place:
    if concern is None:
        return Place(row.patient_id, "alert", column, row.id)
    return Place(row.patient_id, "concern", column, row.id, CONDUCT)


def log(
    tx: Tx, row: models.Alert, kind: str, *, staff_id: str | None = None, detail: str = ""
) -> None:
    """Adds an event; `detail` is a code, never words of anybody."""
    tx.session.flush()
    count = select(func.count()).where(models.AlertEvent.alert_id == row.id)
    tx.session.add(
        models.AlertEvent(
            id=new_id(),
            alert_id=row.id,
            seq=(tx.session.scalar(count) or 0) + 1,
            at=tx.now,
            kind=kind,
            staff_id=staff_id,
            detail=detail,
        )
    )
    row.updated_at = tx.now
    tx.session.flush()


def events(tx: Tx, alert_id: str) -> list[models.AlertEvent]:
    query = select(models.AlertEvent).where(models.AlertEvent.alert_id == alert_id)
    return list(tx.session.scalars(query.order_by(models.AlertEvent.seq)))


def case_of(tx: Tx, row: models.Alert) -> Case:
    """What decides who may know of the alert."""
    treating = contacts.treating(tx, row.patient_id) | {row.staff_id}
    return Case(Route(row.route), treating, row.hidden_from)


def clinic_of(tx: Tx, row: models.Alert) -> models.Clinic:
    return tx.session.get_one(models.Clinic, row.clinic_id)


def hours_of(tx: Tx, row: models.Alert) -> Hours:
    return contacts.hours_of(clinic_of(tx, row))


def finish(tx: Tx, row: models.Alert, outcome: str, staff_id: str | None = None) -> None:
    """Closes an alert for good: what comes afterwards opens a new one."""
    row.state, row.outcome = AlertState.CLOSED, outcome
    row.closed_at, row.closed_by = tx.now, staff_id
    row.open_key = row.due_at = None
    log(tx, row, "closed", staff_id=staff_id, detail=outcome)


def forget_words(tx: Tx, reflection_id: str) -> None:
    """The patient deletes everything: words of alerts go, that there were alerts stays."""
    for row in of_reflection(tx, reflection_id):
        keep_detail(tx, row, detail(tx, row) | {"words": [], "erased": True})
        log(tx, row, WORDS_GONE)


def forget(tx: Tx, row: models.Alert) -> None:
    """Its time is over: the patient's words and the note of staff go, that it was stays."""
    keep_detail(tx, row, detail(tx, row) | {"words": [], "erased": True})
    concern = _concern(tx, row)
    holder: models.Alert | Concern = row if concern is None else concern
    holder.sealed_note = None
    log(tx, row, WORDS_GONE)


def _locked(tx: Tx, condition: ColumnElement[bool]) -> models.Alert | None:
    return tx.session.scalar(_locking(tx, select(models.Alert).where(condition)))


def _locking(tx: Tx, query: Select[models.Alert]) -> Select[models.Alert]:
    """Without holding the key: notices that refer to an alert are settled meanwhile."""
    if not tx.locks_rows:
        return query
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)
