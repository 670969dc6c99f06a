"""Every text that is asked for exists, and none is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from factory import adaptive
from jinja2 import Environment, nodes

from afterword import locales
from afterword.access.actors import Kind as Actors
from afterword.access.policy import NOTED
from afterword.deid.spans import Tag
from afterword.gateway.conversation import MENU
from afterword.gateway.intake import FORM_PAGE, PAGE
from afterword.gateway.takeout import PATIENTS_TERMS
from afterword.portal import guide, promoting
from afterword.portal.alerts import REASONS
from afterword.portal.privacy import DONE
from afterword.portal.review_inbox import NOTICES
from afterword.records import jobs, mails, people, registry
from afterword.records.accounts import ROLES
from afterword.records.alert_desk import FALSE_ALARM, OUTCOMES
from afterword.records.alerts import WENT_ON, Choice, Incident
from afterword.records.clinics import Details
from afterword.records.consents import Subject
from afterword.records.data_versions import Kind as Change
from afterword.records.factors import Kind as Factor
from afterword.records.misheard import Reason
from afterword.records.retention import Kept
from afterword.records.serving import Notice
from afterword.reflection.answers import AnswerState, ReflectionState, Sharing, Visibility
from afterword.reflection.signals import is_strain
from afterword.safety.clock import Act, AlertState
from afterword.safety.finding import Route, Tier
from afterword.safety.recipients import Kind
from afterword.screening.screener import LAYERS
from afterword.settings import PROJECT
from afterword.training import gates, labels, promotion, trainer
from afterword.training.changeset import Source, Trouble
from afterword.training.comparing import Trend
from afterword.training.telling import MEANINGS
from afterword.wording.checking import CODES
from afterword.wording.places import PARTS, Place

HOLE = "{}"
ENDED = ("shared", "private", "deleted")
DECISIONS = ("share", "ratings", "private")


def python(*rooms: str) -> list[Path]:
    return [
        path
        for room in rooms
        for path in sorted(
            [PROJECT / room] if room.endswith(".py") else (PROJECT / room).glob("*.py")
        )
    ]


TALKING = ("asides", "asking", "confirming", "correcting", "exchange", "tongues", "turns")
SOURCES = {
    "bot": python("actions", *(f"afterword/reflection/{name}.py" for name in TALKING)),
    "digest": python("afterword/reflection/digest.py", "afterword/reflection/signals.py"),
    "openers": python("afterword/reflection/signals.py"),
    "page": python("afterword/gateway", "afterword/records/consents.py"),
    "portal": python("afterword/portal", "afterword/training/telling.py", "afterword/rewording.py"),
    "safety": python("afterword/safety/replies.py", "afterword/gateway"),
    "mail": python("afterword/delivery", "afterword/records/mails.py"),
}
TEMPLATES = {
    "page": "afterword/gateway/templates",
    "safety": "afterword/gateway/templates",
    "portal": "afterword/portal/templates",
}
SAY = {"page": "say", "portal": "say", "safety": "tell"}
# Names of what is called with a key, and the place of the key among the arguments.
ASKS = {
    "bot": {"say": 0, "line": 0, "Line": 0},
    "digest": {"say": 0},
    "openers": {"Signal": 3},
    "page": {"say": 0, "catalogue": 0},
    "portal": {"say": 0},
    "safety": {"Line": 0, "tell": 0},
    "mail": {},
}
TIERS = [tier.word for tier in Tier if tier > Tier.NONE]
# What the records write down as having happened to an alert; tests/portal holds it to be all.
WRITTEN_DOWN = (
    *("raised", "more", "noted", "opened", "told", "nobody_told", "nobody_to_tell", "tier_raised"),
    *("reopened", "patient_chose", "patient_agreed", "patient_declined", "undelivered", *Act),
    *("delivery_failed", "acknowledged", "closed", "words_erased"),
)
# Keys that are put together: what stands in the hole.
FILLED: dict[str, dict[str, Iterable[str]]] = {
    "bot": {
        "done_{}": Sharing,
        "closed_{}": ENDED,
        "choice_{}": DECISIONS,
        "confirm_{}": DECISIONS,
        "words_{}": DECISIONS,
    },
    "digest": {
        "headline_{}": ("not_mine", "strain", "low", "below", "more_strain", "unsure", "declined"),
        "state_{}": set(AnswerState) - {AnswerState.ANSWERED},
    },
    "openers": {
        "goal_{}": ("not_mine", "unsure"),
        "strain_{}": ("withdrawal", "confrontation"),
        "low_{}": {
            item.construct
            for item in adaptive().items.values()
            if any(item.is_low(option.id) for option in item.options)
            # What is private reaches no clinician, so there is nothing to open with.
            and not (is_strain(item) or item.private)
        },
    },
    "page": {
        "{}": ("waking", "away"),
        "done_{}": ENDED,
        "done_{}_next": ENDED,
        "menu_{}": MENU,
        "refused_{}": ("empty", "long", "shape", "closed", "busy"),
        "embed_{}": ("open", "close", "title"),
        "form_{}": ("skip", "decline"),
        "mine_state_{}": ReflectionState,
        "mine_sees_{}": Visibility,
        "mine_keep_{}": PATIENTS_TERMS,
        "who_{}": set(Actors) - {Actors.STAFF},
        "did_{}": (*(action.code for action in NOTED), "denied", "other"),
        "consent_{}": Subject,
        "consent_{}_version": Subject,
    },
    "safety": {
        "choice_{}": ("go_on", "stop", "support", "help_now", "forward_yes", "forward_no"),
    },
    "mail": {},
    "portal": {
        "{}_heading": ("not_shared", "nothing_yet", "unfinished", "not_asked"),
        "{}_text": ("not_shared", "nothing_yet", "unfinished", "not_asked"),
        "mark_{}": (*("unread", "read", "not_shared", "nothing_yet", "unfinished", "not_asked"),),
        "error_{}_heading": ("403", "404", "413", "500", "503"),
        "error_{}_text": ("403", "404", "413", "500", "503"),
        "tier_{}": TIERS,
        "tag_{}": TIERS,
        "tag_chose_{}": Choice,
        "tag_state_{}": (*(set(AlertState) - {AlertState.SEALED}), WENT_ON),
        "alert_{}": (AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.CLOSED),
        "outcome_{}": (*OUTCOMES, FALSE_ALARM, WENT_ON),
        "reason_{}": REASONS,
        "event_{}": WRITTEN_DOWN,
        "mail_{}": (mails.WAITING, mails.SENT, mails.FAILED, mails.DROPPED),
        "contact_{}": Kind,
        "channel_{}": (PAGE, FORM_PAGE, "digest", Incident("", Route.DUTY, Tier.CHECK, "").channel),
        "safety_off_{}": LAYERS,
        "{}_title": ("code", "confirm"),
        "{}_hint": ("code", "confirm"),
        "{}_send": ("code", "confirm"),
        "passkey_{}_title": ("sign_in", "confirm", "add"),
        "passkey_{}_button": ("sign_in", "confirm", "add"),
        "factor_{}": Factor,
        "role_{}": ROLES,
        "people_refused_{}": ("role", "empty", "known", "own", "last"),
        "handover_refused_{}": ("not_shared", "days", "supervisor"),
        "emergency_refused_{}": ("reason", "unknown", "several", "yours"),
        "schedule_refused_{}": (
            *("name", "dates", "assigned", "clinician", "taken"),
            *("over", "not_over", "withdrawn", "begun"),
        ),
        "promoting_notice_{}": set(Notice) - {Notice.NONE},
        "promoting_step_{}": (*promotion.STEPS, "waits"),
        "promoting_failed_{}": promotion.CODES,
        "way_{}": guide.CODES,
        "way_{}_one": guide.COUNTED,
        "way_go_{}": set(guide.CODES) - {"nothing"},
        "promoting_refused_{}": promoting.REFUSED,
        "teach_{}": ("taken", "dropped", "noted", "moved", "withdrawn"),
        "teach_did_{}": Change,
        "teach_why_{}": Source,
        "teach_found_{}": Trouble,
        "teach_refused_{}": (
            *("text", "label", "same", "reason", "empty", "mend", "gone", "withdrawn"),
        ),
        "training_state_{}": jobs.State,
        "training_step_{}": trainer.STEPS,
        "training_failed_{}": trainer.CODES,
        "models_state_{}": registry.State,
        "compare_trend_{}": Trend,
        "meaning_{}": MEANINGS,
        "gate_{}": gates.CODES,
        "gate_{}_do": gates.CODES,
        "wording_{}": ("published", "taken_back", "as_shipped_already"),
        "wording_place_{}": Place,
        "wording_part_{}": (*PARTS, "option"),
        "wording_found_{}": CODES,
        "label_{}": labels.known(PROJECT),
        "language_{}": ("en", "es"),
        "gone_{}": Tag,
        "review_{}": NOTICES,
        "review_refused_{}": ("gone", "same_person", "label"),
        "review_reason_{}": Reason,
        "review_open_{}": ("review", "start"),
        "review_did_{}": (
            *("unclear", "unclear_again", "unclear_review", "asked_back", "stored", "not_open"),
            "acted",
        ),
        "clinic_{}": ("name", "phone", "urgent_phone", "website", "holidays"),
        "clinic_kind_{}": Kind,
        "clinic_kept_{}": Kept,
        "clinic_forward_{}": (people.ASK, people.ALWAYS),
        "clinic_missing_{}": (
            *("no_duty", "duty_is_clinician", "no_safeguarding", "safeguarding_is_clinician"),
            *("no_privacy", "hours_unreadable", "no_hours", "no_country"),
        ),
        "clinic_refused_{}": (
            *Details.__dataclass_fields__,
            *("holidays", "contact_kind", "contact_name", "contact_email"),
            *("alone", "alone_then", "account", "address"),
        ),
        "by_{}": set(Actors) - {Actors.STAFF},
        "did_{}": (*DONE, "other"),
        "pack_{}": adaptive().packs,
        "pack_{}_about": adaptive().packs,
    },
}


@cache
def keys(section: str) -> frozenset[str]:
    return frozenset(locales.load("en").keys(section))


def python_key(node: ast.expr) -> Iterator[str]:
    """The keys that an expression may stand for, with holes; nothing for a bare name."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from python_key(body)
            yield from python_key(orelse)
        case ast.Subscript(value=ast.Tuple(elts=elements)):
            for element in elements:
                yield from python_key(element)
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else HOLE for part in parts
            )


def template_key(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Const(value=str(text)):
            yield text
        case nodes.CondExpr():
            for inner in (node.expr1, node.expr2):
                if inner is not None:
                    yield from template_key(inner)
        case nodes.Mod(left=nodes.Const(value=str(text))):
            yield text.replace("%s", HOLE)
        case nodes.Add(left=nodes.Const(value=str(text))):
            yield f"{text}{HOLE}"


@cache
def trees(section: str) -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES[section])


@cache
def templates(section: str) -> tuple[nodes.Template, ...]:
    if section not in TEMPLATES:
        return ()
    found = sorted((PROJECT / TEMPLATES[section]).rglob("*.html"))
    assert found
    return tuple(Environment().parse(path.read_text(encoding="utf-8")) for path in found)


@cache
def asked(section: str) -> frozenset[str]:
    """All that code asks of a section, with holes."""
    found: set[str] = set()
    for tree in trees(section):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            at = ASKS[section].get(name)
            if at is not None and len(call.args) > at:
                found.update(python_key(call.args[at]))
    for template in templates(section):
        for call in template.find_all(nodes.Call):
            if getattr(call.node, "name", "") == SAY[section]:
                found.update(template_key(call.args[0]))
    return frozenset(key.removeprefix(f"{section}.") for key in found)


@cache
def mentioned(section: str) -> frozenset[str]:
    """All texts in the code, with holes: keys are also handed on by name."""
    texts = {
        text
        for tree in trees(section)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr)
        for text in python_key(node)
    }
    for template in templates(section):
        texts |= {str(one.value) for one in template.find_all(nodes.Const)}
    return frozenset(text.removeprefix(f"{section}.") for text in texts)


def filled(section: str, pattern: str) -> set[str]:
    return {pattern.replace(HOLE, str(value)) for value in FILLED[section][pattern]}


@pytest.mark.parametrize("section", SOURCES)
def test_every_text_that_is_asked_for_exists(section: str) -> None:
    whole = {key for key in asked(section) if HOLE not in key}
    assert whole or section in ("openers", "mail")
    assert whole - {""} <= keys(section)
    patterns = asked(section) - whole
    assert patterns <= FILLED[section].keys(), "say above what stands in the hole"
    for pattern in FILLED[section]:
        assert filled(section, pattern) <= keys(section)


@pytest.mark.parametrize("section", SOURCES)
def test_no_text_is_left_over(section: str) -> None:
    put_together = set[str]()
    for pattern in FILLED[section]:
        put_together |= filled(section, pattern)
    assert keys(section) - asked(section) - mentioned(section) - put_together == set()


@pytest.mark.parametrize("section", SOURCES)
def test_no_filling_is_left_over(section: str) -> None:
    assert FILLED[section].keys() <= asked(section) | mentioned(section)


def test_every_section_belongs_to_someone() -> None:
    texts = locales.load("en").texts
    assert {key.partition(".")[0] for key in texts} == SOURCES.keys()
