"""Versions go out as files and come back the same; what was changed on the way does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lines import add, move, remove

from afterword.records.data_versions import Version
from afterword.training import files

WHEN = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CHANGES = [
    add("ya no sigo: «basta» 🙏", "stop", language="es", owner="a1b2"),
    move("who reads this", "ask_who_sees", "help"),
    remove("help me", "help"),
]


def version(number: int) -> Version:
    return Version(f"v{number}", "clinic", number, "Ada", "More ways to stop.", WHEN, WHEN, 3)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files.write(tmp_path, [(version(2), CHANGES), (version(1), CHANGES[:1])], renewals=2)
    first, second = files.read(tmp_path)
    assert (first.number, second.number, second.author) == (1, 2, "Ada")
    assert (second.reason, second.closed_at) == ("More ways to stop.", WHEN)
    read = [(one.kind, one.language, one.label, one.was, one.text) for one in second.changes]
    assert read == [(one.kind, one.language, one.label, one.was, one.text) for one in CHANGES]
    assert second.changes[0].owner_hash == "a1b2", "an erasure finds it there too"
    assert second.renewals == 2, "also when the root key is another one by then"


def test_the_same_versions_give_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files.write(tmp_path / name, [(version(1), CHANGES)])
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_file_that_was_changed_is_not_brought_in(tmp_path: Path) -> None:
    files.write(tmp_path, [(version(1), CHANGES)])
    path = tmp_path / "0001.yml"
    path.write_text(path.read_text("utf-8").replace("stop", "thanks"), encoding="utf-8")
    with pytest.raises(files.FilesRefused, match="was changed"):
        files.read(tmp_path)


def test_a_folder_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(files.FilesRefused, match=r"manifest\.yml is missing"):
        files.read(tmp_path)


@pytest.mark.parametrize("renewals", [-1, True, "2"])
def test_a_count_of_keys_that_is_none_is_refused(tmp_path: Path, renewals: object) -> None:
    files.write(tmp_path, [(version(1), CHANGES)], renewals=3)
    path = tmp_path / "manifest.yml"
    text = path.read_text("utf-8").replace("renewals: 3", f"renewals: {json.dumps(renewals)}")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(files.FilesRefused, match="another version"):
        files.read(tmp_path)
