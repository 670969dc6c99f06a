"""Each route, called as each kind of caller: what the tables say must come, and what came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import httpx
from starlette.routing import Mount, Route

from afterword.access.policy import NOTED, Action, Relation
from afterword.access.routes import Caller, Key, Row
from afterword.records.access_models import AuditRow
from afterword.wording.places import address_of

from .world import (
    CONCERN,
    DANGER,
    GUESSED,
    OTHER,
    PRIVATE,
    SHARED,
    UNTREATED,
    Browser,
    Persona,
    World,
)

Rules = Mapping[Action, frozenset[Relation]]
CANARIES = (SHARED, PRIVATE, DANGER, CONCERN, OTHER)
REST = ("GET", "/portal/{rest:path}")
_THINGS = {
    "{appointment_id}": ("appointment",),
    "{patient_id}": ("patient",),
    "{handover_id}": ("handover",),
    "{alert_id}": ("alert", "concern"),
    "{staff_id}": ("staff",),
    "{job_id}": ("job",),
    "{name}": ("model",),
}
"""What a parameter of a path may name in the world."""
_HELD_AT = {"staff": "clinic", "job": "clinic", "model": "clinic"}
"""How one stands to these is how one stands to the clinic."""
_REASON = "Found at the station, not to be spoken to."
_A_TEXT = (("language", "en"), ("text", address_of("bot.skipped")))
_NEW_WORDS = {"text": "You skipped this one"}
_FORMS: dict[str, dict[str, str]] = {
    "/portal/appointments/{appointment_id}/read": {"reflection": "reflection"},
    "/portal/appointments/{appointment_id}/handover": {"to": "sue", "days": "7"},
    "/portal/appointments/{appointment_id}/handover/end": {"to": "sue"},
    "/portal/emergency": {"name": UNTREATED, "reason": _REASON},
    "/portal/safety/{alert_id}/close": {"outcome": "reached"},
    "/portal/admin/patients": {"name": "New Patient", "language": "en"},
    "/portal/admin/patients/{patient_id}/assign": {"staff": "staff", "from": "2026-01-01"},
    "/portal/admin/patients/{patient_id}/book": {"staff": "staff", "at": "2030-01-01T10:00"},
    "/portal/admin/patients/{patient_id}/end": {"staff": "staff"},
    "/portal/admin/patients/{patient_id}/cancel": {"appointment": "appointment"},
    "/portal/admin/patients/{patient_id}/link": {"appointment": "appointment"},
    "/portal/admin/clinic/details": {
        "name": "Harbour Clinic",
        "timezone": "Europe/London",
        "country": "gb-eng",
        "phone": "020 7946 0100",
        "urgent_phone": "020 7946 0101",
        "urgent_text": "Call us.",
        "forward_concerns": "ask",
    },
    "/portal/admin/clinic/hours": {"mon": "9-17"},
    "/portal/admin/clinic/contact": {
        "contact_kind": "duty",
        "contact_name": "New",
        "contact_email": "new@clinic.example",
    },
    "/portal/admin/clinic/remove": {"contact": "contact"},
    "/portal/admin/people/invite": {"name": "New", "email": "new@clinic.example", "role": "admin"},
    "/portal/admin/people/{staff_id}/role": {"role": "supervisor"},
    "/portal/admin/teach/add": {"language": "en", "label": "stop", "text": "no more of it"},
    "/portal/admin/teach/move": {
        **{"language": "en", "text": "who sees this", "was": "ask_who_sees"},
        "label": "stop",
    },
    "/portal/admin/teach/remove": {"language": "en", "text": "help me", "was": "help"},
    "/portal/admin/teach/drop": {"change": "change"},
    "/portal/admin/teach/withdraw": {"version": "version"},
    "/portal/admin/teach/close": {"reason": "More ways to stop."},
    "/portal/admin/teach/train": {"version": "version"},
    "/portal/admin/training/cancel": {"job": "job"},
    "/portal/admin/wording/{language}/{text}/check": _NEW_WORDS,
    "/portal/admin/wording/{language}/{text}/publish": _NEW_WORDS,
    "/portal/admin/wording/{language}/{text}/back": _NEW_WORDS,
    "/portal/admin/models/promote": {"model": "0123456789abcdef"},
}
"""What makes a form one that is taken; a value that names a thing of the world is its id."""
_EMPTY_FORMS = {("GET", "/portal/emergency")}
"""A form in which nothing of anybody stands: it leaves no row."""


class Outcome(StrEnum):
    LET_IN = "let in"
    NONE = "the page for what does not exist"
    SIGN_IN = "sent to sign-in"
    CONFIRM = "asked for the second factor"


@dataclass(frozen=True)
class Cell:
    """One call: `thing` is what the path names; `held` is how the caller stands to it."""

    key: Key
    path: str
    thing: str
    persona: Persona
    stale: bool = False

    @property
    def name(self) -> str:
        late = ", second factor long ago" if self.stale else ""
        return f"{' '.join(self.key)} ({self.thing or 'no object'}) as {self.persona.name}{late}"

    @property
    def held(self) -> frozenset[Relation]:
        return self.persona.held.get(_HELD_AT.get(self.thing, self.thing), frozenset())


@dataclass(frozen=True)
class Answer:
    """What came of a call: the outcome, and the rows that it left in the audit."""

    outcome: Outcome | int
    rows: tuple[tuple[str, str, str], ...]
    """Outcome, action and kind of object of each row, of this caller."""
    leaked: tuple[str, ...]


def keys_of(app: Any) -> set[Key]:
    """Method and path of all that the process answers."""
    found = set()
    for route in app.routes:
        if isinstance(route, Mount):
            found.add(("*", route.path))
        elif isinstance(route, Route):
            found |= {(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
    return found


def cells(world: World, keys: set[Key], rows: Mapping[Key, Row]) -> Iterator[Cell]:
    """Every route x every object x every caller; once also with a second factor of long ago."""
    for key in sorted(keys):
        parameter = next((one for one in _THINGS if one in key[1]), "")
        for thing in _THINGS.get(parameter, ("",)):
            let_in = False
            for persona in world.personas:
                cell = Cell(key, _path(world, key[1], parameter, thing, persona), thing, persona)
                yield cell
                if not let_in and persona.stale and persona.callers & rows[key].callers:
                    let_in = True
                    yield replace(cell, stale=True)


def _path(world: World, path: str, parameter: str, thing: str, persona: Persona) -> str:
    if parameter:
        path = path.replace(parameter, world.ids[thing])
    link = persona.link or GUESSED
    if path.startswith("/portal"):
        link = world.ids[f"staff link {persona.name}"]
    named = (("token", link), ("rest:path", "no/such"), ("file", "reflection.json"))
    for name, value in (*named, *_A_TEXT):
        path = path.replace(f"{{{name}}}", value)
    return f"{path}/portal.css" if path == "/portal/static" else path


def expected(cell: Cell, row: Row, rules: Rules) -> Outcome:
    """What the tables say, and nothing else."""
    who = cell.persona
    if Caller.ANYONE in row.callers:
        return Outcome.LET_IN
    if Caller.LINK in row.callers:
        # What more can be done there with a code is asked at each thing.
        first = not rules[row.actions[0]].isdisjoint(who.held.get("link", frozenset()))
        return _if(bool(who.link) and first)
    known = who.callers - {Caller.LINK}
    if not known or (Caller.INVITED in known) != (Caller.INVITED in row.callers):
        return Outcome.SIGN_IN
    if known.isdisjoint(row.callers) or cell.key == REST:
        return Outcome.NONE
    if row.fresh and cell.stale:
        return Outcome.CONFIRM
    return _if(_all(row, rules, cell.held))


def _all(row: Row, rules: Rules, held: frozenset[Relation]) -> bool:
    return all(not rules[action].isdisjoint(held) for action in row.actions)


def _if(allowed: bool) -> Outcome:
    return Outcome.LET_IN if allowed else Outcome.NONE


def call(world: World, browser: Browser, cell: Cell) -> Answer:
    """Calls; what a call that was let in has changed is undone."""
    before = max((one.seq for one in world.audit()), default=0)
    form = {name: world.ids.get(value, value) for name, value in _form(cell).items()}
    method = "GET" if cell.key[0] == "*" else cell.key[0]
    response = browser(method, cell.path, cell.persona, form, stale=cell.stale)
    answer = Answer(
        _outcome(response),
        tuple(_row(one) for one in world.audit(before) if one.actor_id == cell.persona.staff_id),
        tuple(one for one in CANARIES if one in response.text),
    )
    if answer.outcome is Outcome.LET_IN:
        world.restore()
    return answer


def _form(cell: Cell) -> dict[str, str]:
    return _FORMS.get(cell.key[1], {})


def _row(one: AuditRow) -> tuple[str, str, str]:
    return one.outcome, one.action, one.object_kind


def _outcome(response: httpx.Response) -> Outcome | int:
    to = response.headers.get("location", "")
    if response.status_code == 404:
        return Outcome.NONE
    if to.startswith("/portal/sign-in?next="):
        return Outcome.SIGN_IN
    if to.startswith("/portal/confirm?next="):
        return Outcome.CONFIRM
    if response.status_code in {401, 403, 405, 413, 429} or response.status_code >= 500:
        return response.status_code
    return Outcome.LET_IN


def problems(cell: Cell, row: Row, rules: Rules, got: Answer) -> Iterator[str]:
    """How a call went another way than the tables say; none where it went that way."""
    want = expected(cell, row, rules)
    if got.outcome != want:
        yield f"{cell.name}: {want} was expected, {got.outcome} came"
        return
    if want is not Outcome.LET_IN and got.leaked:
        yield f"{cell.name}: shows {', '.join(got.leaked)}"
    if PRIVATE in got.leaked:
        yield f"{cell.name}: shows what was kept private"
    if Caller.STAFF in cell.persona.callers and Caller.LINK not in row.callers:
        yield from _audit_problems(cell, row, want, got)


def _audit_problems(cell: Cell, row: Row, want: Outcome, got: Answer) -> Iterator[str]:
    """What was let in leaves its rows, what was refused one: at the page, or at the object."""
    left = {(outcome, action) for outcome, action, _ in got.rows}
    if want is Outcome.LET_IN:
        for action in row.actions:
            noted = action in NOTED and cell.key not in _EMPTY_FORMS
            if noted and ("allowed", action.code) not in left:
                yield f"{cell.name}: no row of the audit on {action}"
    elif want is Outcome.NONE and row.actions:
        kinds = {kind for outcome, _, kind in got.rows if outcome == "denied"}
        at_page = cell.persona.callers.isdisjoint(row.callers)
        if not kinds or at_page != ("page" in kinds):
            yield f"{cell.name}: the refusal is not in the audit as it should be, but as {kinds}"
