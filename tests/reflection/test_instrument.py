"""A wrong question file is refused with its file, its line and what to do."""

from pathlib import Path

import pytest
from factory import core

from afterword.datafiles import DataFileError, load_instrument
from afterword.reflection.instrument import Kind
from afterword.reflection.instrument_steps import (
    AskEachGoal,
    AskFollowUps,
    AskItem,
    AskOneOf,
    AskRepair,
    AskRotating,
)
from afterword.settings import PROJECT

GOOD = """\
instrument: small
version: 3
languages: [en, de]
plan:
  - heard
  - follow-up: 1
  - each goal: aim
  - one of: [helped, better]
scales:
  extent:
    - id: "1"
      label: {en: Not, de: Nicht}
      words: {en: [never]}
    - id: "2"
      label: {en: Fully, de: Ganz}
items:
  heard:
    construct: bond
    kind: scale
    scale: extent
    low: 1
    follow_up: why
    label: {en: Heard, de: Gehört}
    ask: {en: "Did {clinician} listen?", de: "Hat {clinician} zugehört?"}
    again: {en: Again?, de: Nochmal?}
    why: {en: Because., de: Darum.}
  why:
    construct: bond
    kind: choice
    label: {en: What, de: Was}
    ask: {en: What?, de: Was?}
    again: {en: What?, de: Was?}
    why: {en: Because., de: Darum.}
    options:
      - {id: time, strain: withdrawal, label: {en: Time, de: Zeit}}
      - {id: pace, label: {en: Pace, de: Tempo}}
  aim: &text
    construct: goals
    kind: text
    label: {en: Aim, de: Ziel}
    ask: {en: "{goal}?", de: "{goal}?"}
    again: {en: Again?, de: Nochmal?}
    why: {en: Because., de: Darum.}
  helped: *text
  better: *text
"""


def load(tmp_path: Path, text: str) -> str:
    """The error of a file, without its folder."""
    path = tmp_path / "small.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_instrument(path)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_a_good_file_loads(tmp_path: Path) -> None:
    path = tmp_path / "small.yml"
    path.write_text(GOOD, encoding="utf-8")
    made = load_instrument(path)
    assert (made.id, made.version, made.languages) == ("small", 3, ("en", "de"))
    assert made.plan[:2] == (AskItem("heard"), AskFollowUps(1))
    assert made.plan[3] == AskOneOf(("helped", "better"))
    heard = made.items["heard"]
    assert (heard.kind, heard.low, heard.follow_up) == (Kind.SCALE, 1, "why")
    assert (heard.rank("1"), heard.rank("2"), heard.rank("3"), heard.rank(None)) == (
        1,
        2,
        None,
        None,
    )
    assert made.items["why"].rank("time") is None
    option = made.items["why"].option("time")
    assert option is not None and option.strain == "withdrawal"
    assert made.items["why"].option("nothing") is None


def test_every_shipped_file_loads() -> None:
    for path in (PROJECT / "instruments").glob("*.yml"):
        assert load_instrument(path).plan
    assert core().id == "core"


# ruff: noqa: E501  (a table is read by its rows)
# What is replaced in the good file, by what, and how the error then begins and goes on.
BROKEN = [
    ("instrument: small\n", "", "1: instrument is missing"),
    ("instrument: small", "instrument: Small", "1: instrument: may hold small letters"),
    ("instrument: small", "instrument: 7", "1: instrument: must be a text"),
    ("version: 3\n", "", "1: version is missing"),
    ("version: 3", "version: 0", "2: version: must be a whole number"),
    ("version: 3", "version: yes", "2: version: must be a whole number"),
    ("version: 3", 'version: "3"', "2: version: must be a whole number"),
    ("languages: [en, de]\n", "", "1: languages is missing"),
    ("languages: [en, de]", "languages: []", "3: languages: name at least one"),
    ("languages: [en, de]", "languages: en", "3: languages: must be a list"),
    ("languages: [en, de]", "languages: [en, 7]", "3: languages > 1: must be a text; put it in"),
    ("version: 3", "version: 3\ncolour: red", "3: colour: is not known here"),
    # The plan
    ("  - heard\n", "  - hearing\n", "5: plan > 0: there is no item hearing"),
    ("  - heard\n", "  - [heard]\n", "5: plan > 0: write the name of an item"),
    ("  - heard\n", "  - heard\n  - heard\n", "4: plan: heard is asked twice"),
    ("[helped, better]", "[helped, heard]", "4: plan: heard is asked twice"),
    ("each goal: aim", "each goal: aim\n  - each goal: why", "4: plan: each goal may stand there once"),
    ("each goal: aim", "follow-up: 2", "4: plan: follow-up may stand there once"),
    ("  - heard\n", "  - heard\n  - why\n", "23: items > heard > follow_up: why is in the plan"),
    ("each goal: aim", "each goal: aims", "7: plan > 2 > each goal: there is no item aims"),
    ("follow-up: 1", "follow-up: 0", "6: plan > 1 > follow-up: must be a whole number"),
    ("follow-up: 1", "follow-up: many", "6: plan > 1 > follow-up: must be a whole number"),
    ("[helped, better]", "[helped, worse]", "8: plan > 3 > one of: there is no item worse"),
    ("[helped, better]", "[]", "8: plan > 3 > one of: name at least one item"),
    ("one of: [helped", "some of: [helped", "8: plan > 3: some of is not known; use each goal"),
    # Scales and options
    ("    scale: extent\n", "", "17: items > heard: scale is missing"),
    ("scale: extent", "scale: size", "20: items > heard > scale: there is no scale size"),
    ("kind: text", "kind: text\n    scale: extent", "40: items > aim > scale: only an item of kind"),
    ("    kind: choice\n", "    kind: choice\n    low: 1\n", "30: items > why > low: must be below"),
    ("low: 1", "low: 2", "21: items > heard > low: must be below the best option"),
    ("low: 1", "low: some", "21: items > heard > low: must be a whole number"),
    ('  - id: "1"', "  - id: 1", "11: scales > extent > 0 > id: must be a text; put it in quotes"),
    ('  - id: "1"', '  - id: "One"', "11: scales > extent > 0 > id: may hold small letters"),
    ('  - id: "2"', '  - id: "1"', "10: scales > extent: two options have the same id"),
    ("words: {en: [never]}", "words: {en: [fully]}", "10: scales > extent: “Fully” stands for two"),
    ("words: {en: [never]}", "words: {en: [7]}", "13: scales > extent > 0 > words > en > 0: must be"),
    ("words: {en: [never]}", "words: {en: never}", "13: scales > extent > 0 > words > en: must be a"),
    ("words: {en: [never]}", "word: {en: [never]}", "13: scales > extent > 0 > word: is not known"),
    ("strain: withdrawal", "strain: sulking", "35: items > why > options > 0 > strain: must be"),
    ("      - {id: pace, label: {en: Pace, de: Tempo}}\n", "", "34: items > why > options: give at"),
    ("label: {en: Time, de: Zeit}", "label: {en: Time}", "35: items > why > options > 0 > label: the"),
    # Items
    ("  heard:\n", "  review:\n", "17: items > review: this name is reserved"),
    ("  heard:\n", "  Heard:\n", "17: items > Heard: may hold small letters"),
    ("    construct: bond\n    kind: scale", "    kind: scale", "17: items > heard: construct is"),
    ("kind: scale", "kind: slider", "19: items > heard > kind: must be scale, choice or text"),
    ("    kind: scale\n", "", "17: items > heard: kind is missing"),
    ("follow_up: why", "follow_up: whom", "22: items > heard > follow_up: there is no item whom"),
    ("follow_up: why", "follow_up: 1", "22: items > heard > follow_up: must be a text"),
    ("    low: 1\n", "    low: 1\n    hint: x\n", "22: items > heard > hint: is not known here"),
    ("{en: Heard, de: Gehört}", "{en: Heard}", "23: items > heard > label: the wording in de is"),
    ("{en: Heard, de: Gehört}", "Heard", "23: items > heard > label: must be a list of names"),
    ("{en: Heard, de: Gehört}", '{en: " ", de: x}', "23: items > heard > label > en: must be a text"),
    ("Did {clinician} listen?", "Did {doctor} listen?", "24: items > heard > ask > en: only {clin"),
    ("Did {clinician} listen?", "Did {clinician listen?", "24: items > heard > ask > en: has a"),
    ("Did {clinician} listen?", "Did {clinician.x} listen?", "24: items > heard > ask > en: only {"),
    ("Did {clinician} listen?", "Did {clinician!x} go?", "24: items > heard > ask > en: only {"),
    ("Did {clinician} listen?", "Did {clinician:9} go?", "24: items > heard > ask > en: only {"),
    ("    again: {en: Again?, de: Nochmal?}\n    why: {en: Because., de: Darum.}\n  why",
     "    why: {en: Because., de: Darum.}\n  why", "17: items > heard: again is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN, ids=[case[2] for case in BROKEN])
def test_a_broken_rule_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    assert load(tmp_path, GOOD.replace(old, new, 1)).startswith(f"small.yml:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "small.yml:1: must be a list of names with values"),
        ("- a\n", "small.yml:1: must be a list of names with values"),
        ("instrument: small\n  version: [\n", "small.yml:2: "),
        ("instrument: a\ninstrument: b\n", "small.yml:2: "),
    ],
)
def test_what_is_no_question_set_at_all_is_told(tmp_path: Path, text: str, expected: str) -> None:
    assert load(tmp_path, text).startswith(expected)


def test_an_empty_plan_asks_nothing_and_is_refused(tmp_path: Path) -> None:
    start, end = GOOD.index("plan:"), GOOD.index("scales:")
    assert "plan: ask at least one question" in load(
        tmp_path, f"{GOOD[:start]}plan: []\n{GOOD[end:]}"
    )


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"gone\.yml: this file is missing"):
        load_instrument(tmp_path / "gone.yml")
    path = tmp_path / "binary.yml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataFileError, match=r"binary\.yml"):
        load_instrument(path)


ADAPTIVE = (
    GOOD.replace("  - heard\n  - follow-up: 1\n", "  - repair: turned\n  - heard\n")
    .replace("each goal: aim", "each goal: {item: aim, most: 1}")
    .replace(
        "  - one of: [helped, better]\n",
        "  - rotate: {most: 2, items: [helped]}\n  - follow-up: {most: 2, changed: true}\n"
        "most: 5\npacks: {extra: [better]}\n",
    )
    .replace("    kind: text\n", "    kind: text\n    every: 4\n    from: 3\n    private: true\n")
    .replace("strain: withdrawal", "low: true, strain: withdrawal")
    + "  turned: *text\n"
)


def test_a_plan_that_adapts_loads(tmp_path: Path) -> None:
    path = tmp_path / "small.yml"
    path.write_text(ADAPTIVE, encoding="utf-8")
    made = load_instrument(path)
    assert made.plan == (
        AskRepair("turned"),
        AskItem("heard"),
        AskEachGoal("aim", 1),
        AskRotating(2, ("helped",)),
        AskFollowUps(2, changed=True),
    )
    assert (made.most, made.packs) == (5, {"extra": ("better",)})
    aim = made.items["aim"]
    assert (aim.every, aim.first, aim.private, aim.seconds) == (4, 3, True, 30)
    assert made.private == {"aim", "helped", "better", "turned"}
    assert [made.items["why"].is_low(one) for one in ("time", "pace", None)] == [True, False, False]
    assert [made.items["heard"].is_low(one) for one in ("1", "2", None)] == [True, False, False]


BROKEN_TOO = [
    ("most: 2, items: [helped]", "items: [helped]", "plan > 3 > rotate: most is missing"),
    ("items: [helped]", "items: [help]", "plan > 3 > rotate > items: there is no item help"),
    ("items: [helped]", "items: []", "plan > 3 > rotate > items: name at least one item"),
    ("items: [helped]", "items: [heard]", "plan: heard is asked twice"),
    ("extra: [better]", "extra: [heard]", "plan: heard is asked twice"),
    ("extra: [better]", "extra: [best]", "packs > extra: there is no item best"),
    ("extra: [better]", "Extra: [better]", "packs: may hold small letters"),
    ("repair: turned", "repair: turn", "plan > 0 > repair: there is no item turn"),
    ("most: 1}", "most: no}", "plan > 2 > each goal > most: must be a whole number"),
    ("changed: true", "changed: 1", "plan > 4 > follow-up > changed: must be true or false"),
    ("most: 5", "most: 0", "most: must be a whole number"),
    ("  - heard\n", "  - heard\n  - one of: [why]\n", "items > heard > follow_up: why is in"),
    ("private: true", "private: maybe", "items > aim > private: must be true or false"),
    ("every: 4", "every: 0", "items > aim > every: must be a whole number"),
    ("from: 3", "from: later", "items > aim > from: must be a whole number"),
    ("low: true", "low: 1", "items > why > options > 0 > low: must be true or false"),
    ("words: {en: [never]}", "low: true", "scales > extent > 0 > low: is for choices"),
]


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN_TOO, ids=[one[2] for one in BROKEN_TOO])
def test_a_broken_rule_of_what_adapts_is_told(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in ADAPTIVE
    told = load(tmp_path, ADAPTIVE.replace(old, new, 1))
    assert told.partition(": ")[2].startswith(expected)


def test_what_is_always_asked_fits_and_packs_need_turns(tmp_path: Path) -> None:
    more = ADAPTIVE.replace("most: 5", "most: 1").replace("  - heard\n", "  - heard\n  - better\n")
    more = more.replace("packs: {extra: [better]}\n", "")
    assert "most: is less than what is always asked" in load(tmp_path, more)
    without = ADAPTIVE.replace("  - rotate: {most: 2, items: [helped]}\n", "")
    assert "packs: need rotate in the plan" in load(tmp_path, without)


def test_two_neighbours_may_have_the_same_words_and_a_choice_may_not(tmp_path: Path) -> None:
    open_ = 'words: {en: [so so]}\n    - id: "2"\n      words: {en: [so so]}'
    path = tmp_path / "open.yml"
    path.write_text(GOOD.replace('words: {en: [never]}\n    - id: "2"', open_), encoding="utf-8")
    words = [option.words["en"] for option in load_instrument(path).items["heard"].options]
    assert words == [("so so",), ("so so",)]
    both = GOOD.replace("label: {en: Pace", "words: {en: [the clock]}, label: {en: Pace").replace(
        "strain: withdrawal,", "strain: withdrawal, words: {en: [the clock]},"
    )
    assert "“the clock” stands for two options" in load(tmp_path, both)
