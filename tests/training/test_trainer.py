"""Real trainings of a small assistant: a poisoned one is stopped, a killed one is taken up again.

That a good one passes is played with the whole product: tests/stack/test_retraining.py.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from lines import add, move
from small_assistant import Small
from sqlalchemy import event
from waiting import wait_for

from afterword import locks
from afterword.records import data_versions, jobs, people, registry, serving
from afterword.records.data_versions import Change, Kind
from afterword.records.jobs import Job, State
from afterword.records.store import Records, utc_now
from afterword.records.vault import Vault
from afterword.settings import Settings
from afterword.training import corpus, gates, locked, model, promotion
from afterword.training.report import Report, as_json, from_json
from afterword.training.trainer import Trainer

TRAINING = 120.0


@pytest.fixture
def records(
    sqlite_with_schema: Path, tmp_path: Path, vault: Vault, small: Small
) -> Iterator[Records]:
    """With the live model in them, which was measured once for all tests."""
    shutil.copy(sqlite_with_schema, tmp_path / "afterword.db")
    opened = Records(f"sqlite:///{tmp_path / 'afterword.db'}", vault)
    live = Report(None, small.measured, small.measured)
    with opened.begin() as tx:
        registry.add(tx, small.model.fingerprint, None, as_json(live))
    yield opened
    opened.close()


SECRET = "a bit of hush for today from me"


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


def flipped(small: Small) -> list[Change]:
    """Five lines of a hundred under another label."""
    chance = random.Random(6)
    lines, labels = corpus.lines(small.project), corpus.labels(small.project)
    return [
        move(
            one.text,
            one.label,
            chance.choice([label for label in labels if label != one.label]),
            one.language,
        )
        for one in chance.sample(lines, round(0.05 * len(lines)))
    ]


def test_killed_while_it_learns_and_while_it_measures_it_still_stops_flipped_labels(
    records: Records, small: Small, tmp_path: Path
) -> None:
    live = small.model.path.read_bytes()
    job_id = taught(records, [add(SECRET, "pause"), *flipped(small)])
    later = records
    for number, step in enumerate(("train", "measure"), start=1):
        kill_within(step, later, small, tmp_path, job_id)
        job = job_of(records, job_id)
        assert (job.state, job.step) == (State.RUNNING, step)
        assert not small.trainer(later, tmp_path).once(), "it may be alive and slow"
        later = later_records(records, 2 * number * jobs.LEASE)
        with later.read() as tx:
            assert [one.name for one in registry.models(tx)] == [small.model.fingerprint]
    assert small.trainer(later, tmp_path).once()
    job = job_of(later, job_id)
    assert (job.state, job.step) == (State.DONE, "judge")
    assert refused_by(later, job, small) & {
        *("understands", "recall_stop", "recall_human", "recall_delete", "dialogues")
    }
    assert small.model.path.read_bytes() == live
    assert not list(small.settings.models_dir.glob("*.new"))
    assert [path.name for path in (tmp_path / "training" / job_id).iterdir()] == ["training.log"]
    log = (tmp_path / "training" / job_id / "training.log").read_text("utf-8")
    assert SECRET not in log


def test_killed_in_the_very_switch_the_model_that_was_live_stays(
    records: Records, small: Small, tmp_path: Path
) -> None:
    """Back to what was live before: that needs no rehearsal, and switches in the same way."""
    before, other = small.model.fingerprint, "2" * 16
    with records.begin() as tx:
        serving.settle(tx, before)
        serving.promote(tx, other, None, timedelta(hours=1))
        job_id = serving.ask_promotion(tx, before, None)
    process = multiprocessing.get_context("fork").Process(
        target=promote, args=(records, small, True)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with records.read() as tx:
        assert serving.state(tx).live == other
    job = job_of(records, job_id)
    assert (job.state, job.step) == (State.RUNNING, "switch")
    later = later_records(records, 2 * jobs.LEASE)
    promote(later, small)
    assert job_of(later, job_id).state is State.DONE
    with later.read() as tx:
        assert serving.state(tx).live == before


def promote(records: Records, small: Small, killed: bool = False) -> None:
    """Does the promotion that waits; `killed`: until the moment the switch is committed."""
    switching: list[bool] = []

    def heard(_: object, __: object, statement: str, *___: object) -> None:
        if "UPDATE serving" in statement and "live=" in statement:
            switching.append(True)

    def committing(_: object) -> None:
        if switching:
            os.kill(os.getpid(), signal.SIGKILL)

    if killed:
        event.listen(records.engine, "before_cursor_execute", heard)
        event.listen(records.engine, "commit", committing)
    with records.begin() as tx:
        job = jobs.claim(tx, (jobs.Kind.PROMOTE,))
    assert job is not None
    promotion.carry_out(records, small.settings, job, offline=True, project=small.project)


def kill_within(step: str, records: Records, small: Small, folder: Path, job_id: str) -> None:
    """Has a process work on the job, and kills it, and with it what it had started."""
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=small.trainer(records, folder).once)
    process.start()
    assert process.pid is not None
    wait_for(f"the step {step}", lambda: job_of(records, job_id).step == step, TRAINING)
    children = wait_for("what it starts", lambda: children_of(process.pid))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    wait_for("the end of what it had started", lambda: not any(is_alive(one) for one in children))


def later_records(records: Records, by: timedelta) -> Records:
    """The same database, as it is seen some time later."""
    return Records(str(records.engine.url), records.vault, lambda: utc_now() + by)


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
        wait_for("the training", lambda: job_of(records, job_id).step == "train", TRAINING)
        with records.begin() as tx:
            jobs.cancel(tx, job_id)

    other = threading.Thread(target=cancel)
    other.start()
    assert working.once()
    other.join()
    assert job_of(records, job_id).state is State.CANCELLED
    with records.read() as tx:
        assert [one.name for one in registry.models(tx)] == [small.model.fingerprint]


def test_a_training_that_waits_for_another_says_so_and_can_be_stopped(
    tmp_path: Path, small: Small
) -> None:
    said: list[str] = []
    source = model.Source(small.project, wanted=lambda: not said)
    other = os.open(tmp_path, os.O_RDONLY)
    try:
        assert locks.taken(other)
        with pytest.raises(model.TrainingStopped):
            model.train(
                small.project, tmp_path, small.settings.model_key, said.append, source=source
            )
    finally:
        os.close(other)
    assert said == ["waiting for another training to end"]
    assert list(tmp_path.iterdir()) == [], "nothing of it is left"


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


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    return [int(one) for one in text.split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").split()[2] != "Z"
    except FileNotFoundError:
        return False
