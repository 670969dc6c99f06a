"""Rules are built from data, and context lowers a hit only as far as it may."""

from typing import Any

import pytest

from afterword.problems import DataProblem
from afterword.safety.finding import Category, Evidence, Tier
from afterword.safety.matching import Hits
from afterword.safety.phrases import Groups, Text
from afterword.safety.rules import Layer, RuleSet, build_part, join_parts

GROUPS = Groups({"die": "die|be dead", "broken": "die|(", "circle": "{circle}"})
DEATH = {
    "id": "xx-sui-001",
    "layer": "explicit",
    "category": "suicide",
    "tier": "same_day",
    "match": ["want to {die}"],
    "test": ["I want to die"],
}
HINT = DEATH | {
    "id": "xx-sui-002",
    "layer": "composed",
    "tier": "check",
    "match": "no point",
    "test": "no point",
}
CUT = DEATH | {
    "id": "xx-sh-001",
    "category": "self_harm",
    "match": "cut myself",
    "test": "cut myself",
}
CUE = {"id": "xx-cue-001", "kind": "cue", "match": "tonight", "test": "tonight"}
NEGATION = {
    "id": "xx-mit-001",
    "kind": "negation",
    "scope": "before",
    "to": "none",
    "near": 2,
    "match": "dont|not|never",
    "test": "don't",
}
FILM = NEGATION | {
    "id": "xx-mit-002",
    "kind": "film",
    "scope": "sentence",
    "match": "film",
    "test": "film",
}
PAST = NEGATION | {"id": "xx-mit-003", "kind": "past", "scope": "after", "match": "back then"}
PAST |= {"test": "back then"}
OVER = NEGATION | {"id": "xx-mit-004", "kind": "idiom", "scope": "over", "match": "to die for"}
OVER |= {"test": "to die for"}
JOKE = NEGATION | {"id": "xx-mit-005", "kind": "joke", "scope": "message", "to": "check"}
JOKE |= {"match": "lol", "test": "lol"}
BUT = {"id": "xx-ret-001", "kind": "retraction", "cancels": ["joke", "film"], "match": "not joking"}
BUT |= {"test": "not joking"}
ALL = [DEATH, HINT, CUT, CUE, NEGATION, FILM, PAST, OVER, JOKE, BUT]


def data(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"owner": "Ada", "entries": list(entries), **more}


def rules(*entries: dict[str, Any]) -> RuleSet:
    return join_parts("xx", [build_part(data(*entries), GROUPS)])


RULES = rules(*ALL)


def evidence(text: str, question: str = "", of: RuleSet = RULES) -> dict[str, Evidence]:
    return {one.id: one for one in Hits(of, Text(text), question).evidence()}


def tier(text: str, entry: str = "xx-sui-001") -> Tier:
    return evidence(text)[entry].tier


def test_a_hit_says_what_it_stands_for_and_where_it_is() -> None:
    assert evidence("so i want to be dead") == {
        "xx-sui-001": Evidence(
            "xx-sui-001", Layer.EXPLICIT, Category.SUICIDE, Tier.SAME_DAY, (), start=2, end=6
        )
    }
    assert evidence("i want tea") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i dont want to die", Tier.NOTE),
        ("i dont , really want to die", Tier.NOTE),
        ("never ever ever want to die", Tier.NOTE),
        ("never ever ever ever want to die", Tier.SAME_DAY),
        ("i dont . i want to die", Tier.SAME_DAY),
        ("i want to die not live", Tier.SAME_DAY),
        ("dont go . want to die", Tier.SAME_DAY),
        ("i dont want to die . i want to die", Tier.SAME_DAY),
        ("in the film they want to die", Tier.NOTE),
        ("want to die is a film", Tier.NOTE),
        ("film . i want to die", Tier.SAME_DAY),
        ("want to die back then", Tier.NOTE),
        ("back then i want to die", Tier.SAME_DAY),
        ("a cake i want to die for", Tier.NOTE),
        ("to die for . i want to die", Tier.SAME_DAY),
        ("lol . what a day . i want to die", Tier.CHECK),
    ],
)
def test_context_lowers_where_it_bears(text: str, expected: Tier) -> None:
    assert tier(text) is expected


def test_an_explicit_hit_is_never_lowered_to_nothing_and_a_composed_one_may_be() -> None:
    assert tier("dont want to die") is Tier.NOTE
    assert tier("there is not no point", "xx-sui-002") is Tier.NONE
    assert evidence("dont want to die")["xx-sui-001"].lowered == ("xx-mit-001",)


def test_what_takes_it_back_cancels_only_its_kinds() -> None:
    assert tier("want to die lol") is Tier.CHECK
    assert tier("want to die lol . not joking") is Tier.SAME_DAY
    assert tier("not joking . i dont want to die") is Tier.NOTE


def test_a_cue_makes_it_urgent_unless_it_was_lowered() -> None:
    assert tier("want to die . tonight") is Tier.NOW
    assert tier("no point tonight", "xx-sui-002") is Tier.SAME_DAY
    assert tier("dont want to die tonight") is Tier.NOTE
    assert evidence("tonight") == {}


def test_a_cue_is_urgent_for_its_categories() -> None:
    only = rules(DEATH, CUT, CUE | {"categories": ["self_harm"]})
    found = evidence("want to die . cut myself tonight", of=only)
    assert found["xx-sui-001"].tier is Tier.SAME_DAY
    assert found["xx-sh-001"].tier is Tier.NOW


def test_context_bears_on_its_categories() -> None:
    only = rules(DEATH, CUT, NEGATION | {"categories": ["self_harm"]})
    found = evidence("dont want to die . dont cut myself", of=only)
    assert found["xx-sui-001"].tier is Tier.SAME_DAY
    assert found["xx-sh-001"].tier is Tier.NOTE


def test_some_words_count_only_as_an_answer() -> None:
    asked = rules(DEATH | {"questions": ["safe", "heard"]})
    assert evidence("want to die", "safe", asked)
    assert not evidence("want to die", "goals", asked)
    assert not evidence("want to die", "", asked)


def test_of_several_places_the_one_that_stands_for_most_counts() -> None:
    text = "dont want to die . " * 20 + "i want to die"
    assert tier(text) is Tier.SAME_DAY


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


@pytest.mark.parametrize(
    ("wrong", "path", "reason"),
    [
        ([], (), "write owner"),
        ({"owner": "Ada"}, (), "no entries"),
        (data(), (), "no entries"),
        ({"owner": "Ada", "entries": "x"}, (), "no entries"),
        (data("x"), ("entries", 0), "must be id"),  # type: ignore[arg-type]
        ({"entries": [DEATH]}, ("entries", 0), "no owner"),
        (data(without(DEATH, "id")), ("entries", 0), "no id"),
        (data(DEATH | {"id": 7}), ("entries", 0), "no id"),
        (data(CUT, DEATH, DEATH), ("entries", 2, "id"), "xx-sui-001 is used twice"),
        (data(without(DEATH, "match")), ("entries", 0), "no match"),
        (data(DEATH | {"match": 5}), ("entries", 0, "match"), "text or a list"),
        (data(DEATH | {"match": ["want to die", "(a"]}), ("entries", 0, "match", 1), "not closed"),
        (data(DEATH | {"match": "{gone} x"}), ("entries", 0, "match", 0), "does not exist"),
        (data(DEATH | {"match": "{circle} x"}), ("entries", 0, "match", 0), "names itself"),
        (data(without(DEATH, "test")), ("entries", 0), "no test"),
        (data(DEATH | {"test": [], "not": ["hello"]}), ("entries", 0), "no test"),
        (data(DEATH | {"test": [1]}), ("entries", 0, "test"), "text or a list"),
        (data(DEATH | {"test": ["want to die", "tea"]}), ("entries", 0, "test", 1), "not matched"),
        (data(DEATH | {"not": "I want to die"}), ("entries", 0, "not", 0), "must not be"),
        (data(without(DEATH, "layer")), ("entries", 0), "layer: must be one of explicit"),
        (data(DEATH | {"category": "sadness"}), ("entries", 0), "category: must be one of"),
        (data(DEATH | {"tier": "high"}), ("entries", 0), "tier: must be one of note, check"),
        (data(DEATH | {"tier": "none"}), ("entries", 0), "tier: must be one of note, check"),
        (data(DEATH | {"teir": "now"}), ("entries", 0, "teir"), "teir: is not known"),
        (data(DEATH | {"questions": 3}), ("entries", 0, "questions"), "text or a list"),
        (data(NEGATION | {"scope": "near"}), ("entries", 0), "scope: must be one of before"),
        (data(NEGATION | {"to": "low"}), ("entries", 0), "to: must be one of none"),
        (data(NEGATION | {"near": "two"}), ("entries", 0, "near"), "number of words"),
        (data(NEGATION | {"near": -1}), ("entries", 0, "near"), "number of words"),
        (data(NEGATION | {"categories": ["x"]}), ("entries", 0), "categories: must be of"),
        (data(without(BUT, "cancels")), ("entries", 0), "cancels"),
        (data(CUE | {"categories": ["x"]}), ("entries", 0), "categories: must be of"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(wrong: Any, path: tuple, reason: str) -> None:
    with pytest.raises(DataProblem, match=reason) as problem:
        build_part(wrong, GROUPS)
    assert problem.value.path == path


def test_an_id_is_used_once_in_all_files_of_a_language() -> None:
    part = build_part(data(DEATH), GROUPS)
    with pytest.raises(DataProblem, match="xx-sui-001 is used twice"):
        join_parts("xx", [part, part])


def test_what_stands_above_the_entries_holds_for_each() -> None:
    bare = {"id": "xx-1", "match": "want to {die}", "test": "want to die"}
    above = data(bare, bare | {"id": "xx-2", "tier": "now"}, layer="explicit", category="suicide")
    first, second = build_part(above | {"tier": "check"}, GROUPS).entries
    assert (first.tier, second.tier) == (Tier.CHECK, Tier.NOW)
