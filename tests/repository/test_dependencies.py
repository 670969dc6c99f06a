"""The bill of materials is the locks, and each known advisory has its line."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from afterword.settings import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))

import audit
import sbom

ROWS = audit.rows()
ALL_LOCKS = ("app", "rasa", "rasa-tensorflow")


@pytest.mark.parametrize("name", sbom.LOCKS)
def test_the_bill_lists_each_locked_package_with_its_hashes(name: str) -> None:
    text = sbom.as_json(name)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    listed = {(one["name"], one["version"]) for one in bill["components"]}
    pinned = re.findall(
        r"^([a-z0-9][a-z0-9-]*)==([^\s;\\]+)", sbom.lock_of(name).read_text("utf-8"), re.MULTILINE
    )
    assert listed == set(pinned)
    assert all(one["properties"] for one in bill["components"])
    direct = next(one for one in bill["dependencies"] if one["ref"] == name)["dependsOn"]
    assert any(one.startswith("pkg:pypi/cryptography@") for one in direct)


@pytest.mark.parametrize("name", sbom.LOCKS)
def test_the_same_lock_gives_the_same_bill_without_addresses(name: str) -> None:
    text = sbom.as_json(name)
    assert text == sbom.as_json(name)
    assert set(re.findall(r"https?://[^\s\"]+", text)) == {
        "http://cyclonedx.org/schema/bom-1.6.schema.json"
    }
    assert str(PROJECT) not in text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['package']}-{row['id'].split()[0]}")
def test_each_advisory_is_about_a_version_that_is_locked(row: dict[str, str]) -> None:
    locked = {(one.name, one.version) for name in ALL_LOCKS for one in sbom.locked(name)}
    assert (row["package"], row["version"]) in locked, "mended? then take the line out"
    assert re.fullmatch(r"CVE-\d{4}-\d+( GHSA(-\w{4}){3})?", row["id"])
    assert row["reachable"] in {"yes", "no"}
    assert row["what"] and row["why"] and row["source"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['package']}-{row['id'].split()[0]}")
def test_each_advisory_names_a_test_that_exists(row: dict[str, str]) -> None:
    path, _, name = row["test"].partition("::")
    source = (PROJECT / path).read_text(encoding="utf-8")
    assert re.search(rf"^ *(async )?def {name}\(", source, re.MULTILINE)


def test_no_advisory_is_listed_twice() -> None:
    listed = [(row["package"], row["id"]) for row in ROWS]
    assert len(set(listed)) == len(listed)


def feed(folder: Path, answer: str) -> Path:
    """A stand-in for the auditing program, which needs the network."""
    module = folder / "pip_audit.py"
    module.write_text(f"print({answer!r})\n")
    return folder


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("", 2, "NOT AUDITED"),
        ('{"dependencies": [{"name": "a", "skip_reason": "unknown"}]}', 2, "NOT AUDITED"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "0 known"),
        (
            '{"dependencies": [{"name": "a", "version": "1", "vulns": '
            '[{"id": "PYSEC-1", "aliases": ["CVE-1999-1"]}]}]}',
            1,
            "a 1 PYSEC-1",
        ),
        (
            '{"dependencies": [{"name": "protobuf", "version": "4.23.3", "vulns": '
            '[{"id": "PYSEC-2", "aliases": ["CVE-2025-4565"]}]}]}',
            0,
            "1 known advisories, 0 without",
        ),
    ],
)
def test_an_audit_fails_when_it_finds_news_or_nobody_answered(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    code: int,
    words: str,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(feed(tmp_path, answer)))
    assert audit.main([]) == code
    assert words in capsys.readouterr().out
