"""What the gateway and the digest ask about the alerts of one reflection."""

from afterword.access.policy import Action
from afterword.records import alert_rows, mails
from afterword.records.doors import door
from afterword.records.store import Tx
from afterword.safety.clock import AlertState
from afterword.safety.finding import Category


@door(Action.SCREEN, of="reflection_id")
def about(tx: Tx, reflection_id: str) -> tuple[Category, ...]:
    """What the alerts that are not closed may be about, each category once."""
    rows = alert_rows.of_reflection(tx, reflection_id)
    found = [
        Category(one)
        for row in rows
        if row.state not in (AlertState.NOTED, AlertState.CLOSED)
        for one in alert_rows.detail(tx, row)["categories"]
    ]
    return tuple(dict.fromkeys(found))


@door(Action.SCREEN, of="reflection_id")
def evidence_of(tx: Tx, reflection_id: str) -> frozenset[str]:
    """The evidence that is in any alert or note of the reflection."""
    rows = alert_rows.of_reflection(tx, reflection_id)
    return frozenset(one for row in rows for one in alert_rows.detail(tx, row)["evidence"])


@door(Action.SCREEN, of="alert_id")
def can_forward(tx: Tx, alert_id: str) -> bool:
    """Whether there is anybody whom a concern could be passed on to."""
    row = alert_rows.lock(tx, alert_id)
    return row is not None and mails.reachable(tx, row)


@door(Action.SCREEN, of="reflection_id")
def is_waiting(tx: Tx, reflection_id: str) -> bool:
    """Whether the patient was asked and has not answered yet."""
    rows = alert_rows.of_reflection(tx, reflection_id)
    return any(row.state == AlertState.WAITING for row in rows)


@door(Action.SCREEN, of="alert_id")
def is_hidden(tx: Tx, alert_id: str) -> bool:
    """Whether the session's clinician may not know of the alert, or not read its words."""
    row = alert_rows.lock(tx, alert_id)
    return row is None or row.hidden_from is not None
