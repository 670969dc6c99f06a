"""What is known of a trained model, as it is kept. Pure.

Its measurements, those of the model that was live, and what its data are like: codes, numbers and
places of our own lines. Only what staff wrote, or what is in conflict, is there as text.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA = 2


class ReportUnreadable(Exception):
    """A report of another version of the program: measure the model again."""


@dataclass(frozen=True)
class Read:
    """A line that was kept apart: what it means, what it was taken for, and whether that is right.

    Both by their short names; a rating that is one off is taken for the same and not right.
    """

    meant: str
    got: str
    right: bool


@dataclass(frozen=True)
class Broken:
    """The first turn of a dialogue that did not go as it is written."""

    dialogue: str
    turn: int
    says: str
    expected: str
    got: str


@dataclass(frozen=True)
class Measured:
    """A model on the lines that are kept apart; `digest` says on which.

    `not_held` are statements of danger that the screen lets through, `misread` those that the model
    alone, were there no screen, would take for something else than words; by their places.
    `seconds` is the middle of what a message takes.
    """

    model: str
    digest: str
    lines: Mapping[str, Read]
    not_held: tuple[str, ...] = ()
    misread: Mapping[str, str] = field(default_factory=dict)
    leaning: Mapping[str, str] = field(default_factory=dict)
    """Statements of danger of which something grave is the likeliest meaning, if not a sure one."""
    broken: tuple[Broken, ...] = ()
    dialogues: int = 0
    seconds: float = 0.0
    bytes: int = 0


@dataclass(frozen=True)
class Doubtful:
    """A changed line that the live model is sure means something else."""

    text: str
    language: str
    label: str
    sure_of: str


@dataclass(frozen=True)
class Data:
    """What the training data are like: everything that a gate looks at before the model itself.

    `conflicts`: texts under several labels. `from_one`: the most lines that one person gave.
    `doubtful` counts the changed lines of which the live model is sure that they mean something
    else; `examples` are some of them that were written here, not by patients.
    """

    changes: int = 0
    added: int = 0
    conflicts: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    from_one: int = 0
    doubtful: int = 0
    examples: tuple[Doubtful, ...] = ()
    taken_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By language/label: how many of the shipped lines are gone or moved, and of how many."""
    components: tuple[str, ...] = ()
    """What is wrong with the configuration, a sentence each."""
    valid: bool = True
    taught: int = 0
    """Lines that were added or moved here; `learned` of them the new model understands, and
    `known_before` the live one."""
    learned: int = 0
    known_before: int = 0


@dataclass(frozen=True)
class Report:
    """A candidate beside the model that was live when it was measured."""

    version: int | None
    candidate: Measured
    live: Measured
    data: Data = Data()
    signed: bool = True
    trained_seconds: float = 0.0


def as_json(report: Report) -> dict[str, Any]:
    """As it is kept; `from_json` reads it."""
    return {"schema": SCHEMA, **asdict(report)}


def from_json(kept: Mapping[str, Any]) -> Report:
    """Raises ReportUnreadable."""
    try:
        if kept["schema"] != SCHEMA:
            raise ReportUnreadable("The report is of another version; measure the model again.")
        data = kept["data"]
        return Report(
            version=kept["version"],
            candidate=measured_from(kept["candidate"]),
            live=measured_from(kept["live"]),
            data=Data(
                **{
                    **data,
                    "conflicts": tuple(data["conflicts"]),
                    "held_out": tuple(data["held_out"]),
                    "examples": tuple(Doubtful(**one) for one in data["examples"]),
                    "taken_out": {key: (one, of) for key, (one, of) in data["taken_out"].items()},
                    "components": tuple(data["components"]),
                }
            ),
            signed=kept["signed"],
            trained_seconds=kept["trained_seconds"],
        )
    except (KeyError, TypeError, ValueError):
        raise ReportUnreadable("The report cannot be read; measure the model again.") from None


def measured_from(kept: Mapping[str, Any]) -> Measured:
    """The measurement in a report."""
    return Measured(
        **{
            **kept,
            "lines": {place: Read(**one) for place, one in kept["lines"].items()},
            "not_held": tuple(kept["not_held"]),
            "misread": dict(kept["misread"]),
            "leaning": dict(kept["leaning"]),
            "broken": tuple(Broken(**one) for one in kept["broken"]),
        }
    )
