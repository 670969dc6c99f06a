"""The words of the clinic, for admins: all texts by place, and one text with all about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from afterword.portal.phone import Phone, measures, phone_of
from afterword.portal.visits import PageError, Visit
from afterword.records import wordings
from afterword.records.store import Tx
from afterword.rewording import Rewording, Said, UnknownText, WordingRefused, sentence
from afterword.wording import checking
from afterword.wording.checking import Weight
from afterword.wording.places import Place

WORDING = "/portal/admin/wording"
_PURPOSE = "wording"
_NOTICES = {"published", "taken_back", "as_shipped_already"}
_LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Group:
    """Texts that belong together: one question, the answers of a scale, or a whole place."""

    heading: str
    folded: bool
    rows: tuple[Said, ...]

    @property
    def changed(self) -> int:
        return sum(one.change is not None for one in self.rows)


def show(visit: Visit) -> Response:
    """All texts of a place, or those in which the words that are looked for stand."""
    query = visit.request.query_params
    work = _work(visit)
    language = _language(work, query.get("language", ""))
    place = query.get("place", "")
    place = place if place in set(Place) else Place.QUESTIONS
    words = " ".join(query.get("words", "")[:_LONGEST_SEARCH].split()).casefold()
    changed = query.get("changed", "") == "yes"
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        found = list(work.said(tx, language))
    if words:
        found = [one for one in found if words in one.now.casefold()]
    elif not changed:
        found = [one for one in found if one.text.place == place]
    if changed:
        found = [one for one in found if one.change is not None]
    return visit.page(
        "wording.html",
        groups=list(_groups(visit, work, found)),
        # What is looked for is not to be looked for in folds.
        open_folds=bool(words or changed),
        language=language,
        languages=list(visit.portal.phrasing.shipped.catalogues),
        place=place,
        places=list(Place),
        words=words,
        only_changed=changed,
    )


def one(visit: Visit) -> Response:
    """One text: what it says, a box for new words, how they would look, and its history."""
    given = visit.request.query_params.get("notice", "")
    return _page(visit, notice=f"wording_{given}" if given in _NOTICES else None)


def check(visit: Visit) -> Response:
    """What is to be said about new words: as JSON for the script of the page, else as the page."""
    if "application/json" not in visit.request.headers.get("accept", ""):
        return _page(visit, given=visit.form.get("text", ""), checked=True)
    work, new = _work(visit), visit.form.get("text", "")
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        said = _said(visit, work, tx)
        findings = work.check(tx, said.language, said.text.key, new)
    phone = _phone(visit, work, said, new)
    return JSONResponse(
        {
            "findings": [
                {"weight": one.weight, "text": sentence(visit.portal.say, one)}
                for one in findings
                if one.code != "same"
            ],
            "measures": [list(one) for one in measures(visit.portal.say, said, new)],
            "preview": phone.shown,
            "reason": any(one.weight is Weight.REASON for one in findings),
        }
    )


def publish(visit: Visit) -> Response:
    """Has the text say the new words from now on."""
    work, form = _work(visit), visit.form
    try:
        with visit.portal.records.begin(by=visit.actor, purpose=_PURPOSE) as tx:
            said = _said(visit, work, tx)
            work.publish(
                tx,
                said.language,
                said.text.key,
                form.get("text", ""),
                reason=form.get("reason", ""),
                meant=form.get("meant", "") == "yes",
            )
    except WordingRefused:
        return _page(visit, 422, given=form.get("text", ""), checked=True, error="wording_refused")
    return _done(visit, "published")


def back(visit: Visit) -> Response:
    """Has the text say again what is shipped."""
    work = _work(visit)
    with visit.portal.records.begin(by=visit.actor, purpose=_PURPOSE) as tx:
        said = _said(visit, work, tx)
        changed = work.back(tx, said.language, said.text.key, reason=visit.form.get("reason", ""))
    return _done(visit, "taken_back" if changed else "as_shipped_already")


CHANGES = {"check": check, "publish": publish, "back": back}
"""What is done with a text, by the last part of the path."""


def _done(visit: Visit, notice: str) -> Response:
    visit.portal.phrasing.refresh_now(visit.portal.records)
    params = visit.request.path_params
    path = f"{WORDING}/{params['language']}/{params['text']}"
    return RedirectResponse(f"{path}?{urlencode({'notice': notice})}", 303)


def _page(
    visit: Visit,
    status: int = 200,
    *,
    given: str | None = None,
    checked: bool = False,
    error: str | None = None,
    notice: str | None = None,
) -> Response:
    work = _work(visit)
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        said = _said(visit, work, tx)
        key, language = said.text.key, said.language
        history = wordings.history(tx, visit.account.clinic.id, language, key)
        new = said.now if given is None else given
        findings = work.check(tx, language, key, new) if checked or said.text.fixed else []
    return visit.page(
        "wording_one.html",
        status,
        **_about(visit, work, said),
        calendar=visit.calendar,
        said=said,
        new=new,
        history=history,
        findings=[(one.weight, sentence(visit.portal.say, one)) for one in findings],
        asks_reason=any(one.weight is Weight.REASON for one in findings),
        checked=checked,
        measures=list(measures(visit.portal.say, said, new)),
        phone=_phone(visit, work, said, new),
        reason=visit.form.get("reason", ""),
        longest=checking.LONGEST,
        fresh=visit.fresh,
        error=error,
        notice=notice,
    )


def _about(visit: Visit, work: Rewording, said: Said) -> dict[str, Any]:
    """How the text is called, and how many questions an answer of a scale is of."""
    items = work.shipped.items.values()
    text = said.text
    return {
        "name": _name(visit, work, said),
        "shared_by": sum(one.scale == text.scale for one in items) if text.scale else 0,
        "is_asked": text.part in ("ask", "again", "option"),
    }


def _name(visit: Visit, work: Rewording, said: Said) -> str:
    say, text = visit.portal.say, said.text
    if not text.part:
        return say(f"wording_place_{text.place}")
    if text.scale:
        return _question(visit, work, "", text.scale)
    part = say(f"wording_part_{text.part}")
    return f"{_question(visit, work, text.item, '')}: {part}"


def _question(visit: Visit, work: Rewording, item: str, scale: str) -> str:
    """The short name of a question; for a scale's answers its first and its last."""
    language = visit.maker.texts.language
    asked = visit.maker.asked.items
    if item:
        return asked[item].label[language]
    options = next(one.options for one in asked.values() if one.scale == scale)
    ends = {"first": options[0].label[language], "last": options[-1].label[language]}
    return visit.portal.say("wording_answers", **ends)


def _groups(visit: Visit, work: Rewording, found: list[Said]) -> Iterator[Group]:
    """Questions each for themselves, with what belongs to them; other texts by their place."""
    kept: dict[tuple[str, str, str], list[Said]] = {}
    for one in found:
        kept.setdefault((one.text.place, one.text.item, one.text.scale), []).append(one)
    for (place, item, scale), rows in kept.items():
        named = bool(item or scale)
        heading = (
            _question(visit, work, item, scale)
            if named
            else visit.portal.say(f"wording_place_{place}")
        )
        yield Group(heading, named, tuple(rows))


def _phone(visit: Visit, work: Rewording, said: Said, new: str) -> Phone:
    return phone_of(visit.maker.asked, said, new, visit.account.clinic)


def _work(visit: Visit) -> Rewording:
    portal = visit.portal
    return Rewording(portal.phrasing, lambda: portal.screener, visit.account.clinic.id)


def _said(visit: Visit, work: Rewording, tx: Tx) -> Said:
    params = visit.request.path_params
    try:
        return work.one(tx, params["language"], work.at(params["text"]))
    except UnknownText:
        raise PageError(404) from None


def _language(work: Rewording, wanted: str) -> str:
    known = list(work.phrasing.shipped.catalogues)
    return wanted if wanted in known else known[0]
