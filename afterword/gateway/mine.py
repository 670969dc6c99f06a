"""Your data: what is kept, who read it, taking it along, taking it back, deleting it. No script.

With the link alone this is about one reflection; with the personal code about everything.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.access.actors import Actor
from afterword.gateway.agreeing import agree
from afterword.gateway.api import TooLong, read_body
from afterword.gateway.context import GatewayContext
from afterword.gateway.form import parse_form
from afterword.gateway.links import UNLOCK_COOKIE
from afterword.gateway.pages import broken, by_link, render
from afterword.gateway.takeout import Teller, as_json
from afterword.gateway.unlocking import Wrong, unlock, why
from afterword.locales import Catalogue
from afterword.quotas import SMALL_BODY
from afterword.records import codes, consents, erasure, reflections, rights
from afterword.records.codes import NoCode, Paused
from afterword.records.consents import Subject
from afterword.records.store import Tx
from afterword.records.tombstones import Tombstones
from afterword.records.views import Invitation, Reflection
from afterword.reflection.answers import ReflectionState

_PURPOSE = "your data"
_FILES = {
    "reflection.json": False,
    "reflection.html": False,
    "everything.json": True,
    "everything.html": True,
}
_UNDONE = (ReflectionState.SHARED, ReflectionState.PRIVATE)
Fields = Mapping[str, str]


class Visit:
    """One look at the page: by whom, and with how much of it open."""

    def __init__(self, context: GatewayContext, invitation: Invitation, token: str) -> None:
        self.context = context
        self.invitation = invitation
        self.token = token
        words = context.words(invitation.clinic.id)
        self.catalogue: Catalogue = words.catalogue(invitation.language)
        self.teller = Teller(self.catalogue, words.instruments, invitation.clinic.timezone)

    @property
    def reflection_id(self) -> str:
        return self.invitation.reflection_id

    @property
    def patient_id(self) -> str | None:
        """Whose code was given; None with the link alone."""
        return self.invitation.unlocked

    @property
    def here(self) -> str:
        return f"/f/{self.token}/mine"

    def link(self, work: Callable[[Tx], Any]) -> Any:
        """Runs `work` as whoever holds the link."""
        with self.context.records.begin(by=self.invitation.actor, purpose=_PURPOSE) as tx:
            return work(tx)

    def own(self) -> rights.Own:
        """All that may be seen now, in words."""
        if self.patient_id is None:
            with self.context.records.read(by=self.invitation.actor, purpose=_PURPOSE) as tx:
                return self.teller.explained(rights.one_reflection(tx, self.reflection_id))
        return self.everything(self.patient_id)

    def this(self) -> rights.Own:
        with self.context.records.read(by=self.invitation.actor, purpose=_PURPOSE) as tx:
            return self.teller.explained(rights.one_reflection(tx, self.reflection_id))

    def everything(self, patient_id: str) -> rights.Own:
        with self.context.records.read(by=Actor.patient(patient_id), purpose=_PURPOSE) as tx:
            return self.teller.explained(rights.everything(tx, patient_id))

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        return render(
            self.context,
            name,
            self.catalogue,
            self.invitation.clinic,
            status,
            token=self.token,
            tell=self.teller,
            **values,
        )


async def mine(request: Request) -> Response:
    """GET shows it; POST does one of the things that stand on it."""
    return await _visited(request, _shown if request.method == "GET" else _done)


async def file(request: Request) -> Response:
    """GET one of the files to take along: this reflection, or with the code everything."""
    return await _visited(request, _file)


async def _visited(request: Request, answer: Callable[[Request, Visit], Any]) -> Response:
    async def to_visit(context: GatewayContext, invitation: Invitation, token: str) -> Response:
        response: Response = await answer(request, Visit(context, invitation, token))
        return response

    return await by_link(request, to_visit, sends=request.method == "POST")


async def _shown(request: Request, visit: Visit) -> Response:
    return await to_thread.run_sync(_page, visit)


def _page(visit: Visit, *, wrong: str = "", status: int = 200) -> Response:
    with visit.context.records.read(by=visit.invitation.actor, purpose=_PURPOSE) as tx:
        reflection = reflections.by_id(tx, visit.reflection_id)
        code = codes.standing(tx, visit.reflection_id)
        training = consents.holds(tx, visit.reflection_id, Subject.TRAINING)
        agreed = consents.holds(tx, visit.reflection_id, Subject.REFLECTION)
    return visit.page(
        "mine.html",
        status,
        this=visit.this(),
        all=None if visit.patient_id is None else visit.everything(visit.patient_id),
        reflection=reflection,
        can_take_back=_can_take_back(reflection),
        code=code,
        digits=codes.DIGITS,
        open_for=int(codes.UNLOCKED_FOR.total_seconds() // 60),
        wrong=wrong,
        training=training,
        agreed=agreed,
        terms=list(visit.teller.terms(visit.context.settings.terms)),
    )


def _can_take_back(reflection: Reflection | None) -> bool:
    return reflection is not None and not reflection.opened and reflection.state in _UNDONE


async def _done(request: Request, visit: Visit) -> Response:
    try:
        fields = parse_form(await read_body(request, SMALL_BODY))
    except (TooLong, ValueError):
        return render(visit.context, "unread.html", visit.context.catalogue(), None, 413)
    if fields.get("do") == "erase_yes":
        return await _erase(visit, fields)
    if fields.get("do") == "erase" and visit.patient_id:
        return visit.page("erase.html", wrong="", digits=codes.DIGITS)
    await to_thread.run_sync(_change, visit, fields, limiter=visit.context.writing)
    visit.context.ring()
    response = RedirectResponse(visit.here, 303)
    if fields.get("do") == "lock":
        response.delete_cookie(UNLOCK_COOKIE, path=f"/f/{visit.token}")
    return response


def _change(visit: Visit, fields: Fields) -> None:
    reflection_id = visit.reflection_id
    wanted = fields.get("on") == "1"
    match fields.get("do"):
        case "withdraw":
            visit.link(lambda tx: consents.withdraw(tx, reflection_id, Subject.REFLECTION))
        case "agree":
            visit.link(lambda tx: agree(tx, visit.catalogue, reflection_id))
        case "training" if wanted:
            visit.link(lambda tx: agree(tx, visit.catalogue, reflection_id, Subject.TRAINING))
        case "training":
            visit.link(lambda tx: consents.withdraw(tx, reflection_id, Subject.TRAINING))
        case "lock":
            visit.link(lambda tx: codes.lock(tx, reflection_id))
        case "each_time" if visit.patient_id:
            patient = Actor.patient(visit.patient_id)
            with visit.context.records.begin(by=patient, purpose=_PURPOSE) as tx:
                codes.ask_each_time(tx, visit.patient_id, wanted)


async def _erase(visit: Visit, fields: Fields) -> Response:
    """Deletes everything about the patient, if the code is given once more."""
    if visit.patient_id is None:
        return RedirectResponse(visit.here, 303)
    try:
        await unlock(visit.context, visit.invitation, fields.get("code", ""))
    except (Wrong, Paused, NoCode) as error:
        wrong = why(error, visit.catalogue, visit.context.records.clock())
        return visit.page("erase.html", 422, wrong=wrong, digits=codes.DIGITS)
    patient_id = visit.patient_id
    settings = visit.context.settings

    def carry_out() -> dict[str, Any]:
        return erasure.carry_out(
            visit.context.records,
            Tombstones(settings.tombstone_file),
            patient_id,
            by=Actor.patient(patient_id),
            purpose=_PURPOSE,
        )

    certificate = await to_thread.run_sync(carry_out, limiter=visit.context.writing)
    visit.context.ring()
    text = json.dumps(certificate, indent=2, ensure_ascii=False)
    response = visit.page(
        "erased.html",
        at=datetime.fromisoformat(certificate["erased_at"]),
        certificate=text,
        data=base64.b64encode(text.encode()).decode(),
    )
    response.delete_cookie(UNLOCK_COOKIE, path=f"/f/{visit.token}")
    return response


async def _file(request: Request, visit: Visit) -> Response:
    name = str(request.path_params["file"])
    if name not in _FILES:
        return broken(visit.context)
    if _FILES[name] and visit.patient_id is None:
        return RedirectResponse(visit.here, 303)
    return await to_thread.run_sync(_made, visit, name)


def _made(visit: Visit, name: str) -> Response:
    own = visit.own() if _FILES[name] else visit.this()
    if name.endswith(".json"):
        body = as_json(own, made_at=visit.context.records.clock())
        response = Response(body, media_type="application/json")
    else:
        response = visit.page("takeout.html", own=own)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
