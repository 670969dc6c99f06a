"""A clinic in the midst of teaching: each of the pages of it has something to show."""

from datetime import timedelta

from measured import measured, report_of
from sqlalchemy import select

from afterword.records import data_versions, jobs, models, registry, serving
from afterword.records.store import Records

SHIPPED, WORSE, WELL, TRIED = (f"{number:016x}" for number in range(1, 5))


def teach(records: Records) -> None:
    """A draft with a line that contradicts, a training and a promotion under way, versions of
    which one was refused and one answers patients."""
    ways = [place for place, read in measured(WORSE).lines.items() if read.meant == "stop"]
    wrong = dict.fromkeys(ways[:6], "pause")
    with records.begin() as tx:
        clinic = tx.session.scalars(select(models.Clinic.id)).one()
        data_versions.add(tx, clinic, language="en", label="stop", text="that is me finished")
        version = data_versions.draft(tx, clinic)
        data_versions.close(tx, version, None, "Heard this week.")
        data_versions.add(tx, clinic, language="en", label="thanks", text="Who sees this?")
        data_versions.add(tx, clinic, language="es", label="back", text="a la de antes otra vez")
        serving.settle(tx, SHIPPED)
        for name in (WELL, TRIED):
            registry.add(tx, name, version, report_of(name))
        registry.add(tx, WORSE, version, report_of(WORSE, wrong), state=registry.State.REFUSED)
        serving.promote(tx, WELL, None, timedelta(hours=24))
        serving.ask_promotion(tx, TRIED, None)
        jobs.ask(tx, jobs.Kind.TRAIN, version_id=version)
        for kind, step in ((jobs.Kind.TRAIN, "train"), (jobs.Kind.PROMOTE, "rehearse")):
            job = jobs.claim(tx, (kind,))
            assert job is not None
            jobs.beat(tx, job, step=step, at=2, of=5, percent=30)
