#!/usr/bin/env python3
"""Writes the bill of materials of both environments, CycloneDX 1.6, from the lock files.

    python scripts/sbom.py [FOLDER]      app.cdx.json and rasa.cdx.json, into results/sbom

The same lock gives the same bytes: no clock, no random serial number, no address.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("app", "rasa")
_VERSION = re.compile(r'__version__ = "([^"]+)"')
_ENTRY = re.compile(r"^([a-z0-9][a-z0-9-]*)==([^\s;\\]+)(?: ; ([^\\]+))?")
_VIA = re.compile(r"(?:^|#) +(-r \S+|[a-z0-9][a-z0-9-]*)$", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Locked:
    """One package of a lock: the marker says for which machines, the hashes what is installed."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    # What asked for it: packages, or the requirement file itself.
    asked_by: tuple[str, ...]


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else ROOT / "results" / "sbom"
    folder.mkdir(parents=True, exist_ok=True)
    for name in LOCKS:
        path = folder / f"{name}.cdx.json"
        path.write_text(as_json(name), encoding="utf-8")
        print(f"{path}: {len(list(locked(name)))} packages")
    return 0


def locked(name: str) -> Iterator[Locked]:
    """The packages of `requirements/<name>.txt`, in its order."""
    text = lock_of(name).read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z0-9])", text):
        if found := _ENTRY.match(block):
            marker = (found[3] or "").strip()
            asked_by = tuple(_VIA.findall(block.partition("# via")[2]))
            hashes = tuple(_HASH.findall(block))
            yield Locked(found[1], found[2], marker, hashes, asked_by)


def as_json(name: str) -> str:
    """The bill of one environment."""
    bom = Bom(serial_number=_serial(name))
    root = bom.metadata.component = Component(
        name=f"afterword-{name}", version=_version(), type=ComponentType.APPLICATION, bom_ref=name
    )
    packages = list(locked(name))
    # A name may be locked twice, for two kinds of machine.
    made = [(package, _component(package)) for package in packages]
    bom.components.update(component for _, component in made)
    for package, component in made:
        for asking in package.asked_by:
            callers = [other for one, other in made if one.name == asking]
            for caller in callers or [root]:
                bom.register_dependency(caller, [component])
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    # When it was written says nothing about what is in it.
    del written["metadata"]["timestamp"]
    return json.dumps(written, indent=2, sort_keys=True) + "\n"


def lock_of(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _component(package: Locked) -> Component:
    purl = PackageURL("pypi", name=package.name, version=package.version)
    said = {"afterword:marker": package.marker} if package.marker else {}
    said |= {f"afterword:sha256:{at}": value for at, value in enumerate(package.hashes)}
    only = package.hashes[0] if len(package.hashes) == 1 else None
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.OPTIONAL if package.marker else ComponentScope.REQUIRED,
        purl=purl,
        bom_ref=str(purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=only)] if only else [],
        properties=[Property(name=key, value=value) for key, value in said.items()],
    )


def _serial(name: str) -> uuid.UUID:
    digest = hashlib.sha256(lock_of(name).read_bytes()).hexdigest()
    return uuid.uuid5(uuid.NAMESPACE_OID, f"afterword {name} {_version()} {digest}")


def _version() -> str:
    found = _VERSION.search((ROOT / "afterword" / "__init__.py").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
