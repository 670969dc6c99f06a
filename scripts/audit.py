#!/usr/bin/env python3
"""Looks the locked versions up in the advisory feeds, and compares with docs/advisories.csv.

    python scripts/audit.py [pip-audit options, such as -s osv]

Fails when a feed knows an advisory without a line in the list, and when no feed answered: nothing
found because nobody was asked is not a clean bill.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("app", "rasa")
LIST = ROOT / "docs" / "advisories.csv"


def main(options: list[str]) -> int:
    known = {identity for row in rows() for identity in row["id"].split()}
    code = 0
    for name in LOCKS:
        found = audited(name, options)
        if found is None:
            print(f"{name}: NOT AUDITED: no feed answered. Run it where the network allows.")
            code = 2
            continue
        new = [line for identities, line in found if not known & identities]
        print(f"{name}: {len(found)} known advisories, {len(new)} without a line in {LIST.name}")
        print("".join(f"  {line}\n" for line in new), end="")
        code = max(code, 1 if new else 0)
    return code


def rows() -> list[dict[str, str]]:
    """The lines of docs/advisories.csv."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def audited(name: str, options: list[str]) -> list[tuple[set[str], str]] | None:
    """Each advisory: its names, and a line to read; None when the feed knew no packages."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
            *("-r", str(ROOT / "requirements" / f"{name}.txt"), "-f", "json", *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    if any("skip_reason" in package for package in packages):
        return None
    return [
        ({found["id"], *found["aliases"]}, f"{package['name']} {package['version']} {found['id']}")
        for package in packages
        for found in package["vulns"]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
