"""Where an admin is on the way from a message that was not understood to a version that answers
patients, and what to do next: on top of every page of that way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from afterword.portal import standing
from afterword.portal.standing import Refused
from afterword.portal.visits import Visit
from afterword.records import data_versions, jobs, misheard_review, registry, teaching
from afterword.records.jobs import Job, Kind
from afterword.records.registry import Model, State
from afterword.records.store import Tx

REVIEW, TEACH, TRAINING, MODELS = (
    "/portal/review",
    "/portal/admin/teach",
    "/portal/admin/training",
    "/portal/admin/models",
)
WAY = (REVIEW, TEACH, TRAINING, MODELS)
"""The pages, in the order in which they are needed."""
CODES = (*("training", "promoting", "passed", "lines", "failed", "ready", "waiting", "nothing"),)
"""What there is to do next; the earlier ones first."""
COUNTED = ("lines", "ready", "waiting")
"""Those whose sentence has a number."""


@dataclass(frozen=True)
class Facts:
    """How things stand. `passed` names the version that may go live, and is newer than what is."""

    waiting: int = 0
    """Messages without a meaning."""
    ready: int = 0
    """Messages with one that are not taught yet."""
    lines: int = 0
    """Changes in the draft."""
    training: bool = False
    promoting: bool = False
    passed: str = ""
    failed: bool = False
    """Whether the last training came to nothing."""


@dataclass(frozen=True)
class Next:
    """What to do: the code of its sentence, its number, and the page where it is done."""

    code: str
    page: str
    count: int = 0

    @property
    def counted(self) -> bool:
        return self.code in COUNTED


@dataclass(frozen=True)
class Guide:
    """`at` is the page of the way that is open, `beside` whether it is the one of `next`; `way`
    has the key of each page's title. `refused` is said beside what is next: it waits for nobody."""

    at: str
    next: Next
    beside: bool
    refused: Refused | None = None
    way: Mapping[str, str] = field(
        default_factory=lambda: dict(
            zip(WAY, ("review_title", "teach_title", "training_title", "models_title"), strict=True)
        )
    )


def guide(visit: Visit, tx: Tx, page: str) -> Guide | None:
    """For the page that is open; None for who only gives messages a meaning."""
    if not visit.trains:
        return None
    known = [one for one in registry.models(tx) if one.tainted_at is None]
    found = following(_facts(tx, visit.account.id, visit.account.clinic.id, known))
    at = next((one for one in reversed(WAY) if page.startswith(one)), page)
    return Guide(at, found, beside=page == found.page, refused=_refused(visit, known, page))


def following(facts: Facts) -> Next:
    """What there is to do next. Pure.

    What was begun comes before what could be begun; what waits for nobody but this person before
    what goes on by itself.
    """
    ways = {
        "training": (facts.training, TRAINING),
        "promoting": (facts.promoting, MODELS),
        "passed": (bool(facts.passed), f"{MODELS}/{facts.passed}"),
        "lines": (facts.lines, TEACH),
        "failed": (facts.failed, TRAINING),
        "ready": (facts.ready, TEACH),
        "waiting": (facts.waiting, REVIEW),
    }
    for code, (found, page) in ways.items():
        if found:
            return Next(code, page, int(found))
    return Next("nothing", REVIEW)


def _refused(visit: Visit, known: Sequence[Model], page: str) -> Refused | None:
    """Of the version that was trained last; its own page says all of that itself."""
    own = f"{MODELS}/{known[0].name}" if known else page
    return None if own == page else standing.refused(visit, known[0], own)


def may_go_live(known: Sequence[Model]) -> str:
    """The name of the newest version that passed, among those newer than what is or was live."""
    for one in known:
        if one.state is State.READY:
            return one.name
        if one.state in (State.LIVE, State.FORMER):
            break
    return ""


def _facts(tx: Tx, staff_id: str, clinic_id: str, known: Sequence[Model]) -> Facts:
    draft = data_versions.draft_of(tx, clinic_id)
    latest = jobs.latest(tx)
    trained = [one for one in latest if one.kind is Kind.TRAIN]
    return Facts(
        waiting=misheard_review.waiting(tx, staff_id, clinic_id),
        ready=sum(not one.rare for one in teaching.ready(tx, clinic_id)),
        lines=len(data_versions.changes_of(tx, draft)) if draft else 0,
        training=any(one.open for one in trained),
        promoting=any(one.open for one in latest if one.kind is Kind.PROMOTE),
        passed=may_go_live(known),
        failed=_failed_last(trained),
    )


def _failed_last(trained: list[Job]) -> bool:
    last = max(trained, key=lambda one: one.created_at, default=None)
    return last is not None and last.state is jobs.State.FAILED
