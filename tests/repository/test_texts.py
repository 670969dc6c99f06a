"""Every text that is asked for exists, none is left over, and patients can read theirs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from factory import core
from jinja2 import Environment, nodes

from afterword import locales
from afterword.gateway.conversation import MENU
from afterword.gateway.intake import FORM_PAGE, PAGE
from afterword.portal.alerts import REASONS
from afterword.records import mails
from afterword.records.alert_desk import FALSE_ALARM, OUTCOMES
from afterword.records.alerts import WENT_ON, Choice, Incident
from afterword.reflection.answers import AnswerState, Sharing
from afterword.reflection.signals import is_strain
from afterword.safety.clock import Act, AlertState
from afterword.safety.finding import Route, Tier
from afterword.safety.recipients import Kind
from afterword.screening.screener import LAYERS
from afterword.settings import PROJECT

LANGUAGES = locales.languages()
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


SOURCES = {
    "bot": python("actions", "afterword/reflection/asking.py", "afterword/reflection/turns.py"),
    "digest": python("afterword/reflection/digest.py", "afterword/reflection/signals.py"),
    "openers": python("afterword/reflection/signals.py"),
    "page": python("afterword/gateway"),
    "portal": python("afterword/portal"),
    "safety": python("afterword/safety/replies.py", "afterword/gateway"),
    "mail": python("afterword/delivery", "afterword/records/mails.py"),
}
# Languages of which only some sections are written: what is said when words may mean danger is
# said in the language of the words.
PARTIAL = {"es": {"safety"}}
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
            item.construct for item in core().items.values() if item.low and not is_strain(item)
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
    },
    "safety": {
        "choice_{}": ("go_on", "stop", "support", "help_now", "forward_yes", "forward_no"),
    },
    "mail": {},
    "portal": {
        "{}_heading": ("not_shared", "nothing_yet", "unfinished", "not_asked"),
        "{}_text": ("not_shared", "nothing_yet", "unfinished", "not_asked"),
        "mark_{}": (*("unread", "read", "not_shared", "nothing_yet", "unfinished", "not_asked"),),
        "error_{}_heading": ("403", "404", "500", "503"),
        "error_{}_text": ("403", "404", "500", "503"),
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_names_in_braces(language: str) -> None:
    here, english = locales.load(language).texts, dict(locales.load("en").texts)
    if language in PARTIAL:
        english = {
            key: text for key, text in english.items() if key.partition(".")[0] in PARTIAL[language]
        }
    braces = re.compile(r"\{(\w+)\}")
    assert {key: set(braces.findall(text)) for key, text in here.items()} == {
        key: set(braces.findall(text)) for key, text in english.items()
    }


# What patients read. Typed words and lists of months are not read as sentences.
NOT_READ = re.compile(r"bot\.(words_\w+|as_is)|page\.(months|date|progress)")
EASY = 6.0
FEWEST_WORDS = 6


def read_by_patients() -> dict[str, str]:
    texts = {
        key: text
        for key, text in locales.load("en").texts.items()
        if key.startswith(("bot.", "page.", "safety.")) and not NOT_READ.fullmatch(key)
    }
    for name, item in core().items.items():
        for part in ("label", "ask", "again", "why"):
            texts[f"{name}.{part}"] = getattr(item, part)["en"]
        for option in item.options:
            texts[f"{name}.{option.id}"] = option.label["en"]
    return texts


PATIENT_TEXTS = read_by_patients()


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e, es or ed at the end."""
    word = word.casefold().removesuffix("'s").replace("every", "evry")
    if re.search(r"[^td]ed$|[^aeioulscxgz]es$", word):
        word = word[:-2]
    elif re.search(r"[^aeioul]e$|[aeiou]le$", word):
        word = word[:-1]
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def grade(text: str) -> float:
    """The Flesch-Kincaid grade; names and numbers in braces count as short words."""
    plain = re.sub(r"\{\w+\}|\d+", "Kim", text).replace("’", "'")
    words = re.findall(r"[A-Za-z]+(?:'[a-z]+)?", plain)
    sentences = [part for part in re.split(r"[.!?:]+(?:\s|$)", plain) if re.search(r"\w", part)]
    if len(words) < FEWEST_WORDS:
        return 0.0
    per_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * per_word - 15.59


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("see", 1), ("people", 2), ("computer", 3), ("shared", 1), ("minutes", 2), ("goes", 1)),
        *(("answered", 2), ("wanted", 2), ("something", 3), ("yes", 1), ("the", 1), ("while", 1)),
        *(("little", 2), ("clinic", 2), ("session", 2), ("anything", 3), ("everything", 3)),
    ],
)
def test_syllables_are_counted_about_right(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= (1 if word in {"something"} else 0)


def test_hard_texts_would_be_found() -> None:
    hard = "Your therapeutic relationship is evaluated confidentially and individually."
    assert grade(hard) > 12 > EASY
    assert grade("You can skip any question that you do not like.") < EASY


@pytest.mark.parametrize("key", PATIENT_TEXTS)
def test_a_patient_can_read_it_easily(key: str) -> None:
    assert grade(PATIENT_TEXTS[key]) <= EASY, PATIENT_TEXTS[key]


PRAISE = re.compile(
    r"\b(great|awesome|amazing|wonderful|excellent|fantastic|brilliant|well done|good job|nice work"
    r"|proud of you|(thank you|thanks) for (sharing|opening|telling))\b",
    re.IGNORECASE,
)
ACTS_A_PERSON = re.compile(
    r"I (understand|know) how you feel|\bI('m| am) (a|an) (person|human|therapist)|\bI feel\b"
    r"|I('m| am) sorry (to hear|that)|I care about",
    re.IGNORECASE,
)


# What a patient may choose to say of themselves is not said by the assistant.
SAID_BY_ASSISTANT = {
    key: text
    for key, text in PATIENT_TEXTS.items()
    if key.startswith(("bot.", "page.", "safety."))
    or key.endswith((".ask", ".again", ".why", ".label"))
}


@pytest.mark.parametrize("key", SAID_BY_ASSISTANT)
def test_it_does_not_praise_and_does_not_act_a_person(key: str) -> None:
    text = SAID_BY_ASSISTANT[key]
    assert "!" not in text
    assert not PRAISE.search(text)
    assert not ACTS_A_PERSON.search(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (PRAISE, "Great, thank you for sharing"),
        (PRAISE, "Well done."),
        (ACTS_A_PERSON, "I understand how you feel."),
        (ACTS_A_PERSON, "I am a person, too"),
    ],
)
def test_praise_and_pretence_would_be_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
    assert not ACTS_A_PERSON.search("I am a computer program, not a person.")


def test_the_first_line_says_what_it_is_and_who_reads() -> None:
    opening = PATIENT_TEXTS["bot.opening"]
    for said in ("computer program", "not a person", "Nobody reads them live", "{urgent_phone}"):
        assert said in opening
