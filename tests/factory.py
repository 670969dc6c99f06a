"""A small clinic for tests, built through the functions of the records room."""

import itertools
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from afterword.datafiles import load_instrument, load_lexicon
from afterword.locales import Catalogue, load
from afterword.records import invitations, models, people, reflections
from afterword.records.store import Records, open_engine
from afterword.reflection.answers import Answer, AnswerState, Sharing, Visibility
from afterword.reflection.asking import Asker
from afterword.reflection.history import History, Past
from afterword.reflection.instrument import Instrument
from afterword.reflection.lexicon import Lexicon
from afterword.reflection.plan import Plan, Question
from afterword.settings import PROJECT

# Nine in the morning of a Tuesday in New York.
NOW = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


@cache
def core() -> Instrument:
    """Version 1 of the shipped questions: the same ones each time, which is easy to read."""
    return load_instrument(PROJECT / "instruments" / "core-1.yml")


@cache
def adaptive() -> Instrument:
    """The questions that new reflections ask."""
    return load_instrument(PROJECT / "instruments" / "core.yml")


@cache
def lexicon(language: str = "en") -> Lexicon:
    """What people of a language type."""
    return load_lexicon(language)


@cache
def english() -> Catalogue:
    return load("en")


@cache
def _tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.db"
        engine = open_engine(f"sqlite:///{path}")
        models.Base.metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


def new_database(path: Path) -> str:
    """The address of a new SQLite file with all tables: made once in a process, then copied."""
    path.write_bytes(_tables())
    return f"sqlite:///{path}"


@cache
def cheap_hash(secret: str) -> str:
    """Of a password or a code: the hash itself says how much work a check of it takes."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(secret)


def weekly(earlier: int) -> History:
    """So many earlier reflections, a week apart, in which nothing was asked."""
    return History(tuple(Past(7 * week) for week in range(1, earlier + 1)))


def asker(
    goals: dict[str, str] | None = None,
    *,
    earlier: int = 0,
    instrument: Instrument | None = None,
    clinician: str = "Ada Whitfield",
) -> Asker:
    plan = Plan(instrument or core(), goals or {}, weekly(earlier))
    return Asker(plan, "en", clinician, english().section("bot"), lexicon())


def question(question_id: str, goals: dict[str, str] | None = None) -> Question:
    """A question of the shipped instrument, follow-ups included."""
    asked = Plan(core(), goals or {}).question(question_id, {})
    return asked or Question(question_id, core().items[question_id])


def rated(
    question: str,
    option: int | str,
    words: str | None = None,
    visibility: Visibility = Visibility.UNSHARED,
) -> Answer:
    return Answer(question, AnswerState.ANSWERED, str(option), words, visibility)


def said(question: str, words: str, visibility: Visibility = Visibility.UNSHARED) -> Answer:
    return Answer(question, AnswerState.ANSWERED, None, words, visibility)


def skipped(question: str) -> Answer:
    return Answer(question, AnswerState.SKIPPED)


def declined(question: str) -> Answer:
    return Answer(question, AnswerState.DECLINED)


def by_question(*answers: Answer) -> dict[str, Answer]:
    return {answer.question: answer for answer in answers}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Clinic:
    """One clinic, the clinician Ada and the patient Robin, who is on Ada's caseload."""

    records: Records
    clock: Clock
    id: str = ""
    ada: str = ""
    robin: str = ""
    _numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        with self.records.begin() as tx:
            self.id = people.add_clinic(
                tx,
                name="Harbour Clinic",
                timezone="America/New_York",
                phone="555 0100",
                urgent_phone="555 0101",
                urgent_text="Call us.",
            )
        self.ada = self.add_clinician("Ada Whitfield")
        self.robin = self.add_patient("Robin Okafor", self.ada)

    def add_clinician(self, name: str, email: str | None = None, role: str = "clinician") -> str:
        with self.records.begin() as tx:
            return people.add_staff(
                tx,
                self.id,
                name=name,
                email=email or f"staff{next(self._numbers)}@clinic.example",
                password_hash="not a real hash",
                role=role,
            )

    def add_patient(
        self,
        name: str,
        staff_id: str | None = None,
        since: date = date(2026, 1, 1),
        until: date | None = None,
    ) -> str:
        """With `staff_id`, on that clinician's caseload."""
        with self.records.begin() as tx:
            patient = people.add_patient(tx, self.id, name=name)
            if staff_id is not None:
                people.assign(tx, staff_id, patient, since, until)
        return patient

    def book(
        self,
        starts_at: datetime = NOW - WEEK,
        patient: str | None = None,
        staff_id: str | None = None,
        status: str = "booked",
    ) -> str:
        with self.records.begin() as tx:
            return people.book(
                tx,
                patient or self.robin,
                staff_id or self.ada,
                starts_at,
                starts_at + timedelta(minutes=50),
                status,
            )

    def invite(self, appointment: str | None = None, expires_in: timedelta = WEEK) -> str:
        """The token of a link to the reflection on an appointment."""
        return self.link(appointment, expires_in).token

    def link(
        self, appointment: str | None = None, expires_in: timedelta = WEEK
    ) -> invitations.Invited:
        appointment = appointment or self.book()
        with self.records.begin() as tx:
            return invitations.invite(
                tx,
                appointment,
                instrument="core",
                instrument_version=1,
                expires_at=tx.now + expires_in,
            )

    def reflection(self, appointment: str | None = None) -> str:
        """The id of an invited reflection."""
        return self.link(appointment).reflection_id

    def reflect(
        self,
        *answers: Answer,
        appointment: str | None = None,
        sharing: Sharing | None = Sharing.ALL,
        at: datetime | None = None,
    ) -> str:
        """A reflection with these answers; `sharing` None leaves it open. Returns its id."""
        reflection_id = self.reflection(appointment)
        write(self.records, reflection_id, answers, sharing, at)
        return reflection_id

    def answer(self, reflection_id: str, answer: Answer, message: str | None = None) -> None:
        with self.records.begin() as tx:
            reflections.record_answer(tx, reflection_id, answer, message or new_message())

    def answers(self, reflection_id: str) -> dict[str, Answer]:
        with self.records.read() as tx:
            return reflections.answers_of(tx, reflection_id)


def write(
    records: Records,
    reflection_id: str,
    answers: Iterable[Answer],
    sharing: Sharing | None,
    at: datetime | None = None,
) -> None:
    """Begins a reflection and answers; `sharing` None leaves it open."""
    with records.begin(at) as tx:
        reflections.begin(tx, reflection_id)
        for answer in answers:
            reflections.record_answer(tx, reflection_id, answer, new_message())
        if sharing is not None:
            reflections.share(tx, reflection_id, sharing)


def new_message() -> str:
    return str(uuid.uuid4())
