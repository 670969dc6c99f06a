"""Putting a model live: everything that must hold is proved first, then the pointer is moved.

Until the last step nothing changes for anybody. Killed at any point, what was live stays live, and
the job is taken over and done from its beginning.
"""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from afterword import children, manifest, readiness, services
from afterword.evaluation.running import RASA_PYTHON
from afterword.records import jobs, registry, serving
from afterword.records.jobs import Job, JobLost, State
from afterword.records.serving import NotPromotable
from afterword.records.store import Records, RecordsAway
from afterword.settings import PROJECT, Settings
from afterword.training import gates, keeping, locked, model, rehearsal, report
from afterword.training.rehearsal import RehearsalFailed
from afterword.training.signing_key import SigningKeyUnusable, signing_key
from afterword.training.working import Task, Worker
from afterword.waiting import wait_for

STEPS = ("check", "rehearse", "replay", "start", "switch")
"""Of a promotion, in order. Going back to what was live before leaves out the second and third."""
CODES = (
    *("unknown", "refused", "tainted", "live", "not_measured", "gates", "unsigned", "untrusted"),
    *("other_program", "rehearsal", "replay", "not_ready", "error"),
)
"""Why a promotion failed."""
_POLL_EVERY = 0.1
_START_PATIENCE, _REPLAY_PATIENCE = 90.0, 300.0

logger = logging.getLogger(__name__)


class Refused(Exception):
    """The model does not go live. `code` says why, `facts` are numbers and names of gates."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class _Stopping(Exception):
    """The process is to end: whoever comes next does the job again."""


@dataclass(frozen=True)
class Promoter(Worker):
    """Does the promotions that are asked for, one after the other, beside what is trained.

    `offline`: nothing serves, so there is no process of the model to wait for.
    """

    kind = jobs.Kind.PROMOTE
    offline: bool = False

    def _do(self, job: Job) -> None:
        carry_out(self.records, self.settings, job, self.stopping, offline=self.offline)


def carry_out(
    records: Records,
    settings: Settings,
    job: Job,
    stopping: threading.Event | None = None,
    *,
    offline: bool = False,
    project: Path = PROJECT,
) -> None:
    """Does a claimed job and ends it: done, failed with the reason, or cancelled.

    `offline` as in `Promoter`.

    Raises RecordsAway: then it is as if it had been killed.
    """
    task = _Task(records, job, stopping or threading.Event(), offline=offline)
    name = job.model or ""
    try:
        with _trying_out(task):
            _prove_and_switch(task, settings, project, name)
    except _Stopping:
        return
    except JobLost:
        task.end(State.CANCELLED, {})
        return
    except Refused as refused:
        task.end(State.FAILED, {"code": refused.code, **refused.facts})
        return
    except RecordsAway:
        raise
    except Exception as error:
        # A job that fails for a reason that nobody knows is not tried for ever.
        logger.error("a promotion failed", extra={"error": error})
        task.end(State.FAILED, {"code": "error"})
        return
    keeping.prune(records, settings, model.fingerprint(project))


@dataclass
class _Task(Task):
    """`offline` as in `Promoter`."""

    steps: tuple[str, ...] = STEPS
    offline: bool = False

    def alive(self) -> None:
        """Called again and again in what takes long. Raises JobLost."""
        if self.stopping.is_set():
            raise _Stopping
        if self._is_due():
            self._beat()

    def wanted(self) -> bool:
        """As `alive`, for what asks."""
        self.alive()
        return True


@contextmanager
def _trying_out(task: _Task) -> Iterator[None]:
    """Whatever happens, no process is kept for a model that did not go live."""
    try:
        yield
    except RecordsAway:
        raise
    except BaseException:
        with task.records.begin() as tx:
            if serving.state(tx).candidate == task.job.model:
                serving.try_out(tx, "")
        raise


def _prove_and_switch(task: _Task, settings: Settings, project: Path, name: str) -> None:
    with task.records.read() as tx:
        back = name != "" and serving.state(tx).previous == name
    if back:
        # It was live before: it has proved what a rehearsal could show.
        task.steps = ("check", "start", "switch")
    task.step("check")
    archive = settings.models_dir / f"{name}.tar.gz"
    _check(task.records, settings, project, archive, name, measured=not back)
    replayed: dict[str, int] = {}
    if not back:
        task.step("rehearse")
        _rehearse(task, settings, archive)
        _try_out(task, name)
        task.step("replay")
        replayed = _replay(task, settings, archive)
    task.step("start")
    _try_out(task, name)
    _await_ready(task, name)
    task.step("switch")
    task.end_step()
    _switch(task, settings, name, replayed, back=back)


def _check(
    records: Records, settings: Settings, project: Path, archive: Path, name: str, *, measured: bool
) -> None:
    """What was measured, the signature, the components, and that it fits the program."""
    with records.read() as tx:
        try:
            serving.require_promotable(tx, name)
        except NotPromotable as not_promotable:
            raise Refused(not_promotable.code) from None
        known = registry.by_name(tx, name)
    if measured:
        assert known is not None
        _require_gates(known.report, project)
    try:
        key = manifest.public_text(signing_key(settings.model_key))
        facts = manifest.check(archive, key)
    except manifest.ManifestMissing:
        raise Refused("unsigned") from None
    except (manifest.ModelRefused, SigningKeyUnusable) as refused:
        raise Refused("untrusted", why=str(refused)) from None
    if facts.domain_sha256 != manifest.sha256(project / "domain.yml"):
        raise Refused("other_program")


def _require_gates(kept: Mapping[str, Any], project: Path) -> None:
    """Judged anew: neither a page nor a command gets by what the report says."""
    try:
        failed = gates.refusals(report.from_json(kept), locked.load(project))
    except report.ReportUnreadable:
        raise Refused("not_measured") from None
    if failed:
        raise Refused("gates", gates=[gate.code for gate in failed])


def _rehearse(task: _Task, settings: Settings, archive: Path) -> None:
    try:
        rehearsal.rehearse(settings, archive, task.alive, rehearsal.of_clinics(task.records))
    except RehearsalFailed as failed:
        raise Refused("rehearsal", at=failed.code) from None
    except (manifest.ModelRefused, SigningKeyUnusable) as refused:
        raise Refused("untrusted", why=str(refused)) from None


def _replay(task: _Task, settings: Settings, archive: Path) -> dict[str, int]:
    """Talks that are under way go on with it at least as well as with what is live."""
    found = replay(task.records, settings, archive, task.wanted)
    if found["failed"] or found["strayed"]:
        with task.records.read() as tx:
            live = settings.models_dir / f"{serving.state(tx).live}.tar.gz"
        before = replay(task.records, settings, live, task.wanted) if live.is_file() else None
        if before is None or any(found[one] > before[one] for one in ("failed", "strayed")):
            raise Refused("replay", **found)
    return found


def replay(
    records: Records,
    settings: Settings,
    archive: Path,
    wanted: Callable[[], bool] = lambda: True,
) -> dict[str, int]:
    """Counts of stored talks taken through a model, as `bot/replay.py` prints them.

    It runs in Rasa's environment and reads only. Raises Refused.
    """
    said: list[str] = []
    environment = services.base_environment() | services.conversations(settings, records.vault)
    environment["PYTHONPATH"] = str(PROJECT)
    try:
        code = children.run(
            [str(PROJECT / RASA_PYTHON), "-m", "bot.replay", str(archive)],
            folder=PROJECT,
            environment=environment,
            heard=said.append,
            wanted=wanted,
            patience=_REPLAY_PATIENCE,
        )
        counts: dict[str, int] = json.loads(said[-1])
    except (OSError, ValueError, IndexError, children.TooLong, services.RasaRefused):
        raise Refused("replay") from None
    if code:
        raise Refused("replay")
    return counts


def _try_out(task: _Task, name: str) -> None:
    with task.records.begin() as tx:
        serving.try_out(tx, name)


def _await_ready(task: _Task, name: str) -> None:
    """Waits until a process has it; where none runs at all, the next start brings it."""
    if task.offline:
        return
    with httpx.Client(timeout=5, trust_env=False) as client:

        def answers() -> bool:
            task.alive()
            with task.records.read() as tx:
                wanted = serving.state(tx).candidate == name
                url = serving.route(tx, name)
            if not wanted:
                raise Refused("untrusted")
            if not url:
                return False
            return readiness.answers(client, url + readiness.RASA)

        if not wait_for(answers, _START_PATIENCE, _POLL_EVERY):
            raise Refused("not_ready")


def nothing_serves(records: Records) -> bool:
    """Whether no process listens where the records say that one does."""
    with records.read() as tx:
        urls = [one.url for one in serving.replicas(tx)]
    return not any(map(_listens, urls))


def _listens(url: str) -> bool:
    place = urlsplit(url)
    try:
        with socket.create_connection((str(place.hostname), place.port or 0), timeout=1):
            return True
    except OSError:
        return False


def _switch(
    task: _Task, settings: Settings, name: str, replayed: dict[str, int], *, back: bool
) -> None:
    """The pointer and the end of the job, in one."""
    by = task.job.asked_by
    outcome = {"seconds": task.seconds, "replayed": replayed}
    with task.records.begin(purpose="promote") as tx:
        if back:
            serving.roll_back(tx, by)
        else:
            serving.promote(tx, name, by, timedelta(hours=settings.watch_hours))
        jobs.finish(tx, task.job, State.DONE, outcome)
