"""Putting a model live and taking it back, for admins; and where that stands, for their page."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from afterword.portal.guide import MODELS
from afterword.portal.visits import Visit
from afterword.records import jobs, serving
from afterword.records.jobs import Job
from afterword.records.serving import NothingBefore, Notice, NotPromotable
from afterword.records.store import Tx

TAKEN_BACK, NOTHING_BEFORE = "promoting_taken_back", "promoting_nothing_before"
REFUSED = ("unknown", "refused", "tainted", "live")
_NOTICES = {TAKEN_BACK, NOTHING_BEFORE, *(f"promoting_refused_{code}" for code in REFUSED)}


@dataclass(frozen=True)
class Status:
    """What `promoting_status.html` shows. Models are named by their fingerprints."""

    live: str
    previous: str
    """What can be gone back to; empty: nothing."""
    watched_until: datetime | None
    notice: Notice
    notice_model: str
    job: Job | None
    """The promotion that is under way, else the last one that failed since the last change."""
    cut_off: bool


def status(tx: Tx) -> Status:
    """Where promotions stand at this moment."""
    state = serving.state(tx)
    job = _job(tx, state.changed_at)
    return Status(
        live=state.live,
        previous=state.previous,
        watched_until=state.watch_until if state.watched(tx.now) else None,
        notice=state.notice,
        notice_model=state.notice_model,
        job=job,
        cut_off=job is not None and job.cut_off(tx.now),
    )


def notice_of(visit: Visit) -> str | None:
    """The key of the text that the last press of a button left."""
    given = visit.request.query_params.get("notice", "")
    return given if given in _NOTICES else None


def promote(visit: Visit) -> Response:
    """Asks for the promotion of the model in the form; the trainer proves it first."""
    model = visit.form.get("model", "")
    with visit.portal.records.begin(by=visit.actor, purpose=MODELS) as tx:
        try:
            serving.ask_promotion(tx, model, visit.account.id)
        except NotPromotable as refused:
            return _back(f"promoting_refused_{refused.code}")
    return _back()


def roll_back(visit: Visit) -> Response:
    """New reflections get what was live before: at once, while that is still running."""
    with visit.portal.records.begin(by=visit.actor, purpose=MODELS) as tx:
        try:
            job = serving.take_back(tx, visit.account.id)
        except NothingBefore:
            return _back(NOTHING_BEFORE)
    return _back(TAKEN_BACK if job is None else "")


def _job(tx: Tx, changed_at: datetime | None) -> Job | None:
    own = [one for one in jobs.latest(tx) if one.kind is jobs.Kind.PROMOTE]
    under_way = next((one for one in own if one.open), None)
    if under_way is not None or not own:
        return under_way
    last = max(own, key=lambda one: one.created_at)
    failed = last.state is jobs.State.FAILED
    return last if failed and (changed_at is None or last.created_at > changed_at) else None


def _back(notice: str = "") -> Response:
    """To the page, which says itself what is under way."""
    return RedirectResponse(f"{MODELS}?{urlencode({'notice': notice})}" if notice else MODELS, 303)
