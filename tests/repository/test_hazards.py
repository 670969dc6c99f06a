"""The hazard log keeps its word: each hazard is judged, controlled, and has a test that runs."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest
from named_tests import running_tests

from afterword.safety import clock, helplines
from afterword.safety.finding import Tier
from afterword.screening import screener
from afterword.settings import PROJECT

PAGE = PROJECT / "docs" / "clinical-safety.md"
HAZARD = re.compile(r"^H\d\d$")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
JUDGED = re.compile(r"^(\w+), ([\w ]+): (\d)$")
SEVERITIES = ["Minor", "Significant", "Considerable", "Major", "Catastrophic"]
LIKELIHOODS = ["Very high", "High", "Medium", "Low", "Very low"]
MODULES = {"clock": clock, "helplines": helplines, "screener": screener}
UNITS = {"minutes": 60.0, "seconds": 1.0, "days": 1.0, "lines": 1.0}


@cache
def rows() -> list[list[str]]:
    """Every line of a table as its cells."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in lines
        if line.startswith("| ")
    ]


def rows_of_hazards(columns: int) -> dict[str, list[str]]:
    found = [row for row in rows() if HAZARD.match(row[0]) and len(row) == columns]
    assert len({row[0] for row in found}) == len(found), "an id stands twice"
    return {row[0]: row[1:] for row in found}


JUDGEMENTS = rows_of_hazards(6)
CONTROLS = rows_of_hazards(4)


def matrix() -> dict[tuple[str, str], int]:
    by_likelihood = {row[0]: row[1:] for row in rows() if row[0] in LIKELIHOODS}
    return {
        (severity, likelihood): int(by_likelihood[likelihood][at])
        for at, severity in enumerate(SEVERITIES)
        for likelihood in LIKELIHOODS
    }


def test_every_row_of_the_log_is_read() -> None:
    named = [row[0] for row in rows() if HAZARD.match(row[0])]
    assert len(named) == len(JUDGEMENTS) + len(CONTROLS), "a row has another number of cells"


def test_each_hazard_is_judged_and_controlled_and_counted_without_a_gap() -> None:
    assert list(JUDGEMENTS) == list(CONTROLS)
    assert list(JUDGEMENTS) == [f"H{at:02}" for at in range(1, len(JUDGEMENTS) + 1)]


def test_worse_is_never_a_lower_number() -> None:
    given = matrix()
    for severity in SEVERITIES:
        for worse, better in pairwise(LIKELIHOODS):
            assert given[severity, worse] >= given[severity, better]
    for likelihood in LIKELIHOODS:
        for better, worse in pairwise(SEVERITIES):
            assert given[worse, likelihood] >= given[better, likelihood]


@pytest.mark.parametrize("hazard", JUDGEMENTS)
def test_the_number_is_that_of_the_matrix_and_controls_make_nothing_worse(hazard: str) -> None:
    numbers = []
    for cell in JUDGEMENTS[hazard][-2:]:
        judged = JUDGED.match(cell)
        assert judged, cell
        severity, likelihood, number = judged.groups()
        assert matrix()[severity, likelihood] == int(number), cell
        numbers.append(int(number))
    before, after = numbers
    assert after <= before


@pytest.mark.parametrize("hazard", CONTROLS)
def test_each_hazard_has_tests_that_exist_and_run(hazard: str) -> None:
    tests = TEST.findall(CONTROLS[hazard][1])
    assert tests
    assert len(tests) == CONTROLS[hazard][1].count("`") / 2, "not all of it is a test's id"
    gone = [f"{path}::{name}" for path, name in tests if name not in running_tests(path)]
    assert not gone


@pytest.mark.parametrize("hazard", CONTROLS)
def test_each_hazard_says_what_is_left(hazard: str) -> None:
    controls, _, residual = CONTROLS[hazard]
    assert len(controls) > 10
    assert len(residual) > 10


def test_a_hazard_that_is_open_is_not_said_to_be_low() -> None:
    given = [hazard for hazard, row in CONTROLS.items() if "**Open" in row[2]]
    low = [hazard for hazard in given if int(JUDGEMENTS[hazard][-1][-1]) < 3]
    assert not low


NUMBERS = [row for row in rows() if re.match(r"^`\w+\.[A-Z_]+`$", row[-1])]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row[-1].strip("`"))
def test_a_number_on_the_page_is_the_one_in_the_code(row: list[str]) -> None:
    given, _, unit = row[1].partition(" ")
    module, _, name = row[-1].strip("`").partition(".")
    value = getattr(MODULES[module], name)
    in_code = value.total_seconds() if isinstance(value, timedelta) else value
    assert float(given) * UNITS[unit] == in_code


def test_every_number_of_the_clock_is_on_the_page() -> None:
    shown = {row[-1].strip("`") for row in NUMBERS}
    ours = {name for name, value in vars(clock).items() if isinstance(value, timedelta)}
    assert {f"clock.{name}" for name in ours} <= shown


def test_every_tier_is_explained() -> None:
    first = {row[0] for row in rows()}
    assert {tier.word.replace("_", " ") for tier in Tier} <= first


def test_it_says_that_no_clinician_has_reviewed_it() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert "Nobody with a clinical licence has reviewed" in text
    assert "not a crisis line" in text.replace("**", "")
    assert "judged by the maintainers, not by a clinician" in text


def test_the_measured_figures_have_their_place() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- figures -->") == text.count("<!-- /figures -->") == 1
    assert text.index("<!-- figures -->") < text.index("<!-- /figures -->")
