"""What the assistant is taught, for admins: the draft, what is new in it, versions, training."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from afterword.access.policy import Denied
from afterword.deid.spans import pieces
from afterword.portal import looking, training_view
from afterword.portal.guide import TEACH, TRAINING, guide
from afterword.portal.standing import kept
from afterword.portal.visits import PageError, Visit
from afterword.records import data_versions, jobs, registry, teaching
from afterword.records.data_versions import ChangeRefused
from afterword.records.jobs import Kind
from afterword.records.store import Tx
from afterword.settings import PROJECT
from afterword.training import changeset, corpus
from afterword.training.changeset import Shipped
from afterword.training.model import LOG
from afterword.training.nearness import plain

LINES = f"{TEACH}/lines"
_NOTICES = {"taken", "dropped", "noted", "moved", "withdrawn"}
_MOST_ROWS, _MOST_LINES = 100, 60


@cache
def shipped() -> Shipped:
    """The lines that came with the product."""
    return Shipped(corpus.lines(PROJECT))


@cache
def labels() -> tuple[str, ...]:
    """What a line may mean."""
    return corpus.labels(PROJECT)


def show(visit: Visit) -> Response:
    return _page(visit)


def take(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        teaching.take_in(tx, clinic_id)

    return _change(visit, change, "taken")


def add(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        data_versions.add(
            tx,
            clinic_id,
            language=_language(visit),
            label=_label(visit, "label"),
            text=visit.form.get("text", ""),
        )

    return _change(visit, change, "noted")


def move(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        data_versions.move(
            tx,
            clinic_id,
            language=_language(visit),
            text=visit.form.get("text", ""),
            was=_label(visit, "was"),
            label=_label(visit, "label"),
        )

    return _change(visit, change, "moved")


def remove(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        data_versions.remove(
            tx,
            clinic_id,
            language=_language(visit),
            text=visit.form.get("text", ""),
            was=_label(visit, "was"),
        )

    return _change(visit, change, "moved")


def drop(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        teaching.take_back(tx, clinic_id, visit.form.get("change", ""))

    return _change(visit, change, "dropped")


def withdraw(visit: Visit) -> Response:
    """Puts into the draft what undoes a version, as far as that was not done already."""

    def change(tx: Tx, clinic_id: str) -> None:
        own = {one.id for one in data_versions.changes_of(tx, visit.form.get("version", ""))}
        draft = data_versions.draft(tx, clinic_id)
        there = changeset.apply(shipped().lines, data_versions.changes_upto(tx, draft))
        left = [changeset.undone(one) for one in reversed(there.lasting) if one.id in own]
        if not left:
            raise ChangeRefused("withdrawn", "Nothing of it is left.")
        teaching.put_in(tx, clinic_id, left)

    return _change(visit, change, "withdrawn")


def close(visit: Visit) -> Response:
    """Makes a version of the draft and puts its training in the queue."""

    def change(tx: Tx, clinic_id: str) -> None:
        draft = data_versions.draft(tx, clinic_id)
        if _looked_at(tx, clinic_id, draft).must_mend:
            raise ChangeRefused("mend", "Mend the marked changes first.")
        data_versions.close(tx, draft, visit.account.id, visit.form.get("reason", ""))
        jobs.ask(tx, Kind.TRAIN, version_id=draft, by=visit.account.id)

    return _change(visit, change, "", TRAINING)


def train(visit: Visit) -> Response:
    """Trains a version once more: after an update, or when a training has failed."""

    def change(tx: Tx, clinic_id: str) -> None:
        version = data_versions.version(tx, visit.form.get("version", ""))
        jobs.ask(tx, Kind.TRAIN, version_id=version.id, by=visit.account.id)

    return _change(visit, change, "", TRAINING)


def lines(visit: Visit) -> Response:
    """Lines that are there, with what can be done with them."""
    query = visit.request.query_params
    language, label = query.get("language", "en"), query.get("label", "")
    words = plain(query.get("words", "")[:100])
    with visit.portal.records.read(by=visit.actor, purpose=TEACH) as tx:
        draft = data_versions.draft_of(tx, visit.account.clinic.id)
        versions = data_versions.versions(tx, visit.account.clinic.id)
        last = draft or (versions[0].id if versions else None)
        changes = data_versions.changes_upto(tx, last) if last else []
        way = guide(visit, tx, LINES)
    there = changeset.apply(shipped().lines, changes).lines
    found = [
        one
        for one in there
        if one.language == language
        and (not label or one.label == label)
        and (not words or words in plain(one.text))
    ]
    asked = bool(label or words)
    return visit.page(
        "teach_lines.html",
        guide=way,
        calendar=visit.calendar,
        found=found[:_MOST_LINES] if asked else [],
        count=len(found) if asked else None,
        labels=labels(),
        pieces=pieces,
        languages=_languages(),
        chosen={"language": language, "label": label, "words": query.get("words", "")[:100]},
    )


def progress(visit: Visit) -> Response:
    """What is being trained, and what was; looks again by itself while something is under way."""
    with visit.portal.records.read(by=visit.actor, purpose=TRAINING) as tx:
        known = {one.id: one for one in data_versions.versions(tx, visit.account.clinic.id)}
        found = [one for one in jobs.latest(tx) if one.kind is Kind.TRAIN]
        durations = jobs.durations(tx, Kind.TRAIN)
        now = tx.now
        way = guide(visit, tx, TRAINING)
    under_way = [one for one in found if one.open]
    refreshes = bool(under_way) and looking.by_itself(visit)
    response = visit.page(
        "teach_training.html",
        guide=way,
        calendar=visit.calendar,
        jobs=[training_view.of(one, durations, now) for one in found],
        versions=known,
        page=TRAINING,
        refreshes=refreshes,
        under_way=bool(under_way),
    )
    return looking.look_again(response) if refreshes else response


def cancel(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        jobs.cancel(tx, visit.form.get("job", ""))

    return _change(visit, change, "", TRAINING)


def log(visit: Visit) -> Response:
    """The record of a training; it holds no line that was taught."""
    try:
        with visit.portal.records.read(by=visit.actor, purpose=TRAINING) as tx:
            data_versions.versions(tx, visit.account.clinic.id)
            job = jobs.one(tx, visit.request.path_params["job_id"])
    except LookupError:
        raise PageError(404) from None
    path = visit.portal.settings.data_dir / "training" / job.id / LOG
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return PlainTextResponse(text or visit.portal.say("training_log_none"))


def _change(
    visit: Visit, change: Callable[[Tx, str], None], notice: str, page: str = TEACH
) -> Response:
    try:
        with visit.portal.records.begin(by=visit.actor, purpose=TEACH) as tx:
            change(tx, visit.account.clinic.id)
    except ChangeRefused as refused:
        return _page(visit, 422, error=f"teach_refused_{refused.code}")
    except Denied:
        raise
    except LookupError:
        return _page(visit, 422, error="teach_refused_gone")
    return RedirectResponse(f"{page}?{urlencode({'notice': notice})}" if notice else page, 303)


def _page(visit: Visit, status: int = 200, *, error: str | None = None) -> Response:
    clinic_id = visit.account.clinic.id
    given = visit.request.query_params.get("notice", "")
    with visit.portal.records.read(by=visit.actor, purpose=TEACH) as tx:
        ready = teaching.ready(tx, clinic_id)
        draft = data_versions.draft_of(tx, clinic_id)
        found = _looked_at(tx, clinic_id, draft) if draft else changeset.ChangeSet((), ())
        versions = data_versions.versions(tx, clinic_id)
        # The newest first, so that of a version the last training counts.
        trained = {one.version_id: one for one in reversed(registry.models(tx))}
        way = guide(visit, tx, TEACH)
    return visit.page(
        "teach.html",
        status,
        guide=way,
        calendar=visit.calendar,
        ready=len([one for one in ready if not one.rare]),
        rare=len([one for one in ready if one.rare]),
        rows=found.rows[:_MOST_ROWS],
        more=max(0, len(found.rows) - _MOST_ROWS),
        must_mend=len(found.must_mend),
        tallies=found.tallies,
        difference=changeset.difference(row.change for row in found.rows),
        versions=versions,
        trained=trained,
        pieces=pieces,
        labels=labels(),
        languages=_languages(),
        given={name: visit.form.get(name, "") for name in ("reason", "text", "language", "label")},
        error=error,
        notice=f"teach_{given}" if given in _NOTICES else None,
    )


def _looked_at(tx: Tx, clinic_id: str, draft: str) -> changeset.ChangeSet:
    changes = data_versions.changes_of(tx, draft)
    own = {one.id for one in changes}
    earlier = [one for one in data_versions.changes_upto(tx, draft) if one.id not in own]
    return changeset.look(shipped(), earlier, changes, kept().texts, labels())


def _language(visit: Visit) -> str:
    given = visit.form.get("language", "")
    return given if given in _languages() else ""


def _label(visit: Visit, field: str) -> str:
    given = visit.form.get(field, "")
    return given if given in labels() else ""


def _languages() -> tuple[str, ...]:
    return tuple(sorted({one.language for one in shipped().lines}))


CHANGES: dict[str, Callable[[Visit], Any]] = {
    "take": take,
    "add": add,
    "move": move,
    "remove": remove,
    "drop": drop,
    "withdraw": withdraw,
    "close": close,
    "train": train,
}
"""What is done with the draft, by the last part of the path."""
