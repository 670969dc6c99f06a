"""A training job as the page shows it: how far it is, and about how long it still takes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from afterword.records.jobs import Job, State
from afterword.training.trainer import STEPS

_FIRST = {"lay": 1.0, "train": 150.0, "measure": 35.0, "live": 35.0, "judge": 1.0}
"""Seconds on a small server, for as long as nothing was trained here."""


@dataclass(frozen=True)
class JobView:
    """`percent` and `minutes` are of the whole job; `guessed` while nothing was trained here."""

    job: Job
    percent: int
    minutes: int
    guessed: bool
    passed: bool
    cut_off: bool


def of(job: Job, durations: Sequence[Mapping[str, float]], now: datetime) -> JobView:
    """From how long the steps took the last times."""
    usual = {step: _usual(durations, step) for step in STEPS}
    whole = sum(usual.values()) or 1.0
    left = _left(job, usual, now) if job.state is State.RUNNING else whole
    return JobView(
        job,
        percent=round(100 * (whole - left) / whole),
        minutes=ceil(left / 60),
        guessed=not durations,
        passed=job.outcome.get("passed") is True,
        cut_off=job.cut_off(now),
    )


def _usual(durations: Sequence[Mapping[str, float]], step: str) -> float:
    known = [one[step] for one in durations if step in one]
    return sum(known) / len(known) if known else (0.0 if durations else _FIRST[step])


def _left(job: Job, usual: Mapping[str, float], now: datetime) -> float:
    """By what is done of the step and by the clock, whichever says less: learning tells little of
    how far it is. What the later steps take is always left."""
    at = STEPS.index(job.step) if job.step in STEPS else 0
    later = sum(usual[step] for step in STEPS[at + 1 :])
    by_step = usual[STEPS[at]] * (100 - job.percent) / 100 + later
    passed = (now - job.started_at).total_seconds() if job.started_at else 0.0
    return min(by_step, max(later, sum(usual.values()) - passed))
