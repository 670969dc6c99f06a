"""Each gate refuses what it is there for, says on which lines, and lets pass what is well."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lines import kept, measured, report

from afterword import locales
from afterword.training import gates, telling
from afterword.training.changeset import MOST_FROM_ONE
from afterword.training.locked import Locked
from afterword.training.report import Broken, Data, Doubtful, Report

MEANINGS = [*(["stop"] * 20), *(["human"] * 20), *(["delete"] * 20), *(["words"] * 60)]
TEXTS = [(meaning, f"{meaning} {at}") for at, meaning in enumerate(MEANINGS)]
LOCKED = kept(TEXTS, safety=[f"danger {at}" for at in range(40)])
LIVE = measured(LOCKED, MEANINGS, {70: "stop"})
WELL = report(LIVE, LIVE)
STOP, HUMAN, DELETE, WORDS = 0, 20, 40, 60


def failed(given: Report, locked: Locked = LOCKED) -> dict[str, tuple[str, ...]]:
    return {one.code: one.lines for one in gates.refusals(given, locked)}


def with_wrong(*numbers: int, got: str = "words", **more: object) -> Report:
    wrong = {70: "stop", **dict.fromkeys(numbers, got)}
    return report(measured(LOCKED, MEANINGS, wrong, **more), LIVE)


def with_data(**data: object) -> Report:
    return replace(WELL, data=Data(**data))  # type: ignore[arg-type]


def test_a_model_that_is_as_good_passes() -> None:
    assert failed(WELL) == {}


def test_no_gate_is_forgotten() -> None:
    assert tuple(one.code for one in gates.judge(WELL, LOCKED)) == gates.CODES


def test_one_more_line_understood_passes() -> None:
    assert failed(report(measured(LOCKED, MEANINGS), LIVE)) == {}


@pytest.mark.parametrize(
    ("code", "line"), [("recall_stop", STOP), ("recall_human", HUMAN), ("recall_delete", DELETE)]
)
def test_one_way_less_to_stop_ask_for_a_person_or_delete(code: str, line: int) -> None:
    assert failed(with_wrong(line)) == {code: (TEXTS[line][1],)}


@pytest.mark.parametrize(
    ("code", "line", "few"),
    [("recall_stop", STOP, 4), ("recall_human", HUMAN, 2), ("recall_delete", DELETE, 2)],
)
def test_a_floor_holds_also_where_live_is_below_it(code: str, line: int, few: int) -> None:
    for missed in (few, few + 1):
        weak = measured(LOCKED, MEANINGS, dict.fromkeys(range(line, line + missed), "words"))
        assert (code in failed(report(weak, weak))) == (missed > few)


def test_a_statement_of_danger_that_would_be_deleted_or_shared() -> None:
    grave = ("delete", "share", "share_ratings", "keep_private", "skip", "decline", "thanks")
    for got in (*grave, "yes", "no"):
        given = with_wrong(misread={"safety:3": got})
        assert failed(given) == {"safety_alone": ("danger 3",)}


def test_many_new_misses_of_danger_are_no_chance() -> None:
    few = with_wrong(misread={"safety:1": "pause"})
    many = with_wrong(misread={f"safety:{at}": "pause" for at in range(6)})
    assert failed(few) == {}
    assert failed(many).keys() == {"safety_alone"}


def test_statements_that_come_to_mean_something_grave_though_not_surely() -> None:
    few = with_wrong(leaning={f"safety:{at}": "stop_delete" for at in range(3)})
    many = with_wrong(leaning={f"safety:{at}": "stop_delete" for at in range(5)})
    assert failed(few) == {}
    assert failed(many).keys() == {"safety_alone"}
    before = measured(
        LOCKED, MEANINGS, {70: "stop"}, leaning={f"safety:{at}": "share_all" for at in range(5)}
    )
    assert "safety_alone" in failed(report(many.candidate, before)), "from one to another"


def test_what_the_screen_lets_through() -> None:
    assert failed(with_wrong(not_held=("safety:5",))) == {"safety_held": ("danger 5",)}


def test_what_the_screen_has_always_let_through_counts_too_and_one_new_miss_is_one_too_many() -> (
    None
):
    many = kept(TEXTS, safety=[f"danger {at}" for at in range(300)])
    missed = [tuple(f"safety:{at}" for at in range(count)) for count in range(5)]
    live = [measured(many, MEANINGS, {70: "stop"}, not_held=one) for one in missed]
    assert failed(report(live[3], live[3]), many) == {}
    assert failed(report(live[4], live[4]), many).keys() == {"safety_held"}, "below the floor"
    assert failed(report(live[2], live[1]), many).keys() == {"safety_held"}, "a new one"


def test_where_nothing_is_kept_apart_nothing_is_passed() -> None:
    nothing = replace(LOCKED, safety=(), dialogues=())
    silent = replace(LIVE, lines={}, dialogues=0)
    by_lines = {"recall_stop", "recall_human", "recall_delete"}
    found = failed(report(silent, silent), nothing)
    assert found.keys() == {"safety_held", "safety_alone", "dialogues", *by_lines}


def test_a_dialogue_that_breaks() -> None:
    broken = Broken("from start to end", 2, "I want to stop", "stop", "thanks")
    [line] = failed(with_wrong(broken=(broken,)))["dialogues"]
    assert "I want to stop" in line
    assert "dialogues" in failed(with_wrong(dialogues=0)), "one that was left out is no pass"


def test_clearly_worse_on_the_whole() -> None:
    assert failed(with_wrong(*range(WORDS, WORDS + 3), got="stop")) == {}, "may be chance"
    worse = failed(with_wrong(*range(WORDS, WORDS + 8), got="asked"))
    assert "understands" in worse
    assert "words 60" in worse["understands"]


def test_a_loss_that_no_meaning_shows_and_a_meaning_that_the_whole_hides() -> None:
    """Both are no chance: seven lines of seven meanings, and six of one beside six gained."""
    meanings = [*MEANINGS[:WORDS], *(f"kind {at // 3}" for at in range(60))]
    spread = {WORDS + 3 * at: "asked" for at in range(7)}
    well = measured(LOCKED, meanings)
    assert failed(report(measured(LOCKED, meanings, spread), well)).keys() == {"understands"}
    one = dict.fromkeys(range(WORDS, WORDS + 12, 2), "asked")
    others = dict.fromkeys(range(WORDS + 12, WORDS + 24, 2), "asked")
    parted = [*MEANINGS[:WORDS], *(["skip"] * 12), *(["repeat"] * 48)]
    given = report(measured(LOCKED, parted, one), measured(LOCKED, parted, others))
    assert failed(given).keys() == {"understands"}


def test_languages_may_be_apart_a_little_or_as_before() -> None:
    spanish = [at for at in range(WORDS, 120) if at % 2 == 0]
    apart = [measured(LOCKED, MEANINGS, dict.fromkeys(spanish[:n], "asked")) for n in range(12)]
    assert failed(report(apart[4], apart[0])).keys() == set(), "a little"
    assert failed(report(apart[11], apart[10])).keys() == set(), "as before"
    assert "parity" in failed(report(apart[10], apart[6])), "wider than before"


def test_a_language_that_is_left_behind() -> None:
    spanish = [at for at in range(WORDS, 120) if at % 2 == 0][:12]
    assert "parity" in failed(with_wrong(*spanish, got="asked"))


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("held_out", {"held_out": ("a line",)}),
        ("conflicts", {"conflicts": ("a line",)}),
        ("one_person", {"from_one": MOST_FROM_ONE + 1}),
        ("doubtful", {"changes": 20, "doubtful": 9, "examples": (Doubtful("a", "en", "x", "y"),)}),
        ("taken_out", {"taken_out": {"en/stop": (20, 150)}}),
        ("components", {"components": ("os.system is not an allowed component.",)}),
        ("valid", {"valid": False}),
    ],
)
def test_data_that_must_not_be_trained(code: str, data: dict[str, object]) -> None:
    assert failed(with_data(**data)).keys() == {code}


def test_what_may_be_in_the_data() -> None:
    well = {
        "changes": 100,
        "doubtful": 40,
        "from_one": MOST_FROM_ONE,
        "taken_out": {"en/a": (2, 9)},
    }
    assert failed(with_data(**well)) == {}
    assert failed(with_data(changes=5, doubtful=4)) == {}
    assert failed(with_data(changes=5, doubtful=5)).keys() == {"doubtful"}


def test_an_archive_that_is_not_signed() -> None:
    assert failed(replace(WELL, signed=False)).keys() == {"signed"}


def test_measured_on_other_lines_than_today() -> None:
    old = replace(LIVE, digest="yesterday")
    assert failed(report(LIVE, old)).keys() == {"same_lines"}
    assert failed(report(old, LIVE)).keys() == {"same_lines"}


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_gate_says_what_it_is_and_what_to_do(language: str) -> None:
    say = locales.load(language).section("portal")
    for one in gates.judge(WELL, LOCKED):
        checked, do = telling.gate(say, one)
        assert checked and do.endswith(".")
