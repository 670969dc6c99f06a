"""When a new model is taken back, and which archives stay: decided over numbers and names alone."""

from datetime import UTC, datetime

import pytest

from afterword.records.registry import Model, State
from afterword.records.serving import Counts, Notice
from afterword.training.keeping import to_remove
from afterword.training.watch import Limits, judge

LIMITS = Limits(failed=5, missed=10)
USUAL = Counts(turns=2000, failures=10, misses=160)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        # Nothing happened yet, or as much as before.
        (Counts(), Notice.NONE),
        (Counts(200, 1, 16), Notice.NONE),
        # A few in a row say nothing.
        (Counts(0, 4, 0), Notice.NONE),
        (Counts(4, 0, 4), Notice.NONE),
        # Worse, and by no chance.
        (Counts(10, 10, 0), Notice.ERRORS),
        (Counts(500, 60, 40), Notice.ERRORS),
        (Counts(400, 2, 120), Notice.MISSES),
        # Worse, but not by as much as is allowed.
        (Counts(1000, 25, 80), Notice.NONE),
        (Counts(1000, 5, 140), Notice.NONE),
        # So few that it may be chance.
        (Counts(20, 0, 6), Notice.NONE),
    ],
)
def test_a_model_is_taken_back_when_it_does_worse_beyond_chance(now: Counts, found: Notice) -> None:
    assert judge(USUAL, now, LIMITS) is found


def test_without_anything_before_the_limits_alone_decide() -> None:
    assert judge(Counts(), Counts(100, 0, 6), LIMITS) is Notice.NONE
    assert judge(Counts(), Counts(100, 0, 30), LIMITS) is Notice.MISSES


def test_failures_go_before_misunderstandings() -> None:
    assert judge(USUAL, Counts(100, 50, 90), LIMITS) is Notice.ERRORS


def test_the_newest_stay_and_what_somebody_needs() -> None:
    names = [f"m{number}" for number in range(6)]
    models = [model(name) for name in names]
    assert to_remove(models, {"m4"}, 3) == ["m3", "m5"]
    assert to_remove(models, set(), 6) == []


def test_what_was_removed_already_takes_no_place() -> None:
    models = [model("new"), model("gone", State.REMOVED), model("old"), model("older")]
    assert to_remove(models, set(), 2) == ["older"]


def model(name: str, state: State = State.READY) -> Model:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Model(name, None, None, state, {}, now, None, None, None)
