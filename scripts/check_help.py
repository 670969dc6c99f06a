#!/usr/bin/env python3
"""A check before each release: are the help lines in `help/` still confirmed?

    check_help.py [--today YYYY-MM-DD] [--folder help]

Fails when an entry was verified more than 180 days ago, and when a country has no verified line
for a crisis. Entries that no person has verified are listed; patients are not shown those, save
the emergency number.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from afterword.datafiles import DataFileError  # noqa: E402
from afterword.helpfiles import HELP, load_help  # noqa: E402
from afterword.safety.helplines import (  # noqa: E402
    FRESH_DAYS,
    URGENT,
    Directory,
    all_lines,
    stale,
    unverified,
)


def main(arguments: list[str]) -> int:
    options = options_from(arguments)
    try:
        directory = load_help(options.folder)
    except DataFileError as error:
        print(error)
        return 1
    for code, line in unverified(directory):
        print(f"not verified   {code:<7}{line}")
    for code, line in dated_ahead(directory, options.today):
        print(f"dated ahead    {code:<7}{line}")
    problems = problems_in(directory, options.today)
    print(*problems, sep="\n", end="\n" if problems else "")
    print("Look these up on the operators' pages." if problems else "The help lines are fresh.")
    return 1 if problems else 0


def options_from(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Are the help lines still confirmed?")
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())
    parser.add_argument("--folder", type=Path, default=HELP)
    return parser.parse_args(arguments)


def problems_in(directory: Directory, today: date) -> list[str]:
    old = [
        f"TOO OLD        {each.country:<7}{each.line}: verified on {each.verified_on}, "
        f"{each.age.days} days ago, {FRESH_DAYS} are allowed"
        for each in stale(directory, today)
    ]
    bare = [
        f"NO CRISIS LINE {country.code:<7}no verified line for a crisis"
        for country in directory.countries
        if not any(line.is_verified and {*line.kinds} & {*URGENT} for line in country.lines)
    ]
    return old + bare


def dated_ahead(directory: Directory, today: date) -> list[tuple[str, str]]:
    """Lines whose day of verification is still to come: a slip of the pen, or of the clock."""
    return [
        (country.code, line.id)
        for country, line in all_lines(directory)
        if line.source.verified_on and line.source.verified_on > today
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
