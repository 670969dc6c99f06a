"""The trainer: a process of its own that trains, measures and judges, one job after the other.

It works beside the assistant that serves patients and never touches it. Killed at any moment it
leaves nothing half done: the next one takes the job over and repeats its step, and a model that was
trained already is found again.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from afterword import children, components, manifest
from afterword.evaluation.running import EvaluationFailed
from afterword.records import data_versions, jobs, registry, serving
from afterword.records.data_versions import Change, Kind
from afterword.records.jobs import Job, JobLost, State
from afterword.records.store import RecordsAway
from afterword.screening.screener import Screener
from afterword.settings import PROJECT
from afterword.training import changeset, gates, locked, model, project_folder
from afterword.training.changeset import Applied
from afterword.training.locked import Locked
from afterword.training.measuring import Guess, measure, sure_of
from afterword.training.report import (
    Data,
    Doubtful,
    Measured,
    Report,
    ReportUnreadable,
    as_json,
    measured_from,
)
from afterword.training.signing_key import SigningKeyUnusable, signing_key
from afterword.training.working import Task, Worker

STEPS = ("lay", "train", "measure", "live", "judge")
"""Of a job, in order; each can be repeated."""
CODES = ("invalid", "training", "nothing_live", "measuring", "no_version", "error")
"""Why a training came to no model."""
NICE = 15
SURE = 0.9
"""From here on the live model is sure of what a line means."""
_SHOWN = 10

logger = logging.getLogger(__name__)


class NothingLive(Exception):
    """There is no model to compare with; start the assistant once, which trains it."""


@dataclass
class _Task(Task):
    """One that goes on while the database is away, and hears that it is not wanted."""

    steps: tuple[str, ...] = STEPS
    lost: bool = False
    _percent: int = 0

    def step(self, name: str) -> None:
        """Begins a step. Raises Stopped."""
        self._percent = 0
        super().step(name)
        if self.lost:
            raise children.Stopped

    def progress(self, at: int, of: int) -> None:
        """How much of a step is done."""
        self._percent = 100 * at // max(1, of)

    def wanted(self) -> bool:
        """Beats now and then; False once the job was cancelled or taken over, or all is to end."""
        if self.stopping.is_set():
            return False
        if not self.lost and self._is_due():
            self._beat(percent=self._percent)
        return not self.lost

    def _percent_at(self, at: int) -> int:
        # It is counted within each step: how long they take is known from those before.
        return 0

    def _beat(self, **given: Any) -> None:
        try:
            super()._beat(**given)
        except JobLost:
            self.lost = True
        except RecordsAway:
            # The next beat may reach it; until then the work goes on.
            logger.warning("a beat did not reach the database")


@dataclass(frozen=True)
class Trainer(Worker):
    """Trains what is asked for. `screener` is asked for once it is needed: it takes memory."""

    kind = jobs.Kind.TRAIN
    screener: Callable[[], Screener]
    project: Path = PROJECT

    def _do(self, job: Job) -> None:
        task = _Task(self.records, job, self.stopping)
        folder = self.folder(job.id)
        try:
            state, outcome, name = self._done(task, folder)
            # What was started here got the same signal: that it ended then is no failure.
            if not self.stopping.is_set():
                task.end(state, outcome, model=name)
        finally:
            for path in (folder / "data", folder / "config.yml", folder / "domain.yml"):
                _remove(path)

    def folder(self, job_id: str) -> Path:
        """Where a job works; only its log stays."""
        return self.settings.data_dir / "training" / job_id

    def _done(self, task: _Task, folder: Path) -> tuple[State, dict[str, object], str | None]:
        try:
            name, passed = self._train(task, folder)
        except children.Stopped:
            return State.CANCELLED, {}, None
        except model.DataInvalid:
            return State.FAILED, {"code": "invalid"}, None
        except (model.TrainingFailed, SigningKeyUnusable, manifest.ModelRefused):
            return State.FAILED, {"code": "training"}, None
        except NothingLive:
            return State.FAILED, {"code": "nothing_live"}, None
        except EvaluationFailed:
            return State.FAILED, {"code": "measuring"}, None
        except LookupError:
            return State.FAILED, {"code": "no_version"}, None
        except RecordsAway:
            raise
        except Exception as error:
            # A job that fails for a reason that nobody knows is not tried for ever.
            logger.error("a training failed", extra={"error": error})
            return State.FAILED, {"code": "error"}, None
        task.end_step()
        return State.DONE, {"passed": passed, "seconds": task.seconds}, name

    def _train(self, task: _Task, folder: Path) -> tuple[str, bool]:
        task.step("lay")
        kept = locked.load(self.project)
        number, changes = self._changes(task.job)
        applied = project_folder.lay(self.project, folder, changes)
        data = facts(self.project, folder, applied, changes, kept)
        if changes:
            # Rather told at once than after minutes of learning.
            self._live()
        task.step("train")
        trained = self._trained(task, folder, number)
        task.step("measure")
        live_name, live_archive = self._live()
        screener = self.screener()
        candidate = measure(trained.path, kept, screener, task.progress, task.wanted)
        task.step("live")
        live = candidate if live_name == trained.fingerprint else self._known(live_name, kept)
        if live is None:
            live = measure(live_archive, kept, screener, task.progress, task.wanted)
        data = heard_again(data, applied.lasting, live_archive, trained.path, task.wanted)
        task.step("judge")
        report = Report(number, candidate, live, data, self._is_signed(trained.path))
        passed = not gates.refusals(report, kept)
        with self.records.begin() as tx:
            registry.add(
                tx,
                trained.fingerprint,
                task.job.version_id,
                as_json(report),
                state=registry.State.READY if passed else registry.State.REFUSED,
            )
        return trained.fingerprint, passed

    def _changes(self, job: Job) -> tuple[int | None, list[Change]]:
        if job.version_id is None:
            return None, []
        with self.records.read() as tx:
            number = data_versions.version(tx, job.version_id).number
            return number, data_versions.changes_upto(tx, job.version_id)

    def _trained(self, task: _Task, folder: Path, number: int | None) -> model.Model:
        steps = len(_components(folder)) + len(_BESIDE)
        heard: list[str] = []

        def report(text: str) -> None:
            heard.append(text)
            task.progress(min(len(set(heard)), steps - 1), steps)

        source = model.Source(folder, number, task.wanted)
        return model.train(
            self.project, self.settings.models_dir, self.settings.model_key, report, source=source
        )

    def _live(self) -> tuple[str, Path]:
        """What is live, and its archive; else what was shipped. Raises NothingLive."""
        with self.records.read() as tx:
            name = serving.state(tx).live
        archive = self.settings.models_dir / f"{name}.tar.gz"
        if name and self._is_signed(archive):
            return name, archive
        try:
            shipped = model.find(self.project, self.settings.models_dir, self.settings.model_key)
        except manifest.ModelRefused:
            # Signed elsewhere: it may not answer here either, until it is trained here.
            shipped = None
        if shipped is None:
            raise NothingLive
        return shipped.fingerprint, shipped.path

    def _is_signed(self, archive: Path) -> bool:
        public = manifest.public_text(signing_key(self.settings.model_key))
        try:
            manifest.check(archive, public)
        except manifest.ModelRefused:
            return False
        return True

    def _known(self, name: str, kept: Locked) -> Measured | None:
        """What was measured of a model before, on the same lines."""
        with self.records.read() as tx:
            reports = [one.report for one in registry.models(tx)]
        for report in reports:
            for part in ("candidate", "live"):
                found = report.get(part) or {}
                if found.get("model") == name and found.get("digest") == kept.digest:
                    try:
                        return measured_from(found)
                    except (TypeError, KeyError, ReportUnreadable):
                        continue
        return None


_BESIDE = ("the start", "checking", "saving")


def facts(
    project: Path, folder: Path, applied: Applied, changes: Sequence[Change], kept: Locked
) -> Data:
    """What the data of a folder are like, before a model is made of them."""
    # Only what came in can be nearly one of the lines that are kept apart: of the shipped ones a
    # test of ours says so.
    near = changeset.near_held_out(applied.added, kept.texts)
    return Data(
        changes=len(applied.lasting),
        added=len(applied.added),
        conflicts=tuple(text for text, _ in changeset.conflicts(applied.lines)),
        held_out=tuple(dict.fromkeys([*changeset.held_out(applied.lines, kept.texts), *near])),
        from_one=max(changeset.given(changes, applied).values(), default=0),
        taken_out=changeset.taken_out(applied),
        components=tuple(components.problems(_config(folder))),
    )


def heard_again(
    data: Data,
    changes: Iterable[Change],
    live: Path,
    candidate: Path,
    wanted: Callable[[], bool],
) -> Data:
    """The same with what both models make of the changed lines: those of which the live one is sure
    that they mean something else, and how many each understands as they were meant."""
    known = [one for one in changes if one.kind is not Kind.REMOVE]
    if not known:
        return data
    texts = [one.text for one in known]
    before = list(zip(known, sure_of(live, texts, wanted), strict=True))
    after = list(zip(known, sure_of(candidate, texts, wanted), strict=True))
    found = [
        Doubtful(one.text, one.language, one.label, guess.label)
        for one, guess in before
        if guess.label != one.label and guess.confidence >= SURE
    ]
    by_hand = {one.text for one in known if not one.owner_hash}
    return replace(
        data,
        doubtful=len(found),
        examples=tuple(one for one in found if one.text in by_hand)[:_SHOWN],
        taught=len(known),
        learned=_understood(after),
        known_before=_understood(before),
    )


def _understood(found: Iterable[tuple[Change, Guess]]) -> int:
    """What is only acted on at its own place, as a rating, counts where the model is sure of it."""
    return sum(
        guess.label == one.label and (guess.acted_on or guess.confidence >= SURE)
        for one, guess in found
    )


def _components(folder: Path) -> list[str]:
    config = _config(folder)
    return [name for section in components.SECTIONS for name in components.names(config, section)]


def _config(folder: Path) -> dict[str, object]:
    text = (folder / "config.yml").read_text(encoding="utf-8")
    found = YAML(typ="safe", pure=True).load(text)
    return found if isinstance(found, dict) else {}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
