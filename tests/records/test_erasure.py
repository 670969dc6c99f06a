"""Erasing a patient: nothing readable stays, nothing comes back, and a certificate says so."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from factory import Clinic, rated, said
from sqlalchemy import make_url, select

from afterword.access.actors import NOBODY, Actor
from afterword.access.chain import Head
from afterword.access.policy import Denied
from afterword.delivery.tidying import Tidying
from afterword.records import audit, certificates, erasure, inbox, models, people
from afterword.records.access_models import PatientKey
from afterword.records.models import Base
from afterword.records.store import Records
from afterword.records.tombstones import Tombstones, hash_of
from afterword.records.vault import Vault
from afterword.safety.finding import Route, Tier

OPERATOR = Actor.operator("tests")
NAME, GOAL, WORDS, CHAT = "Zorblatt Quimby", "tame a gryphon", "canary words", "canary message"


@dataclass
class Rasa:
    """What Rasa was told to forget; `away` while it does not answer."""

    forgotten: list[str] = field(default_factory=list)
    away: bool = False

    async def erase(self, conversation: str) -> None:
        if self.away:
            raise OSError("nobody listens")
        self.forgotten.append(conversation)


@dataclass
class World:
    clinic: Clinic
    file: Tombstones
    rasa: Rasa
    patient: str = ""
    reflection: str = ""
    conversation: str = ""

    @property
    def records(self) -> Records:
        return self.clinic.records

    def fill(self) -> None:
        """A patient with words in every place that there is."""
        self.patient = self.clinic.add_patient(NAME, self.clinic.ada)
        with self.records.begin() as tx:
            people.add_goal(tx, self.patient, GOAL, tx.now.date())
        visit = self.clinic.book(patient=self.patient)
        self.reflection = self.clinic.reflect(said("heard", WORDS), appointment=visit, sharing=None)
        self.clinic.answer(self.reflection, said("heard", f"{WORDS} again"))
        with self.records.begin() as tx:
            taken = inbox.accept(tx, self.reflection, "one", "text", {"text": CHAT})
            inbox.finish(tx, taken.inbox_id, [{"text": CHAT}])
            row = tx.session.get_one(models.Reflection, self.reflection)
            self.conversation = row.conversation
        desk = Desk(self.clinic)
        desk.reflection = self.reflection
        desk.raises(Tier.NOW)
        desk.raises(Tier.SAME_DAY, route=Route.SAFEGUARDING)

    def erase(self) -> dict[str, Any]:
        return erasure.carry_out(self.records, self.file, self.patient, by=OPERATOR, purpose="test")

    def tidy(self, *, start: bool = False) -> None:
        """One run of the worker."""
        tidying = Tidying(self.records, self.file, {}, self.rasa.erase)

        async def work() -> None:
            if start:
                await tidying.start()
            await tidying.once()

        asyncio.run(work())

    def rows(self) -> dict[str, int]:
        """How many rows of each table are the patient's."""
        with self.records.read() as tx:
            found = {
                table.name: len(tx.session.execute(select(table).where(rows)).all())
                for table, rows in erasure.rows_of(self.patient).items()
            }
        return {name: count for name, count in found.items() if count}

    def there(self) -> bool:
        with self.records.read() as tx:
            return tx.session.get(models.Patient, self.patient) is not None


@pytest.fixture
def world(clinic: Clinic, tmp_path: Path) -> World:
    made = World(clinic, Tombstones(tmp_path / "apart" / "tombstones.jsonl"), Rasa())
    made.fill()
    return made


def test_every_row_of_the_patient_goes_and_nobody_elses(world: World) -> None:
    other = world.clinic.reflect(rated("heard", 4, "of Robin"))
    before = world.rows()
    assert {"patient", "goal", "answer", "answer_version", "inbox", "outbox"} <= before.keys()
    assert {"alert", "alert_event", "concern", "mail", "patient_key"} <= before.keys()
    certificate = world.erase()
    assert world.rows() == {}
    assert certificate["rows_deleted"] == before
    assert world.clinic.answers(other)["heard"].words == "of Robin"


def test_whatever_refers_to_a_patient_goes_with_them(world: World) -> None:
    """A table that refers to one of these rows in another way would keep it from going."""
    going = erasure.rows_of("nobody")
    names = {table.name for table in going}
    staying = [
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table in going and key.ondelete != "CASCADE"
    ]
    assert staying == []
    assert {"handover", "broken_glass", "consent", "patient_code", "unlock"} <= names


def test_keys_and_clear_text_are_in_no_file_of_the_database(world: World, tmp_path: Path) -> None:
    if world.records.engine.dialect.name != "sqlite":
        pytest.skip("the files are the server's own")
    with world.records.read() as tx:
        query = select(PatientKey.wrapped).where(PatientKey.patient_id == world.patient)
        wrapped = tx.session.scalars(query).all()
        sealed = tx.session.scalars(select(models.Inbox.sealed_body)).all()
    path = Path(str(make_url(str(world.records.engine.url)).database))

    def stored() -> bytes:
        return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))

    assert wrapped and all(key in stored() for key in (*wrapped, *sealed))
    world.erase()
    world.tidy()
    assert not any(key in stored() for key in (*wrapped, *sealed))
    assert world.patient.encode() in stored(), "rows of the audit stay"
    clear = [one.encode() for one in (NAME, GOAL, WORDS, CHAT)]
    everything = stored() + world.file.path.read_bytes()
    assert not any(one in everything for one in clear)


def test_rasa_forgets_as_soon_as_it_answers(world: World) -> None:
    world.rasa.away = True
    world.erase()
    world.tidy()
    assert world.rasa.forgotten == []
    world.rasa.away = False
    world.clinic.clock.move(minutes=1)
    world.tidy()
    assert world.rasa.forgotten == [world.conversation]
    world.clinic.clock.move(minutes=1)
    world.tidy()
    assert world.rasa.forgotten == [world.conversation], "asked once is enough"


@pytest.fixture
def backup(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], None]]:
    """A copy of the database as it is now; calling it puts the copy in its place."""
    url = make_url(str(world.records.engine.url))
    world.records.engine.dispose()
    if url.get_backend_name() == "sqlite":
        path = tmp_path / "backup.db"
        shutil.copy(str(url.database), path)
        copied = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres")
        copied = server.url_of(server.create(str(url.database)))
    records = Records(copied, world.records.vault, world.clinic.clock)

    def put_back() -> None:
        world.records.close()
        world.clinic.records = records

    yield put_back
    records.close()


def test_an_older_backup_brings_nothing_back(world: World, backup: Callable[[], None]) -> None:
    world.erase()
    world.tidy()
    world.rasa.forgotten.clear()
    backup()
    assert world.there()
    assert world.rows()["inbox"] > 1
    world.tidy(start=True)
    assert not world.there()
    assert world.rows() == {}
    assert world.rasa.forgotten == [world.conversation]
    with world.records.read(by=Actor.operator("test")) as tx:
        last = audit.of_patient(tx, world.patient)[0]
    assert (last.actor_kind, last.action) == ("process", "erase_patient")


def test_who_is_back_is_erased_again_also_when_the_file_was_lost(world: World) -> None:
    """The database remembers them too, and completes the file."""
    world.erase()
    world.file.path.unlink()
    with world.records.begin() as tx:
        tx.session.add(
            models.Patient(
                id=world.patient,
                clinic_id=world.clinic.id,
                sealed_name=b"",
                language="en",
                created_at=tx.now,
            )
        )
    world.tidy()
    assert not world.there()
    assert list(world.file.read()) == [hash_of(world.records.vault, world.patient)]


def test_what_rasa_gets_back_with_its_own_backup_is_forgotten_again(world: World) -> None:
    world.erase()
    world.tidy()
    world.rasa.forgotten.clear()
    world.tidy(start=True)
    assert world.rasa.forgotten == [world.conversation]


def test_a_tombstone_says_nothing_of_whom_it_is_for(world: World) -> None:
    world.erase()
    written = world.file.path.read_text()
    assert world.patient not in written
    assert world.reflection not in written
    assert world.file.path.stat().st_mode & 0o777 == 0o600


def test_a_half_written_line_does_not_hide_the_others(world: World) -> None:
    world.file.path.parent.mkdir()
    world.file.path.write_text('{"patient": "abc", "conv')
    world.erase()
    assert list(world.file.read()) == [hash_of(world.records.vault, world.patient)]


def test_without_a_place_for_the_file_it_is_erased_all_the_same(world: World) -> None:
    world.file.path.parent.mkdir()
    world.file.path.mkdir()
    certificate = world.erase()
    assert not world.there()
    assert certificate["tombstone_in_file"] is False


def test_the_certificate_is_genuine_and_only_as_it_is(world: World) -> None:
    certificate = json.loads(json.dumps(world.erase()))
    head = certificates.check(world.records.vault, certificate).head
    with world.records.read() as tx:
        assert audit.verify(tx, [head]) == audit.head(tx)
    assert certificate["keys_destroyed"][0].startswith("conduct.1:")
    text = json.dumps(certificate)
    assert not any(one in text for one in (NAME, GOAL, WORDS, CHAT))
    for name in certificate.keys() - {"public_key"}:
        with pytest.raises(certificates.CertificateRefused):
            certificates.check(world.records.vault, certificate | {name: "else"})
    stranger = Vault("k1", {"k1": b"0" * 32}, b"1" * 32)
    with pytest.raises(certificates.CertificateRefused):
        certificates.check(stranger, certificate)


def test_a_chain_that_was_cut_after_the_erasure_does_not_fit_the_certificate(
    world: World,
) -> None:
    head = certificates.check(world.records.vault, world.erase()).head
    with world.records.read() as tx:
        assert audit.verify(tx, [Head(head.seq + 1, head.link)]) != audit.head(tx)


@pytest.mark.parametrize("who", ["nobody", "link", "clinician", "another patient"])
def test_nobody_else_erases_a_patient(world: World, who: str) -> None:
    actors = {
        "nobody": NOBODY,
        "link": Actor.link(world.reflection),
        "clinician": Actor.staff(world.clinic.ada),
        "another patient": Actor.patient(world.clinic.robin),
    }
    with pytest.raises(Denied):
        erasure.carry_out(world.records, world.file, world.patient, by=actors[who], purpose="test")
    assert world.there()
    assert not world.file.path.exists()


def test_the_patient_erases_themselves(world: World) -> None:
    erasure.carry_out(
        world.records,
        world.file,
        world.patient,
        by=Actor.patient(world.patient),
        purpose="your data",
    )
    assert not world.there()
