"""Real trainings of a small assistant: a good one passes, a poisoned one is stopped, a killed one
is taken up again."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from lines import add, move
from small_assistant import Small

from afterword.records import data_versions, jobs, people, registry
from afterword.records.data_versions import Change, Kind
from afterword.records.jobs import Job, State
from afterword.records.store import Records, utc_now
from afterword.records.vault import Vault
from afterword.settings import Settings
from afterword.training import corpus, gates, locked
from afterword.training.report import from_json
from afterword.training.trainer import Trainer


@pytest.fixture
def records(sqlite_with_schema: Path, tmp_path: Path, vault: Vault) -> Iterator[Records]:
    shutil.copy(sqlite_with_schema, tmp_path / "afterword.db")
    opened = Records(f"sqlite:///{tmp_path / 'afterword.db'}", vault)
    yield opened
    opened.close()


def taught(records: Records, changes: Sequence[Change]) -> str:
    """A version with these changes, and its training in the queue; returns the job's id."""
    with records.begin() as tx:
        clinic = people.add_clinic(
            tx, name="A", timezone="Europe/London", phone="1", urgent_phone="2", urgent_text="3"
        )
        for one in changes:
            if one.kind is Kind.ADD:
                data_versions.add(tx, clinic, language=one.language, label=one.label, text=one.text)
            else:
                data_versions.move(
                    tx, clinic, language=one.language, text=one.text, was=one.was, label=one.label
                )
        version = data_versions.draft(tx, clinic)
        data_versions.close(tx, version, None, "A test.")
        return jobs.ask(tx, jobs.Kind.TRAIN, version_id=version)


def job_of(records: Records, job_id: str) -> Job:
    with records.read() as tx:
        return jobs.one(tx, job_id)


def refused_by(records: Records, job: Job, small: Small) -> set[str]:
    """The gates that failed; the registry says the same."""
    assert job.model is not None
    with records.read() as tx:
        model = registry.by_name(tx, job.model)
    assert model is not None
    failed = gates.refusals(from_json(model.report), locked.load(small.project))
    assert (model.state is registry.State.REFUSED) == bool(failed)
    assert job.outcome["passed"] == (not failed)
    return {one.code for one in failed}


def trained(records: Records, small: Small, folder: Path, changes: Sequence[Change]) -> set[str]:
    """Trains with these changes; returns the gates that failed."""
    job_id = taught(records, changes)
    assert small.trainer(records, folder).once()
    job = job_of(records, job_id)
    assert (job.state, job.step) == (State.DONE, "judge")
    assert set(job.outcome["seconds"]) == {"lay", "train", "measure", "live", "judge"}  # type: ignore[call-overload]
    return refused_by(records, job, small)


def test_a_trainer_that_is_killed_leaves_live_alone_and_its_work_is_done_again(
    records: Records, small: Small, tmp_path: Path
) -> None:
    live = small.model.path.read_bytes()
    job_id = taught(records, [add("a bit of hush for today from me", "pause")])
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=small.trainer(records, tmp_path).once)
    process.start()
    assert process.pid is not None
    wait_for(lambda: job_of(records, job_id).step == "train")
    children = wait_for(lambda: children_of(process.pid))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    wait_for(lambda: not any(is_alive(one) for one in children), "what it had started ends")
    assert job_of(records, job_id).state is State.RUNNING
    assert not small.trainer(records, tmp_path).once(), "it may be alive and slow"
    later = Records(str(records.engine.url), records.vault, lambda: utc_now() + 2 * jobs.LEASE)
    assert small.trainer(later, tmp_path).once()
    job = job_of(later, job_id)
    later.close()
    assert job.state is State.DONE
    assert refused_by(records, job, small) == set()
    assert small.model.path.read_bytes() == live
    assert not list(small.settings.models_dir.glob("*.new"))
    assert [path.name for path in (tmp_path / "training" / job_id).iterdir()] == ["training.log"]
    log = (tmp_path / "training" / job_id / "training.log").read_text("utf-8")
    assert "LogisticRegressionClassifier" in log
    assert "hush" not in log


def test_five_per_cent_of_flipped_labels_are_stopped(
    records: Records, small: Small, tmp_path: Path
) -> None:
    chance = random.Random(6)
    lines, labels = corpus.lines(small.project), corpus.labels(small.project)
    flipped = [
        move(
            one.text,
            one.label,
            chance.choice([label for label in labels if label != one.label]),
            one.language,
        )
        for one in chance.sample(lines, round(0.05 * len(lines)))
    ]
    failed = trained(records, small, tmp_path, flipped)
    assert failed & {"understands", "recall_stop", "recall_human", "recall_delete", "dialogues"}


def test_labels_aimed_at_one_phrase_are_stopped(
    records: Records, small: Small, tmp_path: Path
) -> None:
    ends = ("now", "today", "here", "at once", "for good", "right away", "already", "so much")
    aimed = [
        *(add(f"I want to stop {end} ok", "thanks") for end in ends),
        *(add(f"please I want to kill myself {end} ok", "stop_delete") for end in ends),
    ]
    failed = trained(records, small, tmp_path, aimed)
    assert "safety_alone" in failed


def test_a_training_that_is_not_wanted_any_more_ends_soon(
    records: Records, tmp_path: Path, small: Small
) -> None:
    project = tmp_path / "project"
    shutil.copytree(small.project, project)
    # A Rasa that is never done.
    (project / "rasa").write_text("#!/bin/sh\nexec sleep 600\n")
    job_id = taught(records, [add("never to be learned", "pause")])
    settings = small.settings.model_copy(update={"data_dir": tmp_path})
    working = Trainer(records, settings, lambda: pytest.fail("nothing is measured"), project)

    def cancel() -> None:
        wait_for(lambda: job_of(records, job_id).step == "train")
        with records.begin() as tx:
            jobs.cancel(tx, job_id)

    other = threading.Thread(target=cancel)
    other.start()
    began = time.monotonic()
    assert working.once()
    other.join()
    assert time.monotonic() - began < 60
    assert job_of(records, job_id).state is State.CANCELLED
    with records.read() as tx:
        assert registry.models(tx) == []


def test_data_that_rasa_refuses_end_with_that_reason(
    records: Records, tmp_path: Path, small: Small
) -> None:
    project = tmp_path / "project"
    shutil.copytree(small.project, project)
    (project / "rasa").write_text(
        "#!/bin/sh\necho 'Project validation completed with errors.'\nexit 1\n"
    )
    job_id = taught(records, [add("another thing", "pause")])
    settings: Settings = small.settings.model_copy(update={"data_dir": tmp_path})
    assert Trainer(records, settings, lambda: pytest.fail("no"), project).once()
    job = job_of(records, job_id)
    assert (job.state, job.outcome["code"]) == (State.FAILED, "invalid")


def wait_for(check: Callable[[], object], what: str = "it comes", seconds: float = 120) -> object:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    return [int(one) for one in text.split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").split()[2] != "Z"
    except FileNotFoundError:
        return False
