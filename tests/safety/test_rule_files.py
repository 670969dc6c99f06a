"""The rules that are shipped: each keeps to its own lines, through the whole screen."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from statements import screener

from afterword.datafiles import DataFileError, read_yaml
from afterword.safety.finding import Tier
from afterword.safety.normal import normal_form
from afterword.safety.phrases import Groups
from afterword.safety.rules import Part, Pattern, build_part
from afterword.screening.rulefiles import FOLDER, load_rules
from afterword.settings import PROJECT

FILES = [path for path in sorted(FOLDER.glob("*/*.yml")) if path.name != "groups.yml"]
MILLISECONDS = 3


@cache
def part(path: Path) -> Part:
    groups = read_yaml(path.parent / "groups.yml")
    return build_part(
        read_yaml(path), Groups({name: " ".join(words.split()) for name, words in groups.items()})
    )


def raw(path: Path) -> Iterator[Mapping[str, Any]]:
    yield from read_yaml(path)["entries"]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_there_are_rules_for_every_language() -> None:
    sets = screener().rules.sets
    assert [one.language for one in sets] == ["en", "es"]
    for one in sets:
        assert {pattern.category for pattern in one.patterns} == set(
            type(one.patterns[0].category)
        ), one.language


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_entry_has_an_id_of_its_language_and_an_owner(path: Path) -> None:
    owner = read_yaml(path).get("owner")
    for entry in raw(path):
        assert re.fullmatch(rf"{path.parent.name}-[a-z]+-[a-z0-9_-]+", entry["id"])
        assert entry.get("owner") or owner


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_patterns_own_lines_reach_a_check_through_the_whole_screen(path: Path) -> None:
    """Also with all the other rules there: what is lowered by those is not found."""
    lost = []
    patterns = {one.id: one for one in part(path).entries if isinstance(one, Pattern)}
    for line in part(path).lines:
        pattern = patterns.get(line.entry)
        if pattern is None or not line.hits:
            continue
        least = min(pattern.tier, Tier.CHECK)
        for question in pattern.questions or {""}:
            found = screener().screen(line.text, question=question)
            if found.tier < least:
                lost.append(f"{line.entry} {found.tier.word}: {line.text}")
    assert lost == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_words_are_written_as_they_are_read(path: Path) -> None:
    """A word that is not in normal form can never be found."""
    words = {
        word
        for entry in part(path).entries
        for phrase in entry.phrases
        for word in (*phrase.words, *phrase.stems)
    }
    assert {word for word in words - {".", ","} if normal_form(word) != word} == set()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_what_a_retraction_takes_back_exists(path: Path) -> None:
    rules = next(one for one in screener().rules.sets if one.language == path.parent.name)
    kinds = {one.kind for one in rules.mitigations}
    for one in rules.retractions:
        assert one.cancels <= kinds, one.id


def test_a_message_is_screened_in_little_time() -> None:
    """Of processor time, the best of several runs: another job on the machine is no failure."""
    texts = [line.text for path in FILES for line in part(path).lines][:400]
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for text in texts:
            screener().screen(text)
        best = min(best, (time.process_time() - began) / len(texts))
    assert best * 1000 < MILLISECONDS


def test_the_lists_of_words_are_current() -> None:
    done = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "safety_words.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("language", ["en", "es"])
def test_lists_of_words_are_sorted_and_in_normal_form(language: str) -> None:
    for path in sorted((FOLDER / language).glob("*.txt")):
        words = path.read_text(encoding="utf-8").split("\n")[:-1]
        assert words == sorted(set(words)), path
        assert all(re.fullmatch("[a-z]+", word) for word in words), path


@pytest.mark.parametrize(
    "text",
    [
        *("I started a diet", "we dyed my hair", "I rolled the dice", "I like the chill out room"),
        *("she wore a kilt", "a cute cup", "I pulled a muscle", "up the hill to the mill"),
        *("the bill came to 20", "I filled in the form", "sleet and hail", "gin and tonic"),
        *("la dieta va bien", "el puerto y la puerta", "me gusta la menta", "cortina y cartera"),
    ],
)
def test_words_that_are_nearly_a_risk_word_stay_words(text: str) -> None:
    assert screener().screen(text).tier is Tier.NONE


# A folder of rules of one's own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "groups.yml").write_text('i: "i|im"\n', encoding="utf-8")
    return tmp_path


RULE = """owner: Ada
layer: explicit
category: suicide
tier: same_day
entries:
  - id: en-sui-001
    match:
      - "{i} want to die"
    test: ["I want to die"]
"""


def write(folder: Path, text: str, name: str = "a.yml") -> Path:
    path = folder / "en" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_small_folder_loads(folder: Path) -> None:
    write(folder, RULE)
    rules = load_rules(folder)
    assert rules.sets[0].ids == ("en-sui-001",)
    assert rules.known_words == frozenset()
    (folder / "en" / "words.txt").write_text("diet\ndice\n", encoding="utf-8")
    (folder / "en" / "common.txt").write_text("hill\n", encoding="utf-8")
    assert load_rules(folder).known_words == {"diet", "dice", "hill"}


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("same_day", "high", 6, "tier: must be one of"),
        ("explicit", "sure", 6, "layer: must be one of"),
        ("{i} want", "{u} want", 8, "names the group u, which does not exist"),
        ("{i} want", "({i} want", 8, "not closed"),
        ('["I want to die"]', '["I want to dye"]', 9, "is not matched"),
        ('["I want to die"]', '["I want to die"]\n    not: "im want to die"', 10, "must not be"),
        ("test:", "tests:", 9, "tests: is not known"),
        ("id: en-sui-001", "name: x", 6, "has no id:"),
        ("owner: Ada\n", "", 5, "has no owner"),
        ('"{i} want to die"', '"{i} want to die', 9, ""),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    folder: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in RULE
    path = write(folder, RULE.replace(old, new, 1))
    with pytest.raises(DataFileError) as error:
        load_rules(folder)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("groups", "line", "reason"),
    [
        ("i: i\nyou: (u\n", 2, "you has a ( that is not closed"),
        ("i: i\na: '{b}'\nb: '{a}'\n", 2, "names itself"),
        ("i: i\nu: '{gone}'\n", 2, "names the group gone"),
        ("i: i\nu: [a, b]\n", 2, "u must be a text"),
        ("- i\n", 1, "write name:"),
    ],
)
def test_a_broken_group_is_named_with_its_line(
    folder: Path, groups: str, line: int, reason: str
) -> None:
    write(folder, RULE)
    path = write(folder, groups, "groups.yml")
    with pytest.raises(DataFileError) as error:
        load_rules(folder)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert reason in str(error.value)


def test_an_id_that_two_files_use_is_refused(folder: Path) -> None:
    write(folder, RULE)
    write(folder, RULE, "b.yml")
    with pytest.raises(DataFileError, match="the id en-sui-001 is used twice"):
        load_rules(folder)


def test_rules_that_are_missing_are_an_error(folder: Path) -> None:
    with pytest.raises(DataFileError, match="no rules for this language"):
        load_rules(folder)
    shutil.rmtree(folder / "en")
    with pytest.raises(DataFileError, match="there are no rules"):
        load_rules(folder)
