"""The digest of one appointment, and *I have read this*."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from afterword.portal.sparkline import EARLIER_SHOWN, sparkline
from afterword.portal.today import Mark, mark_of
from afterword.portal.visits import PageError, Visit
from afterword.records import digests
from afterword.records.digests import DigestSource
from afterword.reflection.digest import Digest, ItemLine
from afterword.reflection.editions import change_of, shipped_of

_NOTICES = {"read": "read_saved", "changed": "read_changed"}


def show(visit: Visit) -> Response:
    """The page; opening it is noted in the same transaction that reads it."""
    # A page that is fetched ahead, or asked for without its body, would count as opened though
    # nobody looked.
    fetched_ahead = "prefetch" in visit.request.headers.get("sec-purpose", "")
    if fetched_ahead or visit.request.method == "HEAD":
        raise PageError(503)
    portal = visit.portal
    with portal.records.begin(by=visit.actor, purpose="digest") as tx:
        found = visit.maker.open_digest(tx, visit.account.id, _appointment_id(visit))
        if found is None:
            raise PageError(404)
        source, digest = found
        tags = visit.maker.notices(tx, visit.account.id, source)
    return digest_page(
        visit,
        source,
        digest,
        tags=tags,
        packs=visit.maker.asked.packs,
        notice=_NOTICES.get(visit.request.query_params.get("notice", "")),
    )


def digest_page(visit: Visit, source: DigestSource, digest: Digest, **more: Any) -> Response:
    """The page of a digest. With `watermark`, a sentence, it is one that is only looked at."""
    calendar, mark = visit.calendar, mark_of(source)
    shared = mark in (Mark.UNREAD, Mark.READ)
    values: dict[str, Any] = {"tags": (), "packs": (), "notice": None, "watermark": None}
    return visit.page(
        "digest.html" if shared else "not_shared.html",
        source=source,
        digest=digest,
        off=visit.maker.screener.missing,
        mark=mark,
        edition=(shipped_of(digest.instrument_version), change_of(digest.instrument_version)),
        calendar=calendar,
        anchors=anchors(digest),
        labels=_labels(digest),
        earlier_times=", ".join(calendar.date(told.session_at) for told in source.earlier),
        sparks={line.question: _spark(visit, digest, line) for line in digest.items},
        **(values | more),
    )


def read(visit: Visit) -> Response:
    """Notes *I have read this* and leads back to the page."""
    appointment_id, reflection_id = _appointment_id(visit), visit.form.get("reflection", "")
    with visit.portal.records.begin(by=visit.actor, purpose="digest") as tx:
        source = digests.digest_source(tx, visit.account.id, appointment_id)
        latest = source.latest if source else None
        if latest is None or latest.reflection_id != reflection_id:
            raise PageError(404)
        noted = digests.mark_read(tx, visit.account.id, appointment_id, reflection_id)
    # The patient may have deleted it since the page was opened.
    notice = "read" if noted else "changed"
    return RedirectResponse(f"/portal/appointments/{appointment_id}?notice={notice}", 303)


def anchors(digest: Digest) -> Mapping[str, str]:
    """Where on the page the answer to each question stands: the rating before the words."""
    places: dict[str, str] = {}
    for place, question in _places(digest):
        places.setdefault(question, f"{place}-{question}")
    return places


def _places(digest: Digest) -> Iterator[tuple[str, str]]:
    yield from (("item", line.question) for line in digest.items)
    yield from (("words", quote.question) for quote in digest.words)
    if digest.wish is not None:
        yield "wish", digest.wish.question
    yield from (("chosen", quote.question) for quote in digest.chosen)
    yield from (("goal", line.question) for line in digest.goals)


def _labels(digest: Digest) -> Mapping[str, str]:
    labels = {line.question: line.text for line in digest.goals}
    labels |= {quote.question: quote.label for quote in (*digest.words, *digest.chosen)}
    return labels | {line.question: line.label for line in digest.items}


def _spark(visit: Visit, digest: Digest, line: ItemLine) -> Markup:
    say = visit.portal.say

    def name(rank: int | None) -> str:
        return (
            say("spark_missing")
            if rank is None
            else visit.maker.option(digest, line.question, rank)
        )

    label = say(
        "spark",
        label=line.label,
        values=", ".join(name(rank) for rank in line.history[-EARLIER_SHOWN:]),
        now=name(line.value),
    )
    return sparkline(line.history, line.value, line.of, label)


def _appointment_id(visit: Visit) -> str:
    appointment_id: str = visit.request.path_params["appointment_id"]
    return appointment_id
