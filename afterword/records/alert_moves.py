"""What follows for an alert: who is told, and what is kept from whom. For the alert modules only.

The caller holds the locks of the reflection and of the alert.
"""

from afterword.records import alert_rows, mails, models, people
from afterword.records.alert_views import Told
from afterword.records.store import Tx
from afterword.safety import clock
from afterword.safety.clock import AlertState
from afterword.safety.finding import Route, Tier


def keep_from_clinician(tx: Tx, row: models.Alert, *, mixed: str | None) -> None:
    """While there is a concern about the clinician, they know of no alert of the reflection.

    `mixed` are words of a duty alert that are also about the clinician.
    """
    if row.route == Route.DUTY:
        _hide_if_concern(tx, row, mixed)
        return
    concerns = _texts(tx, row)
    for other in alert_rows.of_reflection(tx, row.reflection_id, Route.DUTY):
        _withhold(tx, other, concerns)
        _hide(tx, other)


def _hide_if_concern(tx: Tx, row: models.Alert, mixed: str | None) -> None:
    concerns = [
        one
        for one in alert_rows.of_reflection(tx, row.reflection_id, Route.SAFEGUARDING)
        if one.state != AlertState.NOTED
    ]
    texts = {text for one in concerns for text in _texts(tx, one)}
    _withhold(tx, row, texts if mixed is None else {*texts, mixed})
    if concerns or mixed is not None:
        _hide(tx, row)


def _texts(tx: Tx, row: models.Alert) -> set[str]:
    return {one["text"] for one in alert_rows.detail(tx, row)["words"]}


def _withhold(tx: Tx, row: models.Alert, concerns: set[str]) -> None:
    """Words that hold a concern are for safeguarding contacts only, so also not for duty."""
    kept = alert_rows.detail(tx, row)
    # A message may be kept together with the one before it.
    words = [
        one for one in kept["words"] if not any(text and text in one["text"] for text in concerns)
    ]
    if len(words) < len(kept["words"]):
        alert_rows.keep_detail(tx, row, kept | {"words": words, "withheld": True})


def _hide(tx: Tx, row: models.Alert) -> None:
    """From now on the clinician of the session knows nothing of it, also not as duty contact.

    What only they were told, or have taken on, goes to somebody else.
    """
    if row.hidden_from is not None:
        return
    row.hidden_from = row.staff_id
    taken_on = row.state == AlertState.ACKNOWLEDGED and row.acknowledged_by == row.staff_id
    alone = row.state == AlertState.OPEN and row.step > 0 and not mails.told(tx, row)
    if taken_on:
        _reopen(tx, row)
    elif alone:
        mails.tell(tx, row, mails.ALERT, backup=False)


def move(tx: Tx, row: models.Alert, tier: Tier, *, higher: bool) -> None:
    """What follows from a message of this tier, by where the alert stands."""
    if row.state == AlertState.SEALED:
        always = alert_rows.clinic_of(tx, row).forward_concerns == people.ALWAYS
        # A weak sign is still asked about: the clinic's rule is for what was said.
        if always and tier >= Tier.SAME_DAY:
            unseal(tx, row)
        return
    if tier < Tier.SAME_DAY:
        return
    if row.state == AlertState.WAITING:
        _open(tx, row)
    elif row.state == AlertState.ACKNOWLEDGED:
        _reopen(tx, row)
    elif higher:
        _tell(tx, row, "tier_raised")


def unseal(tx: Tx, row: models.Alert) -> None:
    """Passes a concern on; with nobody who may know of it, it stays sealed."""
    if not mails.reachable(tx, row):
        alert_rows.log(tx, row, "nobody_to_tell")
        return
    row.tier = max(Tier.of(row.tier), Tier.SAME_DAY).word
    _open(tx, row)


def _open(tx: Tx, row: models.Alert) -> None:
    row.opened_at = tx.now
    _tell(tx, row, "opened")


def _reopen(tx: Tx, row: models.Alert) -> None:
    """There is more than what was acknowledged: somebody has to look again."""
    row.acknowledged_at = row.acknowledged_by = None
    _tell(tx, row, "reopened")


def _tell(tx: Tx, row: models.Alert, event: str) -> None:
    row.state = AlertState.OPEN
    tier = Tier.of(row.tier)
    row.due_at = clock.due_at(tier, tx.now, alert_rows.hours_of(tx, row))
    alert_rows.log(tx, row, event, detail=row.tier)
    mails.tell(tx, row, mails.ALERT, backup=False)


def told(tx: Tx, row: models.Alert) -> Told:
    """What may be said to the patient: only what is stored."""
    if row.state not in (AlertState.OPEN, AlertState.ACKNOWLEDGED):
        return Told()
    names = mails.told(tx, row)
    if not names:
        return Told()
    hours = alert_rows.hours_of(tx, row)
    by = None
    if row.state == AlertState.OPEN:
        by = clock.looked_at_by(Tier.of(row.tier), tx.now, hours)
    return Told(names, hours.staffed(tx.now), by)
