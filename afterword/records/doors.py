"""The doors of this room: each function that others call says which rule of the policy it needs.

`door` asks the policy about one patient's thing and leaves a row in the audit; `for_processes` is
for what only our own processes do; `unguarded` says why no rule is needed. A test finds the
functions that say nothing.
"""

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from afterword.access.actors import Actor, Kind
from afterword.access.policy import NOTED, Action, Denied, Relation, may
from afterword.records import relations, trail
from afterword.records.store import Tx

P = ParamSpec("P")
R = TypeVar("R")
Guarded = Callable[Concatenate[Tx, P], R]
_KINDS = {
    "patient_id": "patient",
    "appointment_id": "appointment",
    "reflection_id": "reflection",
    "incident.reflection_id": "reflection",
    "reflection.id": "reflection",
    "inbox_id": "message",
    "alert_id": "alert",
    "handover_id": "handover",
    "clinic_id": "clinic",
    "staff_id": "staff",
    "contact_id": "contact",
    "draft_id": "version",
    "version_id": "version",
}
_ID = re.compile(r"[0-9a-f]{32}")
_STAFF = "staff_id"


def door(action: Action, of: str) -> Callable[[Guarded[P, R]], Guarded[P, R]]:
    """Guards a function by a rule; `of` is its parameter that names the thing, by id.

    A parameter `staff_id` has to be who acts. Raises Denied, alike for what is not there.
    """
    kind = _KINDS[of]

    def decorate(function: Guarded[P, R]) -> Guarded[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def guarded(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> R:
            if not tx.doors:
                given = signature.bind(tx, *args, **kwargs).arguments
                _pass(tx, action, kind, str(_named(given, of)), given.get(_STAFF))
            return _inside(tx, function, *args, **kwargs)

        return _mark(guarded, f"{action.code} of {kind}")

    return decorate


def own_only(action: Action) -> Callable[[Guarded[P, R]], Guarded[P, R]]:
    """Guards what somebody may see of themselves only: `staff_id` has to be who acts."""

    def decorate(function: Guarded[P, R]) -> Guarded[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def guarded(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> R:
            staff_id = signature.bind(tx, *args, **kwargs).arguments[_STAFF]
            own = tx.actor == Actor.staff(staff_id)
            held = frozenset({Relation.SELF}) if own else frozenset[Relation]()
            decide(tx, action, held, kind="staff", key=staff_id, patient_id=None)
            return _inside(tx, function, *args, **kwargs)

        return _mark(guarded, f"{action.code} of staff")

    return decorate


def by_admin(action: Action, *of: str) -> Callable[[Guarded[P, R]], Guarded[P, R]]:
    """Guards what admins and the command line do to a clinic's people and settings.

    `of` are the parameters that name, by id, whose clinic it is: for an admin all have to be of
    their own. Without any it is about all clinics, and no admin may. Raises Denied.
    """

    def decorate(function: Guarded[P, R]) -> Guarded[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def guarded(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> R:
            if not tx.doors:
                given = signature.bind(tx, *args, **kwargs).arguments
                _manage(tx, action, [(_KINDS[name], str(given[name])) for name in of])
            return _inside(tx, function, *args, **kwargs)

        return _mark(guarded, f"{action.code} of clinic")

    return decorate


def for_all_clinics(action: Action) -> Callable[[Guarded[P, R]], Guarded[P, R]]:
    """Guards what the clinics of one installation share, as its models.

    An admin may where theirs is the only clinic; the command line always. Raises Denied.
    """

    def decorate(function: Guarded[P, R]) -> Guarded[P, R]:
        @functools.wraps(function)
        def guarded(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> R:
            if not tx.doors:
                _manage(tx, action, [("clinic", key) for key in relations.clinics(tx)])
            return _inside(tx, function, *args, **kwargs)

        return _mark(guarded, f"{action.code} of all clinics")

    return decorate


def for_processes(function: Guarded[P, R]) -> Guarded[P, R]:
    """Guards what only the worker, the assistant's actions and the command line do."""

    @functools.wraps(function)
    def guarded(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> R:
        if not tx.doors:
            held = relations.to_clinic(tx, relations.clinic_of(tx, "staff", tx.actor.id))
            decide(tx, Action.CARRY, held, kind="process", key="", patient_id=None)
        return _inside(tx, function, *args, **kwargs)

    return _mark(guarded, "processes")


def unguarded(why: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Says why a function needs no rule: it decides itself, or holds nothing of a patient."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        return _mark(function, f"none: {why}")

    return decorate


def rule_of(function: Callable[..., Any]) -> str | None:
    """What a function says of itself; None when it says nothing."""
    found: str | None = getattr(function, "__door__", None)
    return found


def decide(
    tx: Tx,
    action: Action,
    held: frozenset[Relation],
    *,
    kind: str,
    key: str,
    patient_id: str | None,
) -> None:
    """Asks the policy where the relation was found elsewhere; notes it, or raises Denied."""
    if not may(action, held):
        raise Denied(action, kind, _safe(key), patient_id)
    if action in NOTED and tx.actor.kind is not Kind.PROCESS:
        tx.note(action.code, trail.ALLOWED, kind, key, patient_id)


def _pass(tx: Tx, action: Action, kind: str, key: str, staff_id: object) -> None:
    short = _without_looking(tx, kind, key)
    if short is not None:
        decide(tx, action, short, kind=kind, key=key, patient_id=None)
        return
    thing = relations.find(tx, kind, key)
    held = relations.to(tx, thing) if thing is not None and _acts(tx, staff_id) else frozenset()
    owner = None if thing is None else thing.patient_id
    decide(tx, action, held, kind=kind, key=key, patient_id=owner)


def _manage(tx: Tx, action: Action, things: Sequence[tuple[str, str]]) -> None:
    clinics = {relations.clinic_of(tx, *thing) for thing in things}
    held = relations.to_clinic(tx, clinics.pop() if len(clinics) == 1 else None)
    kind, key = things[0] if things else ("clinic", "")
    owner = key if kind == "patient" and held else None
    decide(tx, action, held, kind=kind, key=key, patient_id=owner)


def _without_looking(tx: Tx, kind: str, key: str) -> frozenset[Relation] | None:
    """Relations that need no query: this is asked at every poll and every turn."""
    if tx.actor.kind is Kind.PROCESS:
        return frozenset({Relation.PROCESS})
    # The link itself was looked up in this reflection.
    if tx.actor.kind is Kind.LINK and kind == "reflection" and key == tx.actor.id:
        return frozenset({Relation.LINK})
    return None


def _inside(tx: Tx, function: Guarded[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a function that was let in: what it calls in this room is not asked again."""
    tx.doors.append(function.__name__)
    try:
        return function(tx, *args, **kwargs)
    finally:
        tx.doors.pop()


def _named(given: Mapping[str, Any], of: str) -> Any:
    parameter, _, attribute = of.partition(".")
    return getattr(given[parameter], attribute) if attribute else given[parameter]


def _acts(tx: Tx, staff_id: object) -> bool:
    return staff_id is None or tx.actor.kind is not Kind.STAFF or staff_id == tx.actor.id


def _safe(key: str) -> str:
    """What was asked for, if it is an id: anything else may be words."""
    return key if _ID.fullmatch(key) else ""


def _mark(function: Callable[..., R], rule: str) -> Callable[..., R]:
    function.__door__ = rule  # type: ignore[attr-defined]
    return function
