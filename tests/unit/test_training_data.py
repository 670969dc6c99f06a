"""The training data, the held-out lines and the dialogue files fit together. Rasa is not needed."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from afterword.evaluation.lines import DIGRESSIONS, read_lines
from afterword.reflection.lexicon import QUANTITIES
from afterword.training import locked
from afterword.training.nearness import Index, is_near, plain

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = sorted((ROOT / "tests/data").glob("understanding_*.jsonl"))
LANGUAGES = ("en", "es")
# How often each intent must be there in each language; an answer is most of what is written.
FEWEST = {"answer": 500} | {f"rated_{group}": 60 for group in QUANTITIES}
FEWEST_DIGRESSION = 40
# Rasa brings these; a domain does not name them.
RASAS_OWN = {"action_listen", "action_restart", "action_session_start", "action_default_fallback"}


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def read_examples() -> list[tuple[str, str, str]]:
    """Every training line with its intent and its language."""
    found = []
    for path in sorted((ROOT / "data/nlu").rglob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            if "intent" in block:
                lines = block["examples"].splitlines()
                texts = [line.removeprefix("- ").strip() for line in lines]
                found += [(text, block["intent"], path.parent.name) for text in texts]
    return found


def read_degrees() -> list[tuple[str, str, str, list[int]]]:
    """Every answer that how much is meant is learnt from: question, text, language, places."""
    found = []
    for path in sorted((ROOT / "understanding/degrees").glob("*.jsonl")):
        for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            found.append((entry["question"], entry["text"], path.stem, entry["places"]))
    return found


def read_rules() -> list[dict[str, Any]]:
    paths = sorted((ROOT / "data/rules").glob("*.yml"))
    return [rule for path in paths for rule in read_yaml(path)["rules"]]


@cache
def index_of_training(language: str) -> Index:
    """All that anything is learnt from in a language."""
    texts = {plain(text) for text, _, spoken in EXAMPLES if spoken == language}
    return Index(texts | {plain(text) for _, text, spoken, _ in DEGREES if spoken == language})


EXAMPLES = read_examples()
DEGREES = read_degrees()
HELD = read_lines([(path.name, path.read_text(encoding="utf-8")) for path in HELD_OUT])
RULES = read_rules()
DOMAIN = read_yaml(ROOT / "domain.yml")


class TestExamples:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_intent_has_enough(self, language: str) -> None:
        counts = Counter(intent for _, intent, spoken in EXAMPLES if spoken == language)
        few = {
            intent: counts[intent]
            for intent in DOMAIN["intents"]
            if counts[intent] < FEWEST.get(intent, FEWEST_DIGRESSION)
        }
        assert few == {}

    def test_every_example_is_of_an_intent_of_the_domain(self) -> None:
        assert {intent for _, intent, _ in EXAMPLES} <= set(DOMAIN["intents"])

    def test_every_example_has_a_language(self) -> None:
        assert {language for _, _, language in EXAMPLES} == set(LANGUAGES)

    def test_no_line_is_there_twice_or_under_two_intents(self) -> None:
        counts = Counter(plain(text) for text, _, _ in EXAMPLES)
        assert [text for text, count in counts.items() if count > 1] == []

    def test_no_line_names_an_entity(self) -> None:
        assert [text for text, _, _ in EXAMPLES if re.search(r"[\[\]{}]", text)] == []


class TestDegrees:
    def test_each_place_has_enough_in_each_language(self) -> None:
        counts = Counter(
            (question == "snag", language, places[0])
            for question, _, language, places in DEGREES
            if len(places) == 1
        )
        wanted = [(snag, language) for snag in (False, True) for language in LANGUAGES]
        assert min(counts[*one, place] for one in wanted for place in range(1, 6)) >= 60

    def test_places_are_options_and_questions_are_asked(self) -> None:
        assert {question for question, *_ in DEGREES} == {
            "heard", "safe", "goals", "approach", "snag",
        }  # fmt: skip
        assert {place for *_, places in DEGREES for place in places} == {1, 2, 3, 4, 5}
        assert all(places == sorted(set(places)) for *_, places in DEGREES)

    def test_no_answer_is_there_twice(self) -> None:
        counts = Counter((question == "snag", plain(text)) for question, text, *_ in DEGREES)
        assert [text for (_, text), count in counts.items() if count > 1] == []


class TestHeldOut:
    def test_there_are_enough_lines_of_each_digression(self) -> None:
        names = {line.expected.name for line in HELD}
        assert set(DIGRESSIONS) <= names
        assert len([line for line in HELD if line.language == "en"]) >= 400
        assert len([line for line in HELD if line.language == "es"]) >= 200

    def test_no_line_is_there_twice(self) -> None:
        counts = Counter((line.context, line.text) for line in HELD)
        assert [text for text, count in counts.items() if count > 1] == []

    def test_no_line_is_in_the_training_data(self) -> None:
        trained = {plain(text) for text, _, _ in EXAMPLES}
        assert [line.text for line in HELD if plain(line.text) in trained] == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_line_is_nearly_in_the_training_data(self, language: str) -> None:
        trained = index_of_training(language)
        own = {plain(line.text) for line in HELD if line.language == language}
        assert [text for text in sorted(own) if trained.near(text)] == []

    @pytest.mark.parametrize(
        ("one", "other"),
        [("please skip this one", "skip this one, please"), ("delete it all", "delete it alll")],
    )
    def test_nearness_is_noticed(self, one: str, other: str) -> None:
        assert is_near(plain(one), plain(other))
        assert not is_near(plain(one), plain("he was late again"))


class TestKeptApart:
    """What every model is measured on before it may go live: understanding/locked."""

    KEPT = locked.load(ROOT)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_line_is_nearly_in_the_training_data(self, language: str) -> None:
        trained = index_of_training(language)
        near = [text for text in self.KEPT.texts[language] if trained.near(plain(text))]
        assert near == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_there_are_enough_of_what_must_never_be_missed(self, language: str) -> None:
        own = [one for one in self.KEPT.lines if one.language == language]
        for name in ("stop", "human", "delete"):
            assert sum(one.expected.name == name for one in own) >= 12
        assert sum(one.language == language for one in self.KEPT.safety) >= 80

    def test_every_statement_of_danger_is_words_to_the_assistant(self) -> None:
        assert {one.expected.kind for one in self.KEPT.safety} == {"words"}

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_dialogues_stop_ask_for_a_person_delete_and_are_held(self, language: str) -> None:
        turns = [turn for one in self.KEPT.dialogues for turn in one.turns]
        own = [turn for turn in turns if turn.line.language == language]
        assert {"stop", "human", "delete"} <= {turn.line.expected.name for turn in own}
        assert any(turn.held for turn in own)

    def test_the_index_finds_what_a_look_at_all_finds(self) -> None:
        texts = [plain(text) for text, _, language in EXAMPLES if language == "en"][::25]
        index = Index(texts)
        for text in texts:
            assert [index.texts[at] for at in index.near(text)] == [
                one for one in texts if is_near(text, one)
            ]


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
