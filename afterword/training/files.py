"""A clinic's versions as files, for Git and for another installation: YAML with a manifest."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from afterword.manifest import VERSION
from afterword.records.data_versions import Change, Kind, Version

FORMAT = 1
MANIFEST = "manifest.yml"


class FilesRefused(Exception):
    """Files that are not brought in; the message says why and what to do."""


@dataclass(frozen=True)
class Kept:
    """A version as its file says it."""

    number: int
    author: str
    closed_at: datetime
    reason: str
    changes: tuple[Change, ...]
    renewals: int = 0


def write(
    folder: Path, versions: Sequence[tuple[Version, Sequence[Change]]], renewals: int = 0
) -> list[Path]:
    """Writes a file for each version, oldest first, and the manifest; returns their paths.

    `renewals` says how often the root key was changed: whose a line is, is hashed with it. The
    same versions give the same files, so that Git shows only what is new.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed, paths = [], []
    for version, changes in sorted(versions, key=lambda one: one[0].number or 0):
        text = written(version, changes)
        path = folder / f"{version.number:04d}.yml"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
        listed.append({"number": version.number, "file": path.name, "sha256": _hash(text)})
    manifest = {
        "format": FORMAT,
        "afterword": VERSION,
        "renewals": renewals,
        "versions": listed,
    }
    (folder / MANIFEST).write_text(_dumped(manifest), encoding="utf-8")
    return [*paths, folder / MANIFEST]


def read(folder: Path) -> list[Kept]:
    """The versions in a folder, oldest first. Raises FilesRefused."""
    manifest = _loaded(folder / MANIFEST)
    renewals = manifest.get("renewals", 0)
    if manifest.get("format") != FORMAT or not _is_count(renewals):
        raise FilesRefused(f"{folder / MANIFEST} is of another version of Afterword.")
    found = []
    for one in manifest.get("versions") or []:
        path = folder / Path(str(one["file"])).name
        text = _text(path)
        if _hash(text) != one["sha256"]:
            raise FilesRefused(f"{path} was changed since it was written. Write it anew.")
        found.append(replace(_kept(path, _loaded(path)), renewals=renewals))
    return sorted(found, key=lambda one: one.number)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def written(version: Version, changes: Sequence[Change]) -> str:
    """A version as a file."""
    assert version.closed_at is not None
    return _dumped(
        {
            "version": version.number,
            "author": version.author or "",
            "closed_at": version.closed_at.isoformat(),
            "reason": version.reason,
            "changes": [_plain(one) for one in changes],
        }
    )


def _plain(change: Change) -> dict[str, str]:
    said = {"do": str(change.kind), "language": change.language, "text": change.text}
    if change.kind is not Kind.ADD:
        said["was"] = change.was
    if change.kind is not Kind.REMOVE:
        said["label"] = change.label
    # Keyed: it names nobody, and lets an erasure find the line in whatever place it came to.
    return said | ({"owner": change.owner_hash} if change.owner_hash else {})


def _kept(path: Path, data: dict[str, Any]) -> Kept:
    try:
        return Kept(
            int(data["version"]),
            str(data["author"]),
            datetime.fromisoformat(str(data["closed_at"])),
            str(data["reason"]),
            tuple(
                Change(
                    id="",
                    kind=Kind(one["do"]),
                    language=one["language"],
                    label=one.get("label", one.get("was", "")),
                    was=one.get("was", ""),
                    text=one["text"],
                    owner_hash=one.get("owner", ""),
                )
                for one in data["changes"]
            ),
        )
    except (KeyError, TypeError, ValueError):
        raise FilesRefused(f"{path} is no version of training data.") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise FilesRefused(f"{path} is missing or cannot be read.") from None


def _loaded(path: Path) -> dict[str, Any]:
    try:
        found = YAML(typ="safe", pure=True).load(_text(path))
    except YAMLError:
        raise FilesRefused(f"{path} is no YAML.") from None
    if not isinstance(found, dict):
        raise FilesRefused(f"{path} is no version of training data.")
    return found


def _dumped(data: object) -> str:
    out = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 1000
    yaml.dump(data, out)
    return out.getvalue()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
