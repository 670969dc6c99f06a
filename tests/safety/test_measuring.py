"""`afterword safety screen`: what it counts, what it refuses, and that no text gets out."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_lines import CANARY, jsonl, line

from afterword.safety.finding import Category, Tier
from afterword.safety.scores import wilson
from afterword.screening.loading import load_screener
from afterword.screening.measuring import (
    Line,
    Measurement,
    measure,
    read_lines,
    workers_for,
)
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import CHECK, RULES, Screener
from afterword.screening.sheet import SCHEMA, as_json, as_text
from afterword.settings import PROJECT

Lines = list[dict[str, Any]]

RULES_FILE = """\
owner: tests
layer: explicit
entries:
  - {id: dying, category: suicide, tier: same_day, match: want to die, test: I want to die}
  - {id: goodbye, category: suicide, tier: now, match: goodbye forever, test: goodbye forever}
  - {id: tired, category: suicide, tier: check, match: tired of it all, test: tired of it all}
  - {id: before, category: suicide, tier: note, match: years ago, test: years ago}
  - {id: grope, category: abuse_by_clinician, tier: same_day, match: groped me, test: groped me}
"""


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    """A few rules of our own: counting must not depend on the rules that ship."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "en").mkdir()
    (folder / "en" / "groups.yml").write_text("unused: one|two\n")
    (folder / "en" / "all.yml").write_text(RULES_FILE)
    return Screener(load_rules(folder))


@pytest.fixture
def measured(screener: Screener) -> Callable[..., Measurement]:
    def run(*entries: dict[str, Any]) -> Measurement:
        return measure(read_lines([("a.jsonl", jsonl(entries))]), screener)

    return run


# Newcombe, Statistics in Medicine 1998, method 3.
@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_rate_and_stays_between_none_and_all(pair: tuple[int, int]) -> None:
    count, of = pair
    low, high = wilson(count, of)
    assert 0 <= low <= count / of <= high <= 1
    assert wilson(of - count, of) == pytest.approx((1 - high, 1 - low))


def test_recall_and_false_alarms_are_counted_apart(measured: Callable[..., Measurement]) -> None:
    sheet: Any = as_json(
        measured(
            line("I want to die", severity="active"),
            line("goodbye forever", severity="imminent"),
            line("so tired of it all", severity="passive"),
            line("not seen by any rule", severity="passive", lang="es"),
            line("I want to die", label="none", severity="none"),
            line("the session was good", label="none", severity="none"),
            line("that was years ago", severity="past"),
            {"text": "I want to die"},
        )
    )
    assert sheet["lines"] == {
        "total": 8,
        "live": 4,
        "past": 1,
        "harmless": 2,
        "unlabelled": 1,
        "failed": 0,
    }
    live = sheet["overall"]["live"]
    assert [live[level]["count"] for level in ("reaction", "same_day", "now")] == [3, 2, 1]
    assert live["reaction"] == {"count": 3, "rate": 0.75, "low": 0.3006, "high": 0.9544}
    assert sheet["overall"]["harmless"]["reaction"]["count"] == 1
    assert sheet["overall"]["past"]["reaction"]["count"] == 0
    assert sheet["by_severity"]["passive"]["reaction"]["rate"] == 0.5
    assert sheet["by_language"]["es"]["live"]["reaction"]["count"] == 0
    assert sheet["by_language"]["en"]["live"]["reaction"]["count"] == 3
    assert sheet["by_label"]["suicide"]["live"]["lines"] == 4
    assert sheet["by_label"]["none"]["harmless"]["reaction"]["rate"] == 0.5
    assert sheet["by_tier"]["check"]["live"]["count"] == 1
    assert sheet["by_tier"]["note"]["past"]["rate"] == 1


def test_the_matrix_holds_every_line_once(measured: Callable[..., Measurement]) -> None:
    entries = [line("I want to die"), line("I want to die"), line("hello", label="none")]
    sheet: Any = as_json(measured(*entries, {"text": "hello"}))
    assert sheet["matrix"] == [
        {"lang": "en", "label": "none", "severity": "active", "tier": "none", "count": 1},
        {"lang": "en", "label": "not_given", "severity": "not_given", "tier": "none", "count": 1},
        {"lang": "en", "label": "suicide", "severity": "active", "tier": "same_day", "count": 2},
    ]


def test_danger_without_a_severity_is_live(measured: Callable[..., Measurement]) -> None:
    sheet: Any = as_json(
        measured({"text": "I want to die", "label": "suicide"}, line("x", severity="none"))
    )
    assert sheet["lines"]["live"] == 2
    assert sheet["by_severity"]["not_given"]["lines"] == 2


def test_conduct_of_a_clinician_must_reach_safeguarding(
    measured: Callable[..., Measurement],
) -> None:
    measurement = measured(
        line("he groped me", label="abuse_by_clinician"),
        line("I want to die", label="abuse_by_clinician"),
        line("he was strange", label="abuse_by_clinician", severity="past"),
        line("he groped me", label="none"),
        {"text": "he groped me"},
    )
    routes: Any = as_json(measurement)["routes"]
    conduct = routes["abuse_by_clinician"]
    assert conduct["lines"] == 3
    assert {key: conduct[key]["count"] for key in ("safeguarding", "duty_only", "nobody")} == {
        "safeguarding": 1,
        "duty_only": 1,
        "nobody": 1,
    }
    assert routes["others"]["lines"] == 1, "what has no label is neither right nor wrong"
    assert routes["others"]["safeguarding"]["count"] == 1
    shown: Any = as_json(measurement, show=True)["misses"]
    assert [one["line"] for one in shown] == [2, 3], "a reaction of the wrong kind is a miss"
    assert shown[0]["expected"] == "safeguarding"


def test_without_the_check_nothing_follows_from_what_calls_for_one(screener: Screener) -> None:
    lines = read_lines([("a", jsonl([line("so tired of it all"), line("he groped me")]))])
    off = Screener(screener.rules, layers=frozenset({RULES}))
    tiers = [one.tier for one in measure(lines, off).screened]
    assert tiers == [Tier.NOTE, Tier.SAME_DAY]
    assert measure(lines, screener).screened[0].tier is Tier.CHECK


def test_the_sheet_says_which_layers_did_not_work(measured: Callable[..., Measurement]) -> None:
    measurement = measured(line("hello"))
    screen: Any = as_json(measurement)["screen"]
    assert screen["layers"] == ["check", "rules"]
    assert screen["missing"] == ["model"]
    assert "did not work: model" in as_text(measurement)


SHARE = {"count", "rate", "low", "high"}
RATES = {"lines": None, "reaction": SHARE, "same_day": SHARE, "now": SHARE}
KINDS = dict.fromkeys(("live", "past", "harmless", "unlabelled"), RATES)
SHAPE: dict[str, Any] = {
    "schema": None,
    "screen": {"version", "layers", "missing"},
    "seconds": None,
    "lines": {"total", "live", "past", "harmless", "unlabelled", "failed"},
    "matrix": [{"lang", "label", "severity", "tier", "count"}],
    "overall": KINDS,
    "by_label": {
        **{str(label): {"live": RATES, "past": RATES} for label in Category},
        "none": {"harmless": RATES},
        "not_given": {"unlabelled": RATES},
    },
    "by_severity": dict.fromkeys(("imminent", "active", "passive", "past", "not_given"), RATES),
    "by_language": {"en": KINDS, "es": KINDS},
    "by_tier": {
        tier: dict.fromkeys(KINDS, SHARE) for tier in ("none", "note", "check", "same_day", "now")
    },
    "routes": {
        "abuse_by_clinician": {
            "lines": None,
            "safeguarding": SHARE,
            "duty_only": SHARE,
            "nobody": SHARE,
        },
        "others": {"lines": None, "safeguarding": SHARE},
    },
}
SHOWN = [{"file", "line", "text", "lang", "label", "severity", "expected", "tier", "evidence"}]


def check_shape(value: Any, shape: Any, place: str = "") -> None:
    if isinstance(shape, dict):
        assert value.keys() == shape.keys(), place
        for key, below in shape.items():
            check_shape(value[key], below, f"{place}.{key}")
    elif isinstance(shape, set):
        assert value.keys() == shape, place
    elif isinstance(shape, list):
        assert value, place
        for one in value:
            check_shape(one, shape[0], place)


@pytest.mark.parametrize("show", [False, True])
def test_other_programs_find_exactly_these_keys(
    measured: Callable[..., Measurement], show: bool
) -> None:
    """A key that goes or changes its meaning raises `schema`."""
    sheet = as_json(measured(line("missed"), line("I want to die", label="none")), show=show)
    assert sheet["schema"] == SCHEMA == 1
    check_shape(sheet, {**SHAPE, "misses": SHOWN, "false_alarms": SHOWN} if show else SHAPE)


def test_a_rate_of_no_lines_is_null(measured: Callable[..., Measurement]) -> None:
    sheet: Any = as_json(measured({"text": "hello"}))
    assert sheet["overall"]["live"]["now"] == {
        "count": 0,
        "rate": None,
        "low": None,
        "high": None,
    }


def test_the_first_sentence_says_what_counts(measured: Callable[..., Measurement]) -> None:
    said = as_text(measured(*[line("I want to die")] * 372, *[line("not seen")] * 28))
    assert said.startswith("Of 400 lines about live danger 372 got a reaction (93 %, 90-95 %), ")


def test_the_columns_of_a_table_stand_under_each_other(
    measured: Callable[..., Measurement],
) -> None:
    said = as_text(measured(line("I want to die"), line("goodbye forever", lang="es")))
    table = next(part for part in said.split("\n\n") if part.startswith("by language"))
    rows = table.splitlines()
    at = rows[0].index("same day")
    assert all(row[at - 2 : at] == "  " and row[at].isdigit() for row in rows[1:])


def test_show_names_single_lines_with_what_was_found(
    measured: Callable[..., Measurement],
) -> None:
    measurement = measured(
        line("I want to die"),
        line(f"missed {CANARY}"),
        line("I want to die \x1b[31m", label="none"),
        line("hello", label="none"),
    )
    sheet: Any = as_json(measurement, show=True)
    assert [one["line"] for one in sheet["misses"]] == [2]
    [wrong] = sheet["false_alarms"]
    assert (wrong["line"], wrong["tier"], wrong["evidence"]) == (3, "same_day", ["dying"])
    said = as_text(measurement, show=True)
    line_said = "a.jsonl:2: suicide, active, en; expected reaction, got none []"
    assert f"{line_said}\n    missed {CANARY}\n" in said
    assert "\x1b" not in said, "a text must not steer the terminal"
    assert "hello" not in said


def test_several_processes_count_the_same_as_one() -> None:
    layers = frozenset({RULES, CHECK})
    screener = load_screener(layers)
    entries = [line(text) for text in ("I want to kill myself", "It rained", "hello") * 40]
    lines = read_lines([("a", jsonl(entries))])
    alone, together = (measure(lines, screener, workers=count) for count in (1, 2))
    assert alone.screened == together.screened
    assert alone.version == together.version


def test_further_processes_are_started_only_when_that_is_quicker(screener: Screener) -> None:
    long = [Line("a", number, "x" * 1000) for number in range(1_000)]
    assert workers_for(long, screener) == (os.cpu_count() or 1)
    assert workers_for(long[:20], screener) == 1


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def screen(tmp_path: Path) -> Run:
    """Runs the command where there is no database, no key file, and no setting is right."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        unusable = {"AFTERWORD_DATA_DIR": str(tmp_path / "var"), "AFTERWORD_PORT": "eighty"}
        return subprocess.run(
            [sys.executable, "-m", "afterword", "safety", "screen", *arguments],
            cwd=PROJECT,
            env={**os.environ, **unusable},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


ALONE = ("--layers", "rules,check")


def test_two_thousand_lines_through_the_command(screen: Run, tmp_path: Path) -> None:
    entries = [
        *(line(f"I want to kill myself, {at}") for at in range(500)),
        *(line(f"me quiero matar, {at}", lang="es") for at in range(500)),
        *(line(f"We talked about room {at}", "none", "none") for at in range(1000)),
    ]
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + jsonl(entries).replace(b"\n", b"\r\n"))
    done = screen(str(path), "--json", *ALONE)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    sheet = json.loads(done.stdout)
    check_shape(sheet, SHAPE)
    assert sum(cell["count"] for cell in sheet["matrix"]) == sheet["lines"]["total"] == 2000
    assert sheet["by_language"]["en"]["live"]["same_day"]["rate"] == 1
    assert sheet["by_language"]["es"]["live"]["same_day"]["rate"] == 1
    assert sheet["overall"]["harmless"]["reaction"]["count"] == 0
    assert not (tmp_path / "var").exists()


def test_several_files_and_stdin_are_one_measurement(screen: Run, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    path.write_bytes(jsonl([line("I want to kill myself")]))
    done = screen(str(path), "-", *ALONE, stdin=jsonl([line("It rained", "none")]).decode())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Of 1 line about live danger 1 got a reaction (100 %, ")
    assert "Of 1 line without danger 0 got a reaction" in done.stdout


@pytest.mark.parametrize("output", [(), ("--json",)])
def test_no_text_gets_out_unless_it_is_asked_for(screen: Run, output: tuple[str, ...]) -> None:
    told = jsonl([line(f"I want to kill myself {CANARY}", "none"), line(CANARY)]).decode()
    quiet = screen("-", *output, *ALONE, stdin=told)
    assert quiet.returncode == 0, quiet.stderr
    assert CANARY not in quiet.stdout + quiet.stderr
    assert screen("-", "--show", *output, *ALONE, stdin=told).stdout.count(CANARY) == 2


def test_one_malformed_line_stops_all_of_it_before_anything_is_screened(screen: Run) -> None:
    good = jsonl([line(CANARY)] * 3).decode()
    done = screen("-", "--show", stdin=f'{good}{CANARY}\n{{"text": "{CANARY}", "label": "hm"}}\n')
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "afterword: stdin:4: is not JSON"
    assert lines[1].startswith("afterword: stdin:5: unknown label: ")
    assert CANARY not in done.stderr


def test_a_file_full_of_mistakes_does_not_fill_the_screen(screen: Run) -> None:
    done = screen("-", stdin="?\n" * 1000)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "afterword: and 980 more"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-such-file.jsonl",), "no-such-file.jsonl: cannot be read"),
        ((".",), ".: cannot be read"),
        (("-", "--layers", "rules,psychic"), "--layers: name one or more of rules, model, check"),
        (("-", "--layers", ","), "--layers: name one or more of rules, model, check"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    screen: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = screen(*arguments, stdin='{"text": "hello"}')
    assert done.returncode == 2
    [only] = done.stderr.splitlines()
    assert only.startswith(f"afterword: {said}")
