"""Screening a message: layers together, what fails, what came before, and time."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_rules import (
    ENGLISH,
    KNOWN,
    SPANISH,
    BrokenModel,
    FakeModel,
    look,
    opinion,
    pattern,
    rule_set,
)

from afterword.safety.finding import Category, Evidence, Finding, Route, Tier
from afterword.safety.phrases import Groups, Node, Phrase
from afterword.safety.rules import RuleSet, build_part, join_parts
from afterword.safety.screen import Context, Opinion, Rules, screen
from afterword.screening.rulefiles import load_rules


def test_harmless_words_are_nothing() -> None:
    finding = look("It was fine")
    assert finding.tier is Tier.NONE
    assert (finding.evidence, finding.route, finding.failed) == ((), None, False)


def test_every_language_is_looked_for_in_every_message() -> None:
    assert look("quiero morir, I want to die").evidence_ids == ("en-1", "es-1")


def test_a_slip_is_mended_and_a_known_word_is_not() -> None:
    assert look("I wnat to dei").tier is Tier.SAME_DAY
    assert look("I want to diet").tier is Tier.NONE


@pytest.mark.parametrize("text", ["", " ", "\n", "\x00", "\ud800", "🙂" * 50, "a" * 20_000])
def test_no_text_is_too_strange(text: str) -> None:
    assert not look(text).failed


@given(st.text(), st.lists(st.text(), max_size=2), st.lists(st.text(), max_size=2))
def test_it_never_fails_on_any_text(text: str, earlier: list[str], names: list[str]) -> None:
    assert not look(text, earlier=tuple(earlier), staff_names=tuple(names)).failed


# Layers that fail


class BrokenNode(Node):
    """A part of a phrase in which the search itself fails."""

    starts = frozenset({"quiero", "hello"})
    needs = (starts,)

    def ends(self, tokens: Sequence[str], at: int) -> tuple[int, ...]:
        raise RuntimeError("broken")


BROKEN = replace(
    ENGLISH, patterns=(replace(ENGLISH.patterns[0], phrases=(Phrase("x", BrokenNode()),)),)
)


def test_rules_that_fail_count_as_a_check() -> None:
    finding = screen("hello", Context(Rules((BROKEN,))))
    assert finding.tier is Tier.CHECK
    assert finding.failed
    assert finding.route is Route.DUTY


@pytest.mark.parametrize("sets", list(itertools.permutations((BROKEN, SPANISH))))
def test_one_language_that_fails_does_not_hide_the_other(sets: tuple[RuleSet, ...]) -> None:
    finding = screen("quiero morir", Context(Rules(sets)))
    assert (finding.tier, finding.failed) == (Tier.SAME_DAY, True)


def test_a_model_that_fails_counts_as_a_check_and_hides_nothing() -> None:
    assert look("hello", model=BrokenModel()).tier is Tier.CHECK
    finding = look("I want to die", model=BrokenModel())
    assert (finding.tier, finding.failed) == (Tier.SAME_DAY, True)
    assert finding.evidence_ids == ("en-1",)


def test_what_was_found_before_something_failed_stands() -> None:
    finding = look("I want to die", earlier=(None,))
    assert (finding.tier, finding.failed) == (Tier.SAME_DAY, True)


# Messages together


@pytest.mark.parametrize(
    ("earlier", "text", "ids"),
    [
        (("I want", "to"), "die", ("en-1",)),
        (("I want to",), "die", ("en-1",)),
        (("I want.", "To."), "die", ("en-1",)),
        (("I want to die",), "yes", ()),
        (("I want to die",), "sorry", ()),
        (("kill",), "myself", ("en-1",)),
        (("I want to die", "I want to"), "die", ("en-1",)),
        (("tea",), "I want to die", ("en-1",)),
        (("he",), "hits me", ("en-2",)),
        (("", " "), "hits me", ("en-2",)),
    ],
)
def test_of_joined_messages_only_what_reaches_into_the_last_counts(
    earlier: tuple[str, ...], text: str, ids: tuple[str, ...]
) -> None:
    assert look(text, earlier=earlier).evidence_ids == ids


def test_a_hit_in_two_messages_begins_before_this_one() -> None:
    (one,) = look("die", earlier=("I want to",)).evidence
    assert (one.start, one.end) == (-2, 1)


def test_a_sentence_may_go_on_in_the_next_line() -> None:
    assert look("I want to\ndie").tier is Tier.SAME_DAY
    assert look("he\nhits\nme").evidence_ids == ("en-2",)


@pytest.mark.parametrize(
    ("earlier", "text", "tier"),
    [
        ("I want to die", "tonight", Tier.NOW),
        ("tonight", "I want to die", Tier.NOW),
        ("I don't want to die", "tonight", Tier.NOTE),
        ("I want to die " + "and so on " * 5, "tonight", Tier.NONE),
        ("tea", "tonight", Tier.NONE),
    ],
)
def test_a_cue_in_the_next_message_makes_it_urgent(earlier: str, text: str, tier: Tier) -> None:
    assert look(text, earlier=(earlier,)).tier is tier


# The model


def test_the_model_adds_to_the_rules_and_takes_nothing_away() -> None:
    model = FakeModel({"quiet": opinion(Tier.CHECK)})
    assert look("quiet", model=model).evidence_ids == ("model-suicide",)
    assert look("I want to die", model=model).evidence_ids == ("en-1",)
    assert look("  ", model=model).tier is Tier.NONE


def test_the_best_opinion_of_each_category_counts() -> None:
    model = FakeModel({"quiet": [*opinion(Tier.NOTE), *opinion(Tier.CHECK), *opinion(Tier.NONE)]})
    assert [one.tier for one in look("quiet", model=model).evidence] == [Tier.CHECK]


@pytest.mark.parametrize(
    ("answers", "tier"),
    [
        ({"so I am done": Tier.CHECK}, Tier.CHECK),
        ({"so I am done": Tier.CHECK, "so I am": Tier.CHECK}, Tier.NONE),
        ({"so I am done": Tier.SAME_DAY, "so I am": Tier.CHECK}, Tier.SAME_DAY),
        ({"so I am done": Tier.CHECK, "done": Tier.SAME_DAY}, Tier.SAME_DAY),
        ({"so I am": Tier.SAME_DAY}, Tier.NONE),
    ],
)
def test_together_only_what_neither_part_says_is_new(answers: dict[str, Tier], tier: Tier) -> None:
    model = FakeModel({text: opinion(one) for text, one in answers.items()})
    assert look("done", model=model, earlier=("so I", "am")).tier is tier


@pytest.mark.parametrize(
    ("text", "asks", "tier"),
    [
        ("slaughter", Category.HARM_TO_OTHERS, Tier.SAME_DAY),
        ("slaughter", Category.SELF_HARM, Tier.CHECK),
        ("a pig", Category.HARM_TO_OTHERS, Tier.CHECK),
    ],
)
def test_staff_are_told_where_rules_and_model_would_ask_about_the_same(
    text: str, asks: Category, tier: Tier
) -> None:
    model = FakeModel({text: opinion(Tier.CHECK, asks)})
    assert look(text, model=model).tier is tier


def test_what_the_model_itself_has_lowered_does_not_tell_staff_because_it_would_ask() -> None:
    text = "sleep forever"
    rules = Rules((rule_set("en", {**pattern("en-9", text), "layer": "composed"}),))
    assert screen(text, Context(rules)).tier is Tier.SAME_DAY
    model = FakeModel({text: opinion(Tier.CHECK)}, allows=Tier.CHECK)
    assert screen(text, Context(rules, model)).tier is Tier.CHECK


def test_what_names_nothing_is_asked_about_and_a_word_more_is_not() -> None:
    bare = replace(KNOWN, bare_words=(frozenset({"did", "it", "twice"}), frozenset({"ayer"})))
    model = FakeModel(
        {text: opinion(Tier.SAME_DAY) for text in ("I did it", "Did it, twice!", "did it ayer")}
    )
    tiers = [screen(text, Context(bare, model)).tier for text in model.answers]
    # A word of no list, one list alone, and words of two lists.
    assert tiers == [Tier.SAME_DAY, Tier.CHECK, Tier.SAME_DAY]
    joined = FakeModel({"the blade did it twice": opinion(Tier.SAME_DAY)})
    context = Context(bare, joined, earlier=("the blade",))
    assert screen("did it twice", context).tier is Tier.SAME_DAY


@pytest.mark.parametrize(
    ("text", "allows", "tier"),
    [
        ("I want to die. So it was in the war", Tier.NOTE, Tier.CHECK),
        ("I want to die. So it was in the war", Tier.CHECK, Tier.SAME_DAY),
        ("I want to die. So it was", Tier.NOTE, Tier.SAME_DAY),
        ("I want to die tonight. So it was in the war", Tier.NOTE, Tier.CHECK),
        ("I want to die. So it was in the war. That was a lie", Tier.NOTE, Tier.SAME_DAY),
    ],
)
def test_what_is_over_by_word_and_model_is_asked_about(text: str, allows: Tier, tier: Tier) -> None:
    past = {"id": "en-war", "kind": "past", "scope": "message", "to": "now"}
    lie = {"id": "en-lie", "kind": "retraction", "cancels": ["past"]}
    entries = (
        pattern("en-1", "want to die"),
        {**past, "match": "in the war", "test": "in the war"},
        {**lie, "match": "was a lie", "test": "was a lie"},
        {"id": "en-cue", "kind": "cue", "match": "tonight", "test": "tonight"},
    )
    rules = Rules((rule_set("en", *entries),))
    assert screen(text, Context(rules, FakeModel(allows=allows))).tier is tier
    assert screen(text, Context(rules)).tier >= Tier.SAME_DAY


def test_long_messages_are_not_joined_for_the_model() -> None:
    model = FakeModel()
    look("done", model=model, earlier=("x" * 500,))
    assert model.asked == ["done"]


def test_the_version_names_rules_and_model() -> None:
    assert look("x").version == f"rules {KNOWN.version}, no model"
    assert look("x", model=FakeModel()).version == f"rules {KNOWN.version}, model m1"
    assert look("x", use_rules=False).version == "no rules, no model"


def test_the_version_changes_with_a_pattern_and_with_a_group() -> None:
    assert replace(KNOWN, bare_words=(frozenset({"it"}),)).version != KNOWN.version

    def version(phrase: str, **groups: str) -> str:
        data = {"owner": "Ada", "entries": [pattern("en-1", phrase) | {"test": "want tea"}]}
        return Rules((join_parts("en", [build_part(data, Groups(groups))]),)).version

    assert version("want tea") == version("want tea")
    assert version("want tea") != version("want [some] tea")
    assert version("{a} tea", a="want") != version("{a} tea", a="want|wish")


# Names


@pytest.mark.parametrize(
    ("text", "name", "tier"),
    [
        ("Ada kissed me", "Ada Lovelace", Tier.SAME_DAY),
        ("dr lovelace hits people", "Dr. Ada Lovelace", Tier.SAME_DAY),
        ("josé kissed me", "Jose Ruiz", Tier.SAME_DAY),
        ("jose kissed me", "José Ruiz", Tier.SAME_DAY),
        ("adam kissed me", "Ada Lovelace", Tier.NONE),
        ("Dr Slaughter was kind", "John Slaughter", Tier.NONE),
        ("I like Slaughter a lot", "John Slaughter", Tier.NONE),
        ("a slaughter it will be", "John Slaughter", Tier.CHECK),
        ("it will pain me", "Will Smith", Tier.CHECK),
        ("WILL PAIN", "Will Smith", Tier.CHECK),
        ("I want to die", "", Tier.SAME_DAY),
        ("I want to die", " ", Tier.SAME_DAY),
        ("I want to die", "D. Ie (x", Tier.SAME_DAY),
    ],
)
def test_names_of_staff_are_the_clinician_and_nothing_else(
    text: str, name: str, tier: Tier
) -> None:
    assert look(text, staff_names=(name,)).tier is tier


# Parts and routes


def finding(*evidence: tuple[Category, Tier], failed: bool = False) -> Finding:
    found = tuple(Evidence(f"x-{at}", "explicit", *one) for at, one in enumerate(evidence))
    return Finding(max((one.tier for one in found), default=Tier.NONE), found, "v", failed)


CONCERN, SELF = Category.ABUSE_BY_CLINICIAN, Category.SUICIDE


def test_a_concern_goes_another_way_than_all_else() -> None:
    both = finding((SELF, Tier.CHECK), (CONCERN, Tier.NOW))
    assert both.route is Route.SAFEGUARDING
    assert both.part(Route.DUTY).tier is Tier.CHECK
    assert both.part(Route.DUTY).categories == (SELF,)
    assert both.part(Route.SAFEGUARDING).tier is Tier.NOW
    assert both.part(Route.SAFEGUARDING).categories == (CONCERN,)


def test_the_parts_are_all_there_is() -> None:
    for tiers in itertools.product(Tier, Tier):
        both = finding((SELF, tiers[0]), (CONCERN, tiers[1]))
        parts = [both.part(route) for route in Route]
        assert max(part.tier for part in parts) == both.tier
        assert {one for part in parts for one in part.evidence} == set(both.evidence)


def test_a_failure_is_looked_at_by_those_on_duty_only() -> None:
    failed = replace(finding((CONCERN, Tier.NOTE), failed=True), tier=Tier.CHECK)
    assert failed.part(Route.DUTY).tier is Tier.CHECK
    assert failed.part(Route.SAFEGUARDING).tier is Tier.NOTE


def test_categories_come_by_urgency_and_what_is_lowered_to_nothing_counts_no_more() -> None:
    mixed = finding((SELF, Tier.NOTE), (Category.SELF_HARM, Tier.NOW), (CONCERN, Tier.NONE))
    assert mixed.categories == (Category.SELF_HARM, SELF)
    assert mixed.route is Route.DUTY
    assert mixed.evidence_ids == ("x-0", "x-1")


def test_anything_like_a_model_will_do() -> None:
    model = SimpleNamespace(version="v", opinions=lambda text: opinion(Tier.NOTE))
    assert look("x", model=model).tier is Tier.NOTE


def test_a_phrase_that_goes_on_is_not_found_again_in_the_next_message() -> None:
    """ "Mi pareja me pega", answered; then "seguir" has to go on with the questions."""
    rules = load_rules()
    both = "La psicóloga me insulta y me humilla en cada sesión."
    for earlier, text in (("mi pareja me pega", "seguir"), (both, "quién ve esto")):
        assert screen(earlier, Context(rules)).tier is Tier.SAME_DAY
        assert screen(text, Context(rules, earlier=(earlier,))).tier is Tier.NONE
    again = Context(rules, earlier=("mi pareja me pega", "mi pareja me"))
    assert screen("pega", Context(rules)).tier is Tier.NONE
    assert screen("pega", again).tier is Tier.SAME_DAY


@pytest.mark.parametrize(
    ("told", "raised", "anyway", "tier"),
    [
        # Staff were told of a danger already: under another name it is no news.
        (SELF, Category.HARM_TO_OTHERS, (), Tier.NONE),
        # A concern about the clinician goes another way, and the other way round.
        (SELF, CONCERN, (), Tier.SAME_DAY),
        (CONCERN, SELF, (), Tier.SAME_DAY),
        # Any words would have raised it.
        (SELF, CONCERN, (CONCERN,), Tier.NONE),
    ],
)
def test_what_a_model_makes_of_messages_together(
    told: Category, raised: Category, anyway: tuple[Category, ...], tier: Tier
) -> None:
    same_day = {one: [Opinion(one, Tier.SAME_DAY)] for one in Category}
    model = FakeModel(
        {
            "told": same_day[told],
            "told mostly": [*same_day[told], *same_day[raised]],
            "told ok": [*same_day[told], *(Opinion(one, Tier.SAME_DAY) for one in anyway)],
        }
    )
    assert look("mostly", earlier=("told",), model=model).tier is tier
