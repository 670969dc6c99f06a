"""Each rule and each row is needed: taken away or widened, some call goes another way.

The process runs with the changed table; what is expected is computed from the true one. Only what
a change can touch is called. For a rule these are the functions of the records that ask for it, as
each kind of actor and without HTTP; for a row the calls of its own path, up to the first that goes
another way. So some hundred changes take seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from afterword.access import policy, routes
from afterword.access.actors import NOBODY, PROCESS, Actor
from afterword.access.policy import RULES, Action, Denied, Relation
from afterword.access.routes import ROUTES, Caller, Key, Row
from afterword.records import (
    accounts,
    alert_desk,
    alert_facts,
    alert_sheet,
    audit,
    contacts,
    data_versions,
    digests,
    erasure,
    glass,
    handovers,
    history,
    reflections,
    registry,
    rights,
    serving,
    wordings,
)
from afterword.records.doors import door
from afterword.records.store import Tx

from .matrix import REST, Cell, call, cells, keys_of, problems
from .world import UNTREATED, Browser, World

TRUE_RULES, TRUE_ROWS = dict(RULES), dict(ROUTES)
CONTACTS = frozenset({Relation.DUTY, Relation.SAFEGUARDING})
NARROW = {Action.READ_LIST, Action.READ_ALERT, Action.ANSWER_ALERT, Action.COUNT_ALERTS}
"""There one stands in a relation that the rule names, or in none: whose own list it is, and who is
told of alerts, is decided before the rule is asked."""
NONE: frozenset[Relation] = frozenset()
Probe = Callable[[Tx, World, str], object]


@door(Action.LABEL, of="patient_id")
def _label(_tx: Tx, patient_id: str) -> None:
    """Stands for what annotators will have: no function of the records asks for it yet."""


@dataclass(frozen=True)
class Asked:
    """One function of the records that asks for a rule, and at which thing of the world.

    `only`: relations that count there, where the function has one for each.
    """

    action: Action
    thing: str
    call: Probe
    only: frozenset[Relation] = frozenset(Relation)


ASKED = (
    Asked(Action.READ_OWN, "open", lambda tx, world, _: reflections.by_id(tx, world.ids["open"])),
    Asked(Action.ANSWER, "open", lambda tx, world, _: reflections.begin(tx, world.ids["open"])),
    Asked(Action.SCREEN, "open", lambda tx, world, _: alert_facts.about(tx, world.ids["open"])),
    Asked(
        Action.READ_ALL_OWN,
        "patient",
        lambda tx, world, _: rights.everything(tx, world.ids["patient"]),
    ),
    Asked(
        Action.READ_LIST,
        "",
        lambda tx, _, who: digests.appointments_between(tx, who, tx.now, tx.now),
        frozenset({Relation.SELF}),
    ),
    Asked(
        Action.READ_DIGEST,
        "appointment",
        lambda tx, world, who: digests.digest_source(tx, who, world.ids["appointment"]),
    ),
    Asked(
        Action.CONFIRM_DIGEST,
        "appointment",
        lambda tx, world, who: digests.mark_read(
            tx, who, world.ids["appointment"], world.ids["reflection"]
        ),
    ),
    Asked(
        Action.CHOOSE_PACKS,
        "patient",
        lambda tx, world, _: history.packs_of(tx, world.ids["patient"]),
    ),
    Asked(
        Action.HAND_OVER,
        "reflection",
        lambda tx, world, who: handovers.take_back(
            tx, who, world.ids["reflection"], to_staff_id=""
        ),
    ),
    Asked(
        Action.READ_HANDED_OVER,
        "handover",
        lambda tx, world, who: handovers.source_of(tx, who, world.ids["handover"]),
    ),
    Asked(
        Action.BREAK_GLASS,
        "clinic",
        lambda tx, _, who: glass.break_glass(
            tx, who, name=UNTREATED, reason="Found at the station."
        ),
    ),
    *(
        Asked(
            action,
            thing,
            lambda tx, world, who, f=f, t=thing: f(tx, who, world.ids[t]),  # type: ignore[misc]
            CONTACTS,
        )
        for action, f in (
            (Action.READ_ALERT, alert_desk.one_for),
            (Action.ANSWER_ALERT, alert_desk.acknowledge),
        )
        for thing in ("alert", "concern")
    ),
    *(
        Asked(
            Action.COUNT_ALERTS,
            "counts",
            lambda tx, world, _, apart=apart: alert_sheet.monthly(  # type: ignore[misc]
                tx, world.ids["clinic"], date(2026, 1, 1), apart=apart
            ),
            frozenset({relation}),
        )
        for apart, relation in ((False, Relation.DUTY), (True, Relation.SAFEGUARDING))
    ),
    Asked(
        Action.MANAGE_PEOPLE,
        "clinic",
        lambda tx, world, _: accounts.members(tx, world.ids["clinic"]),
    ),
    Asked(
        Action.MANAGE_CLINIC,
        "clinic",
        lambda tx, world, _: contacts.of_clinic(tx, world.ids["clinic"]),
    ),
    Asked(
        Action.ERASE_PATIENT,
        "patient",
        lambda tx, world, _: erasure.erase(tx, world.ids["patient"]),
    ),
    Asked(
        Action.EXPORT_PATIENT,
        "patient",
        lambda tx, world, _: rights.export_for(tx, world.ids["patient"]),
    ),
    Asked(
        Action.READ_AUDIT, "clinic", lambda tx, world, _: audit.of_clinic(tx, world.ids["clinic"])
    ),
    Asked(Action.LABEL, "patient", lambda tx, world, _: _label(tx, world.ids["patient"])),
    Asked(Action.READ_MODELS, "clinic", lambda tx, _world, _: registry.models(tx)),
    Asked(
        Action.TEACH, "clinic", lambda tx, world, _: data_versions.draft(tx, world.ids["clinic"])
    ),
    Asked(
        Action.READ_WORDING,
        "clinic",
        lambda tx, world, _: wordings.changes(tx, world.ids["clinic"]),
    ),
    Asked(
        Action.EDIT_WORDING,
        "clinic",
        lambda tx, world, _: wordings.change(
            tx, world.ids["clinic"], language="en", key="bot.skipped", text="Left out"
        ),
    ),
    Asked(
        Action.PROMOTE,
        "clinic",
        lambda tx, _world, _: serving.ask_promotion(tx, "0" * 16, None),
    ),
    Asked(Action.CARRY, "clinic", lambda tx, _world, _: audit.head(tx)),
)


@dataclass(frozen=True)
class Who:
    name: str
    actor: Actor
    held: frozenset[Relation]


class Undo(Exception):
    """Takes back what a function has done."""


def everybody(world: World, asked: Asked) -> Iterator[Who]:
    """Each kind of actor, and how they stand to the thing."""
    for one in world.personas:
        if one.stale:
            thing = "appointment" if asked.thing == "open" else asked.thing
            yield Who(one.name, one.actor, one.held[thing] & asked.only)
    robins = asked.thing in {"open", "patient", "appointment", "reflection", "handover"}
    yield Who("process", PROCESS, frozenset({Relation.PROCESS}) & asked.only)
    yield Who("operator", Actor.operator("test"), frozenset({Relation.OPERATOR}) & asked.only)
    yield Who("nobody", NOBODY, NONE)
    for name, key in (("robin", world.ids["patient"]), ("somebody else", "0" * 32)):
        held = frozenset({Relation.PATIENT}) if robins and name == "robin" else NONE
        yield Who(f"patient {name}", Actor.patient(key), held)
    # A link reaches its own reflection, and of the patient what is seen in it.
    reached = asked.thing in {"open", "patient"}
    link = frozenset({Relation.LINK}) if reached else NONE
    yield Who("link of robin", Actor.link(world.ids["open"]), link)
    yield Who("another link", Actor.link(world.ids["other"]), NONE)


def is_let_in(world: World, asked: Asked, who: Who) -> bool:
    try:
        with world.records.begin(by=who.actor) as tx:
            asked.call(tx, world, who.actor.id)
            raise Undo
    except Undo:
        return True
    except Denied:
        return False
    except Exception:
        # Behind the door: the function itself cannot do it for them.
        return True


def differences(world: World, action: Action) -> list[str]:
    """Where what happens is not what the true rules say."""
    return [
        f"{action} at {asked.thing} as {who.name}"
        for asked in ASKED
        if asked.action is action
        for who in everybody(world, asked)
        if is_let_in(world, asked, who) != (not TRUE_RULES[action].isdisjoint(who.held))
    ]


def widenings(world: World, action: Action) -> set[Relation]:
    """Relations in which somebody stands whom the rule keeps out."""
    return {
        relation
        for asked in ASKED
        if asked.action is action
        for who in everybody(world, asked)
        if TRUE_RULES[action].isdisjoint(who.held)
        for relation in who.held
    }


def test_each_rule_is_asked_by_a_function_of_the_records() -> None:
    assert {asked.action for asked in ASKED} == set(RULES)


@pytest.mark.parametrize("action", RULES, ids=lambda action: action.code)
def test_every_function_lets_in_whom_its_rule_names(world: World, action: Action) -> None:
    world.restore()
    assert differences(world, action) == []


@pytest.mark.parametrize("action", RULES, ids=lambda action: action.code)
def test_no_rule_can_lose_or_gain_a_relation_unseen(
    world: World, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.restore()
    unseen = []
    more = widenings(world, action)
    for relation in (*TRUE_RULES[action], *more):
        changed = TRUE_RULES[action] ^ {relation}
        monkeypatch.setitem(policy.RULES, action, changed)  # type: ignore[arg-type]
        if not differences(world, action):
            unseen.append(relation)
    assert bool(more) != (action in NARROW)
    assert not unseen


def changes(key: Key) -> Iterator[tuple[str, Row]]:
    """The row without each of its callers; for more of the staff; with and without `fresh`.

    A row for a link, for those invited or for anyone cannot be widened: without a link or an
    invitation nothing stands behind it, and more than anyone is nobody.
    """
    row = TRUE_ROWS[key]
    if key == REST:
        # Nothing stands behind it for anybody.
        return
    for caller in row.callers:
        yield f"without {caller}", replace(row, callers=row.callers - {caller})
    if row.callers & {Caller.ANYONE, Caller.LINK, Caller.INVITED}:
        return
    yield "asking the other way for the second factor", replace(row, fresh=not row.fresh)
    if Caller.STAFF not in row.callers:
        yield "for all staff", replace(row, callers=row.callers | {Caller.STAFF})


def touched(world: World, key: Key, row: Row) -> list[Cell]:
    """Calls of the path by those who come in by one of the two rows and not by the other."""
    true = TRUE_ROWS[key]
    changed = true.callers ^ row.callers
    found = list(cells(world, {key}, TRUE_ROWS))
    if not changed:
        return [cell for cell in found if cell.stale]
    for_all = Caller.ANYONE in changed
    return [cell for cell in found if for_all or cell.persona.callers & changed]


def test_no_row_can_lose_or_gain_a_caller_unseen(
    world: World,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    unseen, count = [], 0
    for key in sorted(keys_of(world.app)):
        for name, row in changes(key):
            count += 1
            with monkeypatch.context() as patched:
                patched.setitem(routes.ROUTES, key, row)  # type: ignore[arg-type]
                seen = any(
                    list(problems(cell, TRUE_ROWS[key], TRUE_RULES, call(world, browser, cell)))
                    for cell in touched(world, key, row)
                )
            if not seen:
                unseen.append(f"{' '.join(key)} {name}")
    with capsys.disabled():
        print(f"\n{count} changes of rows")
    assert not unseen, "\n".join(unseen)
