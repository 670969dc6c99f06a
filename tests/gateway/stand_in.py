"""A clinic on a real SQLite file, and a stand-in for the worker with Rasa behind it.

The stand-in takes messages from the inbox and writes the assistant's lines through the records,
as the worker does; what it says is decided by the real reflection room.
"""

import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from factory import new_database

from afterword import wake
from afterword.access.actors import Actor
from afterword.datafiles import load_instrument
from afterword.gateway.app import make_context
from afterword.gateway.context import GatewayContext
from afterword.locales import load
from afterword.records import digests, inbox, invitations, people, reflections
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.reflection.asides import hold
from afterword.reflection.asking import Asker, Choice, Prompt
from afterword.reflection.exchange import DELETE_NO, DELETE_YES, Heard, Open, Pending
from afterword.reflection.plan import Plan
from afterword.reflection.turns import take
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import Screener
from afterword.settings import PROJECT, Settings

NOW = datetime.now(UTC).replace(microsecond=0)
GOAL = "Go to the <b>market</b> on my own"


@dataclass
class Clinic:
    """One clinic with one clinician; every `link()` is a new patient's."""

    context: GatewayContext
    clinic_id: str
    staff_id: str
    clinician: str = "Dr Ada Okafor"
    appointments: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> Records:
        return self.context.records

    def link(self, *, valid_for: timedelta = timedelta(days=7), goal: str | None = GOAL) -> str:
        start = NOW - timedelta(days=1)
        with self.records.begin() as tx:
            patient = people.add_patient(tx, self.clinic_id, name="Rosa Lind")
            if goal:
                people.add_goal(tx, patient, goal, start.date())
            people.assign(tx, self.staff_id, patient, start.date())
            end = start + timedelta(minutes=50)
            visit = people.book(tx, patient, self.staff_id, start, end, "finished")
            following = NOW + timedelta(days=6)
            later = people.book(tx, patient, self.staff_id, following, following)
            token, _ = invitations.invite(
                tx, visit, instrument="core", instrument_version=1, expires_at=NOW + valid_for
            )
        self.appointments[token] = later
        return token

    def reflection_id(self, token: str) -> str:
        with self.records.read() as tx:
            invitation = invitations.resolve(tx, token)
        assert invitation is not None
        return invitation.reflection_id

    def reflection(self, token: str) -> Any:
        with self.records.read() as tx:
            return reflections.by_id(tx, self.reflection_id(token))

    def answers(self, token: str) -> dict[str, Any]:
        with self.records.read() as tx:
            return reflections.answers_of(tx, self.reflection_id(token))

    def read_by_clinician(self, token: str) -> bool:
        with self.records.begin(by=Actor.staff(self.staff_id)) as tx:
            reflection_id = self.reflection_id(token)
            return digests.mark_read(tx, self.staff_id, self.appointments[token], reflection_id)

    def say(self, token: str, text: str) -> None:
        """A line of the assistant that nobody asked for."""
        with self.records.begin() as tx:
            accepted = inbox.accept(tx, self.reflection_id(token), "late", "text", {})
            inbox.finish(tx, accepted.inbox_id, [{"text": text, "choices": [], "kind": "say"}])


@cache
def screener() -> Screener:
    """The rules that are shipped; the statistical layer has tests of its own."""
    return Screener(load_rules())


def open_clinic(
    folder: Path,
    *,
    demo: bool = False,
    plain_form_after: float = 20,
    leave_url: str = "https://neutral.example",
) -> Clinic:
    create_key_file(folder / "keys.json")
    settings = Settings(
        data_dir=folder,
        database_url=new_database(folder / "afterword.db"),
        demo=demo,
        plain_form_after=plain_form_after,
        leave_url=leave_url,
    )
    records = Records(settings.database, load_vault(settings.keys))
    instrument = load_instrument(PROJECT / "instruments" / "core-1.yml")
    with records.begin() as tx:
        clinic_id = people.add_clinic(
            tx,
            name="Elm Street Practice",
            timezone="Europe/London",
            phone="020 7946 0100",
            urgent_phone="020 7946 0999",
            urgent_text="Our duty team answers day and night.",
            website="https://elm.example",
            embed_origins=["https://elm.example", "javascript:alert(1)"],
            country="gb-eng",
        )
        staff_id = people.add_staff(
            tx, clinic_id, name="Dr Ada Okafor", email="ada@elm.example", password_hash="x"
        )
    context = make_context(settings, records, [instrument], screener())
    return Clinic(context, clinic_id, staff_id)


class StandIn:
    """Answers every message while it runs; `pause()` makes the assistant sleep."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self._bot = load("en").section("bot")
        self._open: dict[str, Open] = {}
        self._awake, self._stop = threading.Event(), threading.Event()
        self._awake.set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "StandIn":
        self.clinic.context.assistant.note(True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._awake.set()
        self._thread.join(5)

    def pause(self) -> None:
        self._awake.clear()
        self.clinic.context.assistant.note(False)

    def resume(self) -> None:
        self._awake.set()
        self.clinic.context.assistant.note(True)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._awake.wait()
            if not self.work_once():
                self._stop.wait(0.02)

    def work_once(self) -> bool:
        records = self.clinic.records
        with records.begin() as tx:
            claim = inbox.claim(tx, timedelta(seconds=30))
        if claim is None or self._stop.is_set():
            return False
        with records.begin() as tx:
            replies = self._turn(tx, claim.reflection_id, claim.client_id, claim.body)
            inbox.finish(tx, claim.inbox_id, replies)
        wake.ring(self.clinic.context.settings.data_dir, wake.WEB)
        return True

    def _turn(self, tx: Any, key: str, message: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        asker = self._asker(tx, key)
        answers = reflections.answers_of(tx, key)
        open_ = self._open.get(key, Open("heard"))
        choice = body.get("choice")
        if choice == "menu.start":
            reflections.begin(tx, key)
            return [_line(self._say("opening")), self._ask(asker, open_, answers, short=False)]
        if choice == "menu.stop_delete":
            self._open[key] = Open(open_.question, pending=Pending.DELETE)
            choices = (
                Choice(DELETE_YES, self._say("choice_delete_yes"), "danger"),
                Choice(DELETE_NO, self._say("choice_delete_no"), "primary"),
            )
            return [_shown(Prompt(self._say("confirm_delete"), choices, kind="say"))]
        if choice in ("menu.ask_who_sees", "menu.ask_why"):
            text = self._say("who_sees") if choice == "menu.ask_who_sees" else "I ask so."
            return [_line(text), self._ask(asker, open_, answers, short=True)]
        if body.get("safety", {}).get("held"):
            heard = Heard(body.get("text", ""), "answer", choice)
            self._open[key] = hold(heard, open_, confidential=False)
            return []
        intent = "skip" if choice == "menu.skip" else "answer"
        heard = Heard(body.get("text", ""), intent, choice)
        outcome = take(heard, open_, answers, asker)
        for answer in outcome.store:
            reflections.record_answer(tx, key, answer, message)
        if outcome.remove:
            reflections.remove_answer(tx, key, outcome.remove, message)
        if outcome.share:
            reflections.share(tx, key, outcome.share)
        if outcome.erase:
            reflections.erase(tx, key)
        said = [_line(self._say(line.key, **line.values)) for line in outcome.say]
        if outcome.share:
            said.append(_line(self._say(f"done_{outcome.share}")))
        if outcome.open is None:
            return [line | {"kind": "closed", "input": "none"} for line in said]
        self._open[key] = outcome.open
        answers = reflections.answers_of(tx, key)
        return [*said, self._ask(asker, outcome.open, answers, short=outcome.short)]

    def _ask(self, asker: Asker, open_: Open, answers: Any, *, short: bool) -> dict[str, Any]:
        question = asker.plan.question(open_.question, answers)
        if question is None:
            return _shown(asker.review(answers, short=short))
        return _shown(asker.prompt(question, answers, short=short, keep=False))

    def _say(self, key: str, **values: Any) -> str:
        names = {"clinician": "Dr Ada Okafor", "clinic": "Elm Street Practice"}
        phones = {"phone": "020 7946 0100", "urgent_phone": "020 7946 0999"}
        return self._bot(key, **(names | phones | values))

    def _asker(self, tx: Any, key: str) -> Asker:
        reflection = reflections.by_id(tx, key)
        assert reflection is not None
        goals = {goal.id: goal.text for goal in people.goals_of(tx, reflection.patient_id)}
        instrument = self.clinic.context.phrasing.shipped.instruments["core", 1]
        lexicon = self.clinic.context.lexicons["en"]
        return Asker(Plan(instrument, goals), "en", reflection.clinician.name, self._say, lexicon)


def _line(text: str) -> dict[str, Any]:
    return {"text": text, "choices": [], "kind": "say"}


def _shown(prompt: Prompt) -> dict[str, Any]:
    at, of = prompt.progress or (0, 0)
    return {
        "text": prompt.text,
        "choices": [
            {"token": one.token, "title": one.title, "style": one.style} for one in prompt.choices
        ],
        "kind": prompt.kind,
        "input": prompt.input,
        "question": prompt.question,
        "progress": {"at": at, "of": of} if of else None,
        "rows": [asdict(row) for row in prompt.rows],
    }


class Site:
    """The app under uvicorn on a free port, with a stand-in for the assistant."""

    def __init__(self, clinic: Clinic, assistant: StandIn, url: str) -> None:
        self.clinic = clinic
        self.assistant = assistant
        self.url = url

    def link(self, token: str | None = None) -> str:
        return f"{self.url}/f/{token or self.clinic.link()}"
