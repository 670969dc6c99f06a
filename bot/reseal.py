"""Seals stored conversations with the present key, whatever key had sealed them before.

    python -m bot.reseal

One line of JSON comes out, with counts and nothing else. Nobody else may write meanwhile. It may
be broken off and run again. `afterword keys renew-root` calls it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bot.seal import CannotOpen, Sealed, Sealer, place_of
from bot.turn_table import TurnTable

BATCH = 500


@dataclass
class Counts:
    """`left`: turns that open with no key that was given; they stay as they are."""

    sealed: int = 0
    left: int = 0


def main(environment: Mapping[str, str]) -> None:
    """Prints the counts. Raises KeyUnusable."""
    sealer = Sealer.from_environment(environment)
    table = TurnTable(environment["AFTERWORD_TRACKER_URL"])
    counts = reseal(table, sealer)
    table.close()
    sys.stdout.write(json.dumps(asdict(counts)) + "\n")


def reseal(table: TurnTable, sealer: Sealer) -> Counts:
    """Goes through all that another key has sealed; each batch is a transaction of its own."""

    def again(conversation: str, turn: int, sealed: Sealed) -> Sealed | None:
        place = place_of(conversation, turn)
        try:
            return sealer.seal(sealer.open(sealed, place), place)
        except CannotOpen:
            return None

    counts, waiting = Counts(), table.sealed_otherwise(sealer.current)
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        done = table.seal_again(batch, again)
        counts.sealed += done
        counts.left += len(batch) - done
    table.forget_log()
    return counts


if __name__ == "__main__":
    main(os.environ)
