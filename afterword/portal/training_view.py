"""A training job as the page shows it: how far it is, and about how long it still takes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from afterword.records.jobs import Job, State

_STEPS = ("lay", "train", "measure", "live", "judge")


@dataclass(frozen=True)
class JobView:
    """`percent` is of the whole job; `minutes` are None while nothing is known."""

    job: Job
    percent: int
    minutes: int | None
    passed: bool


def of(job: Job, durations: Sequence[Mapping[str, float]], now: datetime) -> JobView:
    """From how long the steps took the last times."""
    usual = {step: _usual(durations, step) for step in _STEPS}
    whole = sum(usual.values())
    left = _left(job, usual)
    minutes = None
    percent = _by_steps(job)
    if whole and job.state is State.RUNNING:
        minutes = round(left / 60)
        percent = round(100 * (whole - left) / whole)
    return JobView(job, percent, minutes, job.outcome.get("passed") is True)


def _usual(durations: Sequence[Mapping[str, float]], step: str) -> float:
    known = [one[step] for one in durations if step in one]
    return sum(known) / len(known) if known else 0.0


def _left(job: Job, usual: Mapping[str, float]) -> float:
    at = _STEPS.index(job.step) if job.step in _STEPS else 0
    this = usual[_STEPS[at]] * (100 - job.percent) / 100
    return this + sum(usual[step] for step in _STEPS[at + 1 :])


def _by_steps(job: Job) -> int:
    return (100 * (job.at - 1) + job.percent) // job.of if job.at and job.of else 0
