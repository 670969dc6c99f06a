"""Putting a model live and taking it back, on the command line: `afterword promote --help`."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, NoReturn

import typer

from afterword.operator import operator
from afterword.records import jobs, serving
from afterword.records.jobs import Job, State
from afterword.records.serving import NothingBefore, NotPromotable
from afterword.records.store import Records, Tx
from afterword.records.vault import load_vault
from afterword.settings import Settings, load_settings
from afterword.waiting import wait_for

_LOOK_EVERY = 0.3
# So long it is left to the trainer of an installation that runs.
_FOR_THE_TRAINER = 4.0
# Longer than all that a promotion waits for itself, and another one before it.
_PATIENCE = 1800.0
STEPS = {
    "check": "checking what was measured, and the signature",
    "rehearse": "a made-up patient talks with it",
    "replay": "conversations that are under way are tried with it",
    "start": "starting it beside what is live",
    "switch": "it goes live",
}
WHY = {
    "unknown": "There is no such model. `afterword models` lists them.",
    "refused": "It did not pass every check. `afterword models` shows which; mend it and train.",
    "tainted": "It holds words of somebody who was erased. Train again.",
    "live": "It is live already.",
    "not_measured": "Its report is of another version of the program. Train again.",
    "gates": "It did not pass every check. `afterword models` shows which; mend it and train.",
    "unsigned": "Its archive or the manifest beside it is missing. Train again.",
    "untrusted": "It is not a model that was made and signed here. Train again.",
    "other_program": "It was made for another version of the program. Train again.",
    "rehearsal": "The conversation with a made-up patient did not go as it must. Train again.",
    "replay": "Conversations that are under way would not go on with it. Train again.",
    "not_ready": "It did not start in time; what is live stays. Try again.",
    "error": "It failed for a reason that is in the log of the trainer. Try again.",
    "stopped": "It was cancelled; what is live stays.",
    "no_end": "It has not ended in time; what is live stays. See the trainer's log, and try again.",
    "nothing_before": "No model was live before this one.",
}


def promote(
    model: Annotated[str, typer.Argument(help="Its name, as `afterword models` shows it.")],
) -> None:
    """Try a model out and put it live; what is live stays until all of it has gone well."""
    settings, records = _opened()
    try:
        with _by_operator(records, "promote") as tx:
            job_id = serving.ask_promotion(tx, model, None)
    except NotPromotable as refused:
        _stop(refused.code)
    _follow(settings, records, job_id)
    typer.echo(f"{model} is live. Reflections that were under way finish on theirs.")


def rollback() -> None:
    """Go back to the model that was live before, at once while it is still running."""
    settings, records = _opened()
    try:
        with _by_operator(records, "rollback") as tx:
            job_id = serving.take_back(tx, None)
    except NothingBefore:
        _stop("nothing_before")
    if job_id is not None:
        _follow(settings, records, job_id)
    with records.read() as tx:
        live = serving.state(tx).live
    typer.echo(f"{live} is live again. Reflections that were under way finish on theirs.")


def _opened() -> tuple[Settings, Records]:
    settings = load_settings()
    return settings, Records(settings.database, load_vault(settings.key_place))


@contextmanager
def _by_operator(records: Records, purpose: str) -> Iterator[Tx]:
    with records.begin(by=operator(), purpose=purpose) as tx:
        yield tx


def _follow(settings: Settings, records: Records, job_id: str) -> None:
    """Says how far the job is until it has ended; does it here when nobody else does."""
    following = _Following(settings, records, job_id)
    job = wait_for(following.look, _PATIENCE, _LOOK_EVERY)
    following.end()
    if job is None:
        _stop("no_end", minutes=round(_PATIENCE / 60))
    _require_done(job)


@dataclass
class _Following:
    """A job as it goes on; `helping` does it here, where no trainer runs."""

    settings: Settings
    records: Records
    job_id: str
    said: str = ""
    asked_at: float = field(default_factory=time.monotonic)
    helping: threading.Thread | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def look(self) -> Job | None:
        """The job once it has ended."""
        with self.records.read() as tx:
            job = jobs.one(tx, self.job_id)
            cut_off = job.cut_off(tx.now)
        if job.step != self.said:
            self.said = job.step
            typer.echo(f"{job.at} of {job.of}: {STEPS.get(job.step, job.step)}")
        if not job.open:
            return job
        waited = time.monotonic() - self.asked_at > _FOR_THE_TRAINER
        if self.helping is None and (cut_off or (waited and job.state is State.QUEUED)):
            self.helping = threading.Thread(target=self._work, daemon=True)
            self.helping.start()
        return None

    def end(self) -> None:
        self.stopping.set()
        if self.helping is not None:
            self.helping.join()

    def _work(self) -> None:
        # Only here: no other command needs it.
        from afterword.training import promotion

        offline = promotion.nothing_serves(self.records)
        promotion.Promoter(
            self.records, self.settings, stopping=self.stopping, offline=offline
        ).run()


def _require_done(job: Job) -> None:
    if job.state is State.CANCELLED:
        _stop("stopped")
    if job.state is not State.DONE:
        facts = {key: value for key, value in job.outcome.items() if key != "code"}
        _stop(str(job.outcome.get("code", "error")), **facts)


def _stop(code: str, **facts: object) -> NoReturn:
    typer.echo(f"afterword: {WHY[code]}", err=True)
    for name, value in facts.items():
        typer.echo(f"  {name}: {value}", err=True)
    raise typer.Exit(2)
