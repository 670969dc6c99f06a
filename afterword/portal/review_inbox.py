"""Messages that were not understood: a batch at a time, one key for each decision, undo.

Everything works without a script; `review.js` only presses the buttons that are there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from afterword.deid.spans import pieces
from afterword.portal.guide import REVIEW, guide
from afterword.portal.visits import Visit
from afterword.portal.wording import Say
from afterword.records import misheard_review
from afterword.records.misheard import ANSWER, SECOND_PERSON
from afterword.records.misheard_review import Filters, ReviewRefused, Row
from afterword.records.store import Tx
from afterword.reflection.instrument import GOAL_PREFIX
from afterword.settings import PROJECT
from afterword.training import labels
from afterword.training.suggesting import Suggestion, suggester

_PURPOSE = "review"
_FILTERS = ("reason", "language", "week")
_LABEL = "label."
NOTICES = frozenset({"saved", "saved_second", "skipped", "hidden", "undone", "nothing_to_undo"})
_UNDOABLE = NOTICES - {"nothing_to_undo"}
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# In the place of a name or a goal that a question has within it.
_SOMEBODY = {"clinician": "‹…›", "goal": "‹…›"}


@dataclass(frozen=True)
class Card:
    """A message as it is shown: its pieces with the tag of what was taken out, or none."""

    row: Row
    pieces: tuple[tuple[str, str], ...]
    asked: str
    did: str
    suggestions: tuple[Suggestion, ...]


def show(visit: Visit) -> Response:
    """The next batch of messages."""
    return _page(visit, notice=visit.request.query_params.get("notice", ""))


def decide(visit: Visit) -> Response:
    """One decision, or the last one taken back; then the next batch."""
    do = visit.form.get("do", "")
    if do == "other":
        do = _LABEL + visit.form.get("other", "")
    work = _work(visit, do)
    if work is None:
        return _page(visit, 422, error="label")
    try:
        with visit.portal.records.begin(by=visit.actor, purpose=_PURPOSE) as tx:
            notice = work(tx)
    except ReviewRefused as refused:
        return _page(visit, 422, error=refused.code)
    query = urlencode({"notice": notice} | _given(visit.form))
    return RedirectResponse(f"{REVIEW}?{query}", 303)


def _page(visit: Visit, status: int = 200, *, notice: str = "", error: str = "") -> Response:
    source = visit.form if visit.request.method == "POST" else visit.request.query_params
    given = _given(source)
    filters = Filters(**given)
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        found = misheard_review.batch(tx, visit.account.id, visit.account.clinic.id, filters)
        way = guide(visit, tx, REVIEW)
    say = visit.portal.say
    words = {one: say(f"label_{one}") for one in labels.known(PROJECT)}
    return visit.page(
        "review_inbox.html",
        status,
        guide=way,
        batch=found,
        cards=[_card(visit, row) for row in found.rows],
        given=given,
        filters=filters,
        words=words,
        others=[one for one in labels.by_words(PROJECT, words) if one[0] != ANSWER],
        second=SECOND_PERSON,
        calendar=visit.calendar,
        notice=notice if notice in NOTICES else "",
        undoable=notice in _UNDOABLE,
        error=error,
    )


def _card(visit: Visit, row: Row) -> Card:
    found = suggester(PROJECT).suggest(row.text, row.language, row.guesses, row.chosen)
    did = _did(visit.portal.say, row)
    return Card(row, tuple(pieces(row.text)), _asked(visit, row), did, tuple(found))


def _asked(visit: Visit, row: Row) -> str:
    """The question that was open, as the clinic words it today, in the patient's language and
    without anybody's name."""
    if row.question in ("review", "start"):
        return visit.portal.say(f"review_open_{row.question}")
    name = "goal" if row.question.startswith(GOAL_PREFIX) else row.question
    # Old question sets too: a message may wait for weeks.
    for instrument in visit.portal.phrasing.of(visit.account.clinic.id).instruments.values():
        item = instrument.items.get(name)
        if item is not None:
            asked = item.ask.get(row.language) or next(iter(item.ask.values()))
            return asked.format_map(_SOMEBODY)
    return row.question


def _work(visit: Visit, do: str) -> Callable[[Tx], str] | None:
    """What a button does, and the code of what is said then; None for none of ours."""
    staff_id, clinic_id = visit.account.id, visit.account.clinic.id
    message = visit.form.get("id", "")

    def label(tx: Tx) -> str:
        settled = misheard_review.label(tx, staff_id, message, do.removeprefix(_LABEL))
        return "saved" if settled else "saved_second"

    def skip(tx: Tx) -> str:
        misheard_review.skip(tx, staff_id, message)
        return "skipped"

    def hide(tx: Tx) -> str:
        misheard_review.hide(tx, staff_id, message)
        return "hidden"

    def undo(tx: Tx) -> str:
        taken_back = misheard_review.undo(tx, staff_id, clinic_id)
        return "undone" if taken_back else "nothing_to_undo"

    if do.startswith(_LABEL):
        return label if do.removeprefix(_LABEL) in labels.known(PROJECT) else None
    return {"skip": skip, "hide": hide, "undo": undo}.get(do)


def _given(source: Mapping[str, str]) -> dict[str, str]:
    """The filters that are set; a week that is none is left out."""
    found = {name: source.get(name, "") for name in _FILTERS}
    if found["week"] and not _ISO_DAY.fullmatch(found["week"]):
        found["week"] = ""
    return {name: value for name, value in found.items() if value and len(value) <= 12}


def _did(say: Say, row: Row) -> str:
    what, _, label = row.did.partition(".")
    return say(f"review_did_{what}", label=say(f"label_{label}") if label else "")
