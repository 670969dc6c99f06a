"""What training and promoting have in common: jobs are done one after the other, with a beat.

Killed at any moment, the job is left as it was, and the next process takes it over.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from afterword.records import jobs
from afterword.records.jobs import Job, JobLost, Kind, State
from afterword.records.store import Records, RecordsAway
from afterword.settings import Settings

_BEAT_EVERY, _LOOK_EVERY = 3.0, 1.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker(ABC):
    """Does the jobs of one kind on one database, until `stopping` is set."""

    kind: ClassVar[Kind]
    records: Records
    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event, kw_only=True)

    def run(self) -> None:
        """Works until it is told to stop; a job that is not done is taken up again later."""
        while not self.stopping.is_set():
            try:
                worked = self.once()
            except RecordsAway:
                worked = False
            if not worked:
                self.stopping.wait(_LOOK_EVERY)

    def once(self) -> bool:
        """Does the next job; False when there is none. Raises RecordsAway."""
        with self.records.begin() as tx:
            job = jobs.claim(tx, (self.kind,))
        if job is not None:
            self._do(job)
        return job is not None

    @abstractmethod
    def _do(self, job: Job) -> None:
        """Does a claimed job and ends it, unless all is to stop. Raises RecordsAway."""


@dataclass
class Task:
    """A job that is being worked on: says how far it is, and how many seconds each step took.

    `job` is as it was at the last beat.
    """

    records: Records
    job: Job
    stopping: threading.Event
    steps: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    _beaten: float = 0.0
    _began: float = 0.0

    def step(self, name: str) -> None:
        """Begins a step. Raises JobLost."""
        self.end_step()
        self._began = time.monotonic()
        at = self.steps.index(name)
        self._beat(step=name, at=at + 1, of=len(self.steps), percent=self._percent_at(at))

    def end_step(self) -> None:
        """Remembers how long the step took that is at its end."""
        if self._began:
            self.seconds[self.job.step] = round(time.monotonic() - self._began, 1)

    def end(self, state: State, outcome: Mapping[str, object], *, model: str | None = None) -> None:
        """Ends the job, unless another process has it by now. Raises RecordsAway."""
        try:
            with self.records.begin() as tx:
                jobs.finish(tx, self.job, state, outcome, model=model)
        except JobLost:
            logger.warning("a job was taken over by another process")

    def _percent_at(self, at: int) -> int:
        """How much is done when a step begins, by its place among the steps."""
        return 100 * at // len(self.steps)

    def _is_due(self) -> bool:
        return time.monotonic() - self._beaten >= _BEAT_EVERY

    def _beat(self, **given: Any) -> None:
        """Raises JobLost and RecordsAway."""
        self._beaten = time.monotonic()
        with self.records.begin() as tx:
            self.job = jobs.beat(tx, self.job, **given)
