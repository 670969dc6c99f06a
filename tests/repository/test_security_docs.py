"""The security documents keep their word: tests exist, tables and keys are named, counts fit."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache

import pytest
from named_tests import is_left_out, running_tests
from sqlalchemy import Table

from afterword.records import access_models, rights_models, staff_models
from afterword.records.models import Base
from afterword.settings import PROJECT

DOCS = PROJECT / "docs"
PAGES = ("asvs.csv", "threat-model.md", "data-inventory.md", "hardening.md", "advisories.csv")
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
ROW_OF_TABLE = re.compile(r"^\| `(\w+)` \| ([A-D]) \|", re.MULTILINE)
# Imported so that no table is forgotten here.
TABLES_OF = (access_models, rights_models, staff_models)
SHOWN = {"met", "partly"}
STATUSES = SHOWN | {"not applicable", "not yet"}

# The levels of what OWASP ASVS 5.0.0 asks for at levels 1 and 2: a sign for each number of a
# section, which count from 1.
_LEVELS = """
    1.1:22 1.2:111112222 1.3:11222222222 1.4:222 1.5:12 2.1:122 2.2:112 2.3:1222 2.4:2 3.2:11
    3.3:1222 3.4:112222 3.5:11122 3.7:22 4.1:122 4.2:2 4.3:22 4.4:1222 5.1:2 5.2:112 5.3:11 5.4:222
    6.1:122 6.2:111111112222 6.3:1122 6.4:1122 6.5:22222 6.6:222 6.8:2222 7.1:222 7.2:1111 7.3:22
    7.4:11222 7.5:22 7.6:22 8.1:12 8.2:112 8.3:1 8.4:2 9.1:111 9.2:1222 10.1:22 10.2:22 10.3:2222
    10.4:11111222222 10.5:22222 10.6:22 10.7:222 11.1:22 11.2:222 11.3:112 11.4:1222 11.5:2 11.6:2
    12.1:122 12.2:11 12.3:2222 13.1:2 13.2:22222 13.3:22 13.4:12222 14.1:22 14.2:1222 14.3:122
    15.1:122 15.2:122 15.3:1222222 16.1:2 16.2:22222 16.3:2222 16.4:222 16.5:222 17.1:2 17.2:2222
    17.3:22
"""
SECTIONS = dict(re.findall(r"(\d+\.\d+):(\d+)", _LEVELS))


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@cache
def requirements() -> list[dict[str, str]]:
    return list(csv.DictReader(text_of("asvs.csv").splitlines()))


def wanted() -> list[tuple[str, str]]:
    """Id and level of each requirement of the first two levels."""
    return [
        (f"{section}.{at}", level)
        for section, levels in SECTIONS.items()
        for at, level in enumerate(levels, 1)
    ]


def gone_from(text: str) -> list[str]:
    """The tests that a text names and that are not there."""
    return [
        f"{path}::{name}" for path, name in TEST.findall(text) if name not in running_tests(path)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_each_test_that_is_named_exists_and_runs(page: str) -> None:
    assert gone_from(text_of(page)) == []


def test_a_test_that_is_gone_would_be_found() -> None:
    here = "tests/repository/test_security_docs.py"
    named = [f"{here}::test_of_nothing", "tests/of_nothing.py::test_of_nothing"]
    assert gone_from(" ".join(named)) == named
    assert gone_from(f"{here}::test_a_test_that_is_gone_would_be_found") == []
    assert is_left_out("pytest.mark.skip")
    assert is_left_out("pytest.mark.xfail(strict=True)")
    assert not is_left_out("pytest.mark.skipif(no_browser)")


def test_every_requirement_of_the_first_two_levels_is_there_once() -> None:
    assert len(wanted()) == 253
    given = [(row["id"], row["level"]) for row in requirements()]
    assert len(set(given)) == len(given)
    assert sorted(one for one in given if one[1] in "12") == sorted(wanted())
    assert {level for _, level in given} == {"1", "2", "3"}


def test_they_stand_in_their_order() -> None:
    ids = [tuple(map(int, row["id"].split("."))) for row in requirements()]
    assert ids == sorted(ids)


@pytest.mark.parametrize("row", requirements(), ids=lambda row: row["id"])
def test_what_is_met_is_shown_and_what_is_not_has_its_reason(row: dict[str, str]) -> None:
    assert row["status"] in STATUSES
    named = row["test"].split()
    assert all(TEST.fullmatch(one) for one in named)
    assert bool(named) == (row["status"] in SHOWN)
    # In a few words of ours, and one sentence.
    assert 1 <= len(row["topic"].split()) <= 8
    assert row["reason"].endswith(".")
    assert len(row["reason"].split()) >= 2


def test_the_first_page_counts_them_right() -> None:
    count = Counter(row["status"] for row in requirements() if row["level"] in "12")
    line = (
        f"{len(wanted())} requirements of OWASP ASVS 5.0.0, levels 1 and 2: {count['met']} met, "
        f"{count['partly']} partly, {count['not yet']} not yet, "
        f"{count['not applicable']} not applicable"
    )
    readme = " ".join((PROJECT / "README.md").read_text(encoding="utf-8").split())
    assert line in readme


@cache
def inventory() -> dict[str, list[str]]:
    """The cells of each row that is about a table, by its name."""
    lines = [line for line in text_of("data-inventory.md").splitlines() if ROW_OF_TABLE.match(line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert len({row[0] for row in cells}) == len(cells), "a table stands twice"
    return {row[0].strip("`"): row[1:] for row in cells}


def sealed_columns(table: Table) -> set[str]:
    return {one.name for one in table.columns if one.name.startswith(("sealed_", "wrapped"))}


def names_in_rasa() -> set[str]:
    source = (PROJECT / "bot" / "turn_table.py").read_text(encoding="utf-8")
    return set(re.findall(r"sa\.Table\(\s*\"(\w+)\"", source))


def test_every_table_is_in_the_inventory() -> None:
    assert names_in_rasa()
    assert set(inventory()) == set(Base.metadata.tables) | names_in_rasa()


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_has_a_class_and_sealed_columns_are_named(table: Table) -> None:
    kind, what, whose, sealed, *_ = inventory()[table.name]
    assert what
    assert whose
    assert set(re.findall(r"`(\w+)`", sealed)) == sealed_columns(table)
    # Words and names are sealed; whatever is sealed is words, names or a secret.
    assert bool(sealed) <= (kind in "AC")
    assert (kind == "A") <= bool(sealed)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_says_how_long_how_it_goes_and_who_reads(table: Table) -> None:
    cells = inventory()[table.name]
    assert len(cells) == 7
    assert all(cells[4:])
    goes = {key.ondelete for key in table.foreign_keys if key.column.table.name == "patient"}
    if goes:
        assert "with the patient" in cells[5]


def test_every_key_of_the_code_is_in_the_inventory() -> None:
    sources = (file.read_text("utf-8") for file in (PROJECT / "afterword").rglob("*.py"))
    derives = re.compile(r"\.derive(?:_all)?\(\"([^\"]+)\"\)")
    derived = {name for text in sources for name in derives.findall(text)}
    listed = re.findall(r"^\| `([^`]+)` \| root, HKDF", text_of("data-inventory.md"), re.MULTILINE)
    assert len(set(listed)) == len(listed)
    assert set(listed) == derived


def test_every_row_of_attackers_has_a_test_and_says_what_is_left() -> None:
    page = text_of("threat-model.md").partition("## Attackers")[2].partition("\n## ")[0]
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    for row in rows:
        *_, tests, left = (cell.strip() for cell in row.strip("|").split(" | "))
        assert TEST.search(tests), row[:60]
        assert len(left) > 5
