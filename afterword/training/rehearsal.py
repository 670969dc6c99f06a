"""A made-up patient talks with a model from greeting to end, where nothing of the clinic is.

With a database, keys, an action server, a worker and a Rasa of its own, all in a folder that goes
when it is over; the questions and the texts are the clinic's, with what it has reworded.
"""

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from afterword import readiness, services, wake
from afterword.access.actors import Actor
from afterword.datafiles import load_instrument
from afterword.phrasing import Phrasing
from afterword.records import inbox, invitations, people, reflections, schema, wordings
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.reflection.answers import AnswerState, ReflectionState
from afterword.reflection.instrument import Instrument
from afterword.services import LOOPBACK
from afterword.settings import Settings
from afterword.waiting import wait_for

FOLDER = "rehearsal"
"""Below the data folder; it goes when the rehearsal is over."""
_START_PATIENCE, _TURN_PATIENCE = 90.0, 15.0
_LOOK_EVERY = 0.02
_MOST_TURNS = 40
_SCREEN = "rehearsal"
_CLEAR = {"tier": "none", "route": None, "held": False, "screen": _SCREEN}
_HELD = {"tier": "same_day", "route": "duty", "held": True, "screen": _SCREEN}
_HELD_WORDS = "held back"
_OPTION = "option"
_SERVED = ("actions", "worker")

Alive = Callable[[], object]
"""Called again and again while something is waited for; ends it by raising."""


class RehearsalFailed(Exception):
    """The dialogue did not go as it must; `code` says where."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reworded:
    """A text that a clinic has changed; an empty one is the shipped one again."""

    language: str
    key: str
    text: str


def of_clinics(records: Records) -> list[list[Reworded]]:
    """All changes of words of each clinic that has made some, in their order."""
    with records.read() as tx:
        return [
            [Reworded(one.language, one.key, one.text) for one in wordings.changes(tx, clinic_id)]
            for clinic_id in wordings.revisions(tx)
        ]


def rehearse(
    settings: Settings,
    model: Path,
    alive: Alive = lambda: None,
    words: Sequence[Sequence[Reworded]] = (),
) -> int:
    """Plays a reflection in each language, and one that is deleted; returns the turns.

    With the words of each clinic in `words`, else with those that are shipped.

    Raises:
        RehearsalFailed: see there.
        ModelRefused, SigningKeyUnusable: see `services.rasa_service`.
    """
    instrument = load_instrument(settings.instrument_file)
    folder = settings.data_dir / FOLDER
    # One that was cut off has left its own.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with _stages(_apart(settings, folder), instrument, model, alive, words or [()]) as stages:
            return sum(_play(stage) for stage in stages)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _apart(settings: Settings, folder: Path) -> Settings:
    """The clinic's settings, with nothing in them that leads to its data or out of the house."""
    return settings.model_copy(
        update={
            "data_dir": folder,
            "database_url": None,
            "tracker_url": None,
            "key_file": None,
            "key_source": "",
            "tombstones": None,
            "model_key_file": settings.model_key,
            "smtp_host": "",
            "smtp_user": "",
            "smtp_password_file": None,
            "assistant_url": "",
            "actions_url": "",
        }
    )


@dataclass(frozen=True)
class _Stage:
    """What runs, and a clinic that is played at."""

    settings: Settings
    records: Records
    instrument: Instrument
    clinic_id: str
    staff_id: str
    alive: Alive

    def patient(self, language: str) -> "_Patient":
        with self.records.begin() as tx:
            patient = people.add_patient(tx, self.clinic_id, name="Nobody", language=language)
            people.assign(tx, self.staff_id, patient, tx.now.date())
            over = tx.now - timedelta(hours=2)
            end = over + timedelta(hours=1)
            session = people.book(tx, patient, self.staff_id, over, end, "finished")
            _, reflection_id = invitations.invite(
                tx,
                session,
                instrument=self.instrument.id,
                instrument_version=self.instrument.version,
                expires_at=tx.now + timedelta(days=1),
            )
            reflections.set_language(tx, reflection_id, language)
        return _Patient(self, reflection_id)

    def wait(self, code: str, seconds: float, check: Callable[[], Any]) -> Any:
        """The first true value of `check`. Raises RehearsalFailed with `code` when too late."""

        def look() -> Any:
            self.alive()
            return check()

        if found := wait_for(look, seconds, _LOOK_EVERY):
            return found
        raise RehearsalFailed(code)


@dataclass
class _Patient:
    """Somebody made up; `open` is the last line that asks something."""

    stage: _Stage
    reflection_id: str
    turns: int = 0
    open: dict[str, Any] = field(default_factory=dict)

    def say(self, code: str, **body: Any) -> list[dict[str, Any]]:
        """Sends a message and returns what is said to it; a failed turn ends in `code`."""
        message = str(uuid.uuid4())
        kind = inbox.TEXT if "text" in body else inbox.CHOICE
        safety = body.pop("safety", _CLEAR)
        with self.stage.records.begin() as tx:
            inbox.accept(tx, self.reflection_id, message, kind, {**body, "safety": safety})
        wake.ring(self.stage.settings.data_dir, wake.WORKER)
        lines: list[dict[str, Any]] = self.stage.wait(
            code, _TURN_PATIENCE, lambda: self._answered(message)
        )
        self.turns += 1
        self.open = next((one for one in reversed(lines) if one.get("choices")), self.open)
        return lines[1:]

    def _answered(self, message: str) -> list[dict[str, Any]] | None:
        """The message and the lines to it, once it is done with."""
        with self.stage.records.read() as tx:
            found = inbox.conversation_since(tx, self.reflection_id, 0)
        place = next((one for one in found if one.client_id == message), None)
        if place is None:
            return [{}]
        if place.state == inbox.RECEIVED:
            return None
        if place.state == inbox.REFUSED:
            raise RehearsalFailed("refused")
        return [{}, *(one.body for one in found if one.order > place.order)]

    def tap(self, code: str, token: str) -> list[dict[str, Any]]:
        return self.say(code, choice=token)

    def options(self) -> list[dict[str, Any]]:
        return [one for one in self.open.get("choices", ()) if one.get("style") == _OPTION]

    @property
    def question(self) -> str:
        return str(self.open.get("question") or "")


def _play(stage: _Stage) -> int:
    turns = sum(_reflect(stage, language) for language in stage.instrument.languages)
    return turns + _delete(stage)


def _reflect(stage: _Stage, language: str) -> int:
    """From the greeting to sharing, by taps and typing in turn, with a word in between."""
    patient = stage.patient(language)
    patient.tap("start", "menu.start")
    first = patient.question
    if not first:
        raise RehearsalFailed("start")
    _ask_in_between(patient, first)
    _hold(patient, first)
    given = dict(_answer_all(patient))
    if patient.question != "review":
        raise RehearsalFailed("review")
    patient.tap("share", "review.share")
    _require_kept(stage, patient, given)
    return patient.turns


def _ask_in_between(patient: _Patient, question: str) -> None:
    for token in ("menu.ask_who_sees", "menu.ask_human"):
        if not patient.tap("aside", token) or patient.question != question:
            raise RehearsalFailed("aside")


def _hold(patient: _Patient, question: str) -> None:
    """A message that was answered with a safe one: the dialogue says nothing, and then goes on."""
    if patient.say("held", text=_HELD_WORDS, safety=_HELD):
        raise RehearsalFailed("held")
    patient.tap("held", "menu.start")
    if patient.question != question:
        raise RehearsalFailed("held")


def _answer_all(patient: _Patient) -> Iterator[tuple[str, str]]:
    """Every second option is typed; yields each question that was answered, and how."""
    for number in range(_MOST_TURNS):
        question, options = patient.question, patient.options()
        if question == "review":
            return
        if not options:
            words = f"words number {number}"
            patient.say("answer", text=words)
            yield question, words
        elif number % 2:
            patient.say("answer", text=options[-1]["title"])
            yield question, options[-1]["token"]
        else:
            patient.tap("answer", options[-1]["token"])
            yield question, options[-1]["token"]
        if patient.question == question:
            raise RehearsalFailed("answer")


def _require_kept(stage: _Stage, patient: _Patient, given: dict[str, str]) -> None:
    """Each answer stands under its question, and what was held is no answer."""
    with stage.records.read() as tx:
        kept = reflections.answers_of(tx, patient.reflection_id)
        found = reflections.by_id(tx, patient.reflection_id)
    if found is None or found.state is not ReflectionState.SHARED:
        raise RehearsalFailed("share")
    for question, said in given.items():
        answer = kept.get(question)
        if answer is None or answer.state is not AnswerState.ANSWERED:
            raise RehearsalFailed("kept")
        if said not in (answer.words, f"{question}.{answer.value}"):
            raise RehearsalFailed("kept")
    if any(answer.words == _HELD_WORDS for answer in kept.values()):
        raise RehearsalFailed("held")


def _delete(stage: _Stage) -> int:
    patient = stage.patient(stage.instrument.languages[0])
    patient.tap("start", "menu.start")
    patient.tap("delete", "menu.stop_delete")
    if not any(one.get("token") == "delete.yes" for one in patient.open.get("choices", ())):
        raise RehearsalFailed("delete")
    patient.tap("delete", "delete.yes")
    with stage.records.read() as tx:
        found = reflections.by_id(tx, patient.reflection_id)
    if found is None or found.state is not ReflectionState.DELETED:
        raise RehearsalFailed("delete")
    return patient.turns


@contextmanager
def _stages(
    settings: Settings,
    instrument: Instrument,
    model: Path,
    alive: Alive,
    words: Sequence[Sequence[Reworded]],
) -> Iterator[list[_Stage]]:
    create_key_file(settings.keys)
    vault = load_vault(settings.keys)
    records = Records(settings.database, vault)
    schema.upgrade(records.engine)
    ports = services.choose_ports(settings)
    supervisor = services.Supervisor(settings.data_dir / "log", lambda line: None)
    watching = threading.Thread(target=supervisor.watch, daemon=True)
    # Before anything is started that speaks: who speaks looks for new words only now and then.
    stages = [_at_a_clinic(settings, records, instrument, alive, own) for own in words]
    try:
        for service in services.app_services(settings, ports, vault):
            if service.name in _SERVED:
                supervisor.start(service)
        supervisor.start(services.rasa_service(settings, ports, vault, model))
        watching.start()
        with httpx.Client(timeout=1, trust_env=False) as client:
            rasa = f"http://{LOOPBACK}:{ports.rasa}{readiness.RASA}"
            stages[0].wait("not_ready", _START_PATIENCE, lambda: readiness.answers(client, rasa))
        yield stages
    finally:
        supervisor.stop()
        if watching.ident is not None:
            watching.join()
        records.close()


def _at_a_clinic(
    settings: Settings,
    records: Records,
    instrument: Instrument,
    alive: Alive,
    words: Sequence[Reworded],
) -> _Stage:
    """A clinic that says these words, and asks what they make of the questions."""
    clinic, staff = _clinic(records)
    with records.begin(by=Actor.operator(FOLDER)) as tx:
        for one in words:
            wordings.change(tx, clinic, language=one.language, key=one.key, text=one.text)
    phrasing = Phrasing({}, {(instrument.id, instrument.version): instrument})
    phrasing.refresh_now(records)
    return _Stage(settings, records, phrasing.of(clinic).asked, clinic, staff, alive)


def _clinic(records: Records) -> tuple[str, str]:
    with records.begin() as tx:
        clinic = people.add_clinic(
            tx,
            name="Rehearsal",
            timezone="UTC",
            phone="1",
            urgent_phone="1",
            urgent_text="-",
        )
        email = f"{uuid.uuid4().hex}@rehearsal.example"
        nobody_signs_in = "-"
        staff = people.add_staff(
            tx, clinic, name="Nobody", email=email, password_hash=nobody_signs_in
        )
    return clinic, staff
