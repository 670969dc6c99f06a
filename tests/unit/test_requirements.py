"""Lock files: everything by hash, nothing about where it came from, no TensorFlow for Rasa."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = sorted(path.with_suffix(".txt") for path in REQUIREMENTS.glob("*.in"))
TENSORFLOW = re.compile(r"^tensor|keras|^tf-|^absl", re.IGNORECASE)

pytestmark = pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)


def entries(lock: Path) -> dict[str, str]:
    """Package and version -> the whole entry, hashes included."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    whole = text.replace("\\\n", " ").splitlines()
    return {line.split(" ")[0]: line for line in whole if line.strip()}


def test_each_entry_is_pinned_and_hashed(lock: Path) -> None:
    found = entries(lock)
    assert found
    for name, entry in found.items():
        assert re.fullmatch(r"[a-z0-9-]+==[^\s=]+", name), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_names_no_index_host_address_or_path(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|@|pypi|\.(org|com|io|net)\b|find-links|index|\s/\w+/", text)
    options = re.findall(r"^ *(--?[a-z][a-z-]*)", text, flags=re.MULTILINE)
    assert set(options) == {"--hash"}


def test_says_how_it_was_written(lock: Path) -> None:
    assert "make lock" in lock.read_text(encoding="utf-8").splitlines()[1]


def test_tensorflow_is_only_where_its_name_is(lock: Path) -> None:
    found = [name for name in entries(lock) if TENSORFLOW.search(name)]
    assert bool(found) == (lock.stem == "rasa-tensorflow"), found


def test_each_dependency_has_a_reason(lock: Path) -> None:
    for block in lock.with_suffix(".in").read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.splitlines()
        # One reason above for all of them, or one beside each.
        for line in [] if lines[0].startswith("#") else lines:
            assert " # " in line, f"{lock.stem}.in: no reason beside {line!r}"
