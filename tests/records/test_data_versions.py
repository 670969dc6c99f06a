"""What was taught is kept in versions that do not change, and an erasure reaches it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factory import Clinic, Clock
from sqlalchemy import select

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.records import data_versions, jobs, registry
from afterword.records.data_versions import ChangeRefused
from afterword.records.jobs import LEASE, JobLost, Kind, State
from afterword.records.store import Records
from afterword.records.training_models import DataChange


def teach(records: Records, clinic: Clinic, *lines: tuple[str, str], owner: str = "") -> str:
    """A closed version with these lines; returns its id."""
    with records.begin() as tx:
        for text, label in lines:
            data_versions.add(
                tx, clinic.id, language="en", label=label, text=text, owner_hash=owner
            )
        version_id = data_versions.draft(tx, clinic.id)
        data_versions.close(tx, version_id, None, "A reason.")
    return version_id


def test_versions_are_numbered_and_build_on_each_other(records: Records, clinic: Clinic) -> None:
    first = teach(records, clinic, ("no more", "stop"))
    second = teach(records, clinic, ("who reads it", "ask_who_sees"))
    with records.read() as tx:
        assert [one.number for one in data_versions.versions(tx, clinic.id)] == [2, 1]
        assert [one.text for one in data_versions.changes_upto(tx, first)] == ["no more"]
        texts = [one.text for one in data_versions.changes_upto(tx, second)]
    assert texts == ["no more", "who reads it"]


def test_the_draft_is_none_of_the_versions_until_it_is_closed(
    records: Records, clinic: Clinic
) -> None:
    with records.begin() as tx:
        key = data_versions.add(tx, clinic.id, language="en", label="stop", text=" no  more ")
        other = data_versions.add(tx, clinic.id, language="en", label="stop", text="not that")
        data_versions.drop(tx, clinic.id, other)
        draft = data_versions.draft(tx, clinic.id)
        [change] = data_versions.changes_of(tx, draft)
        assert (change.id, change.text) == (key, "no more")
        assert data_versions.versions(tx, clinic.id) == []
        with pytest.raises(ChangeRefused, match="why"):
            data_versions.close(tx, draft, None, "  ")
        data_versions.close(tx, draft, None, "A reason.")
        with pytest.raises(LookupError):
            data_versions.drop(tx, clinic.id, key)


@pytest.mark.parametrize("text", ["", "x" * 301])
def test_a_line_is_one_line(records: Records, clinic: Clinic, text: str) -> None:
    with records.begin() as tx, pytest.raises(ChangeRefused):
        data_versions.add(tx, clinic.id, language="en", label="stop", text=text)


def test_words_are_sealed(records: Records, clinic: Clinic) -> None:
    teach(records, clinic, ("canary words", "stop"))
    with records.read() as tx:
        assert b"canary" not in tx.session.scalars(select(DataChange.sealed_text)).one()


def test_whoever_is_erased_goes_out_of_all_versions_and_models_are_marked(
    records: Records, clinic: Clinic
) -> None:
    before = teach(records, clinic, ("of nobody", "help"))
    theirs = teach(records, clinic, ("of theirs", "stop"), owner="hash")
    after = teach(records, clinic, ("later", "stop"))
    with records.begin() as tx:
        for name, version in (("a", before), ("b", theirs), ("c", after)):
            registry.add(tx, name, version, {})
        assert data_versions.forget(tx, "hash") == 1
        assert data_versions.forget(tx, "hash") == 0
        texts = [one.text for one in data_versions.changes_upto(tx, after)]
        assert texts == ["of nobody", "later"]
        tainted = {one.name for one in registry.models(tx) if one.tainted_at}
    assert tainted == {"b", "c"}


def test_an_admin_teaches_their_own_clinic_only(records: Records, clinic: Clinic) -> None:
    from afterword.records import people

    with records.begin() as tx:
        other = people.add_clinic(
            tx, name="Other", timezone="Europe/London", phone="1", urgent_phone="2", urgent_text="3"
        )
        admin = people.add_staff(
            tx, other, name="A", email="a@o.example", password_hash="x", role="admin"
        )
    with pytest.raises(Denied), records.begin(by=Actor.staff(admin)) as tx:
        data_versions.add(tx, clinic.id, language="en", label="stop", text="not mine")


class TestJobs:
    def test_one_runs_and_the_others_wait(
        self, records: Records, clinic: Clinic, clock: Clock
    ) -> None:
        version = teach(records, clinic, ("no more", "stop"))
        with records.begin() as tx:
            first = jobs.ask(tx, Kind.TRAIN)
            assert jobs.ask(tx, Kind.TRAIN) == first, "the same is asked for once"
        clock.now += timedelta(seconds=1)
        with records.begin() as tx:
            jobs.ask(tx, Kind.TRAIN, version_id=version)
            job = jobs.claim(tx, (Kind.TRAIN,))
            assert job is not None and job.id == first
            assert jobs.claim(tx, (Kind.TRAIN,)) is None
            jobs.finish(tx, job)
            following = jobs.claim(tx, (Kind.TRAIN,))
            assert following is not None and following.version_id == version

    def test_a_job_whose_process_died_is_taken_over(self, records: Records, clock: Clock) -> None:
        with records.begin() as tx:
            jobs.ask(tx, Kind.TRAIN)
            dead = jobs.claim(tx, (Kind.TRAIN,))
            assert dead is not None
            dead = jobs.beat(tx, dead, step="train", at=2, of=5)
        clock.now += LEASE + timedelta(seconds=1)
        with records.begin() as tx:
            taken = jobs.claim(tx, (Kind.TRAIN,))
            assert taken is not None and (taken.id, taken.step) == (dead.id, "train")
            # The first one was only slow, and comes back.
            with pytest.raises(JobLost):
                jobs.beat(tx, dead)
            with pytest.raises(JobLost):
                jobs.finish(tx, dead)
            jobs.finish(tx, taken)
            assert jobs.one(tx, taken.id).state is State.DONE

    def test_cancelling_ends_what_waits_and_asks_what_runs(self, records: Records) -> None:
        with records.begin() as tx:
            waiting = jobs.ask(tx, Kind.PROMOTE, model="m")
            jobs.cancel(tx, waiting)
            assert jobs.one(tx, waiting).state is State.CANCELLED
            jobs.ask(tx, Kind.TRAIN)
            job = jobs.claim(tx, (Kind.TRAIN,))
            assert job is not None
            jobs.cancel(tx, job.id)
            with pytest.raises(JobLost):
                jobs.beat(tx, job)
            jobs.finish(tx, job, State.CANCELLED)
            assert jobs.latest(tx, open_only=True) == []
