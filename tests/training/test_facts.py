"""What is said of a version's data before a model is made of them; the gates go by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lines import add, move, remove

from afterword.records.data_versions import Change
from afterword.settings import PROJECT
from afterword.training import corpus, locked, project_folder
from afterword.training.report import Data
from afterword.training.trainer import facts

LOCKED = locked.load(PROJECT)


def laid(folder: Path, *changes: Change, spoil: str = "") -> Data:
    """The facts of the shipped data with these changes, and with more in its configuration."""
    applied = project_folder.lay(PROJECT, folder, changes)
    if spoil:
        config = folder / "config.yml"
        config.write_text(config.read_text("utf-8").replace("pipeline:\n", f"pipeline:\n{spoil}"))
    return facts(PROJECT, folder, applied, changes, LOCKED)


def test_the_shipped_data_have_nothing_wrong_with_them(tmp_path: Path) -> None:
    assert laid(tmp_path) == Data()


@pytest.mark.parametrize("more", ["", " please"])
def test_a_test_message_that_is_taught_is_found(tmp_path: Path, more: str) -> None:
    held = next(one.text for one in LOCKED.lines if one.language == "en" and len(one.text) > 25)
    found = laid(tmp_path, add(f"{held.upper()}{more}", "thanks"))
    assert [one.casefold() for one in found.held_out] == [held.casefold()]


def test_a_line_with_two_meanings_is_found(tmp_path: Path) -> None:
    assert laid(tmp_path, add("Who sees this?", "thanks")).conflicts == ("who sees this",)


def test_shipped_lines_that_go_and_lines_of_one_person_are_counted(tmp_path: Path) -> None:
    line = next(one for one in corpus.lines(PROJECT) if one.language == "en")
    given = [add(f"zig zag number {at}", "thanks", owner="a1b2") for at in range(3)]
    found = laid(tmp_path, *given, move(line.text, line.label, "thanks"))
    assert (found.changes, found.added, found.from_one) == (4, 4, 3)
    assert found.taken_out[f"en/{line.label}"][0] == 1


def test_what_was_taken_back_later_is_no_fact_of_the_data_any_more(tmp_path: Path) -> None:
    line = next(one for one in corpus.lines(PROJECT) if one.language == "en")
    other = "stop" if line.label != "stop" else "help"
    found = laid(
        tmp_path,
        *(add(f"zig zag number {at}", "thanks", owner="a1b2") for at in range(12)),
        *(remove(f"zig zag number {at}", "thanks") for at in range(11)),
        move("zig zag number 11", "thanks", "help"),
        move(line.text, line.label, other),
        move(line.text, other, line.label),
        remove(line.text, line.label),
        add(line.text, line.label),
    )
    assert found == Data(changes=1, added=1, from_one=1)


def test_a_part_that_is_not_known_is_found(tmp_path: Path) -> None:
    found = laid(tmp_path, spoil="  - name: evil.Classifier\n")
    assert len(found.components) == 1
    assert "evil.Classifier" in found.components[0]
