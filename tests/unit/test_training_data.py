"""The training data, the held-out lines and the dialogue files fit together. Rasa is not needed."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = ROOT / "tests/data/understanding_en.jsonl"
# Rasa brings these; a domain does not name them.
RASAS_OWN = {"action_listen", "action_restart", "action_session_start", "action_default_fallback"}


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def read_examples() -> list[tuple[str, str]]:
    """Every training line with its intent."""
    found = []
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            if "intent" in block:
                lines = block["examples"].splitlines()
                found += [(line.removeprefix("- ").strip(), block["intent"]) for line in lines]
    return found


def read_held_out() -> list[dict[str, str]]:
    return [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]


def read_rules() -> list[dict[str, Any]]:
    paths = sorted((ROOT / "data/rules").glob("*.yml"))
    return [rule for path in paths for rule in read_yaml(path)["rules"]]


EXAMPLES = read_examples()
HELD = read_held_out()
RULES = read_rules()
DOMAIN = read_yaml(ROOT / "domain.yml")


def plain(text: str) -> str:
    """Without case, apostrophes and punctuation; emoji and the like stay as they are."""
    words = re.findall(r"[\w%/+.<>=]+", re.sub(r"['’]", "", text.casefold()))
    return " ".join(word.strip(".") for word in words).strip() or text


def is_near(one: str, other: str) -> bool:
    """Nearly the same words, or nearly the same letters, of two plain texts."""
    words, others = set(one.split()), set(other.split())
    if len(words & others) >= 0.8 * len(words | others):
        return True
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The first two are upper bounds that cost next to nothing.
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    return all(bound() >= 0.9 for bound in bounds)


class TestExamples:
    def test_every_intent_has_at_least_forty(self) -> None:
        counts = Counter(intent for _, intent in EXAMPLES)
        assert {i: counts[i] for i in DOMAIN["intents"] if counts[i] < 40} == {}
        assert counts["answer"] >= 200

    def test_every_example_is_of_an_intent_of_the_domain(self) -> None:
        assert {intent for _, intent in EXAMPLES} <= set(DOMAIN["intents"])

    def test_no_line_is_there_twice_or_under_two_intents(self) -> None:
        counts = Counter(plain(text) for text, _ in EXAMPLES)
        assert [text for text, count in counts.items() if count > 1] == []

    def test_no_line_names_an_entity(self) -> None:
        assert [text for text, _ in EXAMPLES if re.search(r"[\[\]{}]", text)] == []


class TestHeldOut:
    def test_lines_are_well_formed(self) -> None:
        assert all(set(line) == {"text", "intent", "expects"} for line in HELD)
        assert {line["expects"] for line in HELD} == {"text", "choice"}
        assert {line["intent"] for line in HELD} == set(DOMAIN["intents"])

    def test_no_line_is_there_twice(self) -> None:
        counts = Counter(line["text"] for line in HELD)
        assert [text for text, count in counts.items() if count > 1] == []

    def test_no_line_is_in_the_training_data(self) -> None:
        trained = {plain(text) for text, _ in EXAMPLES}
        assert [line["text"] for line in HELD if plain(line["text"]) in trained] == []

    def test_no_line_is_nearly_in_the_training_data(self) -> None:
        assert list(self.near_lines()) == []

    @staticmethod
    def near_lines() -> Iterator[tuple[str, str]]:
        # Across intents a likeness gives nothing away: it makes the line harder.
        by_intent: dict[str, list[str]] = {}
        for text, intent in EXAMPLES:
            by_intent.setdefault(intent, []).append(plain(text))
        for line in HELD:
            held = plain(line["text"])
            for trained in by_intent[line["intent"]]:
                if is_near(held, trained):
                    yield line["text"], trained

    @pytest.mark.parametrize(
        ("one", "other"),
        [("please skip this one", "skip this one, please"), ("delete it all", "delete it alll")],
    )
    def test_nearness_is_noticed(self, one: str, other: str) -> None:
        assert is_near(plain(one), plain(other))
        assert not is_near(plain(one), plain("he was late again"))


class TestRules:
    def test_every_action_is_in_the_domain(self) -> None:
        known = {*DOMAIN["actions"], *DOMAIN["forms"], *RASAS_OWN}
        named = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}
        assert named - known == set()

    @pytest.mark.parametrize("loop", ["reflection_form", None])
    def test_no_intent_is_met_with_silence(self, loop: str | None) -> None:
        """Every intent has a rule outside the form; inside, each that the form does not take."""
        not_taken = DOMAIN["slots"]["answer"]["mappings"][0]["not_intent"]
        needed = set(DOMAIN["intents"]) if loop is None else set(not_taken)
        met = {
            step["intent"]
            for rule in RULES
            if {"active_loop": loop} in rule.get("condition", [])
            for step in rule["steps"]
            if "intent" in step
        }
        assert needed - met == set()

    def test_rule_names_are_unique(self) -> None:
        counts = Counter(rule["rule"] for rule in RULES)
        assert [name for name, count in counts.items() if count > 1] == []
