"""The whole product as its users meet it: real processes, real HTTP, a real database."""

import itertools
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pyotp
from sqlalchemy import make_url, select
from waiting import PATIENCE, wait_for

from afterword import readiness, services
from afterword.datafiles import load_instrument
from afterword.portal import passwords
from afterword.records import (
    accounts,
    contacts,
    factors,
    inbox,
    invitations,
    models,
    people,
    reflections,
    schema,
)
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.reflection.answers import Answer
from afterword.settings import PROJECT, Settings
from afterword.training import model as training

PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CORE = PROJECT / "instruments" / "core-1.yml"
# Runs the program from another folder: `-m` would import the one of this folder.
_FROM = (
    "import os, runpy, sys; os.chdir(sys.argv.pop(1)); "
    "runpy.run_module('afterword', run_name='__main__', alter_sys=True)"
)

_desks = itertools.count()


@cache
def _password_hash() -> str:
    """Made slowly on purpose, so only once."""
    return passwords.hash_password(PASSWORD)


class Stack:
    """Web, worker, actions and Rasa under the supervisor that `afterword up` uses."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        tracker_url: str | None = None,
        instrument: Path = CORE,
        rasa: bool = True,
        web_alone: bool = False,
        plain_form_after: float = 20.0,
        served: Mapping[str, object] | None = None,
        project: Path = PROJECT,
        models_dir: Path | None = None,
    ) -> None:
        """`web_alone` leaves out all other processes, `served` are settings that only the processes
        get, and `project` is the folder that they are started from.
        """
        self.settings = Settings(
            data_dir=folder,
            database_url=database_url,
            tracker_url=tracker_url,
            # Models are kept between runs, and so is the key that signs them.
            model_key_file=Settings().model_key,
            models_dir=models_dir or Settings().models_dir,
            instrument_file=instrument,
            port=8300 + os.getpid() % 500,
            plain_form_after=plain_form_after,
        )
        create_key_file(self.settings.keys)
        self.vault = load_vault(self.settings.keys)
        self.records = Records(self.settings.database, self.vault)
        schema.upgrade(self.records.engine)
        self.instrument = load_instrument(instrument)
        # Not the wished port: another stack's pages may just be starting anew on it.
        self.ports = replace(services.choose_ports(self.settings), web=unused_port())
        self.supervisor = services.Supervisor(folder / "log", lambda line: None)
        self._thread = threading.Thread(target=self.supervisor.watch, daemon=True)
        self._rasa = rasa and not web_alone
        self._web_alone = web_alone
        self.served = self.settings.model_copy(update=dict(served or {}))
        self._project = project

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.web}"

    def __enter__(self) -> "Stack":
        self._thread.start()
        for service in services.app_services(self.served, self.ports, self.vault):
            if service.name == "web" or not self._web_alone:
                self.supervisor.start(self._moved(service))
        if self._rasa:
            self.start_rasa()
        wait_for("the web process", lambda: httpx.get(f"{self.url}/health").status_code == 200)
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop()
        self._thread.join()
        self.records.close()

    def start_rasa(self) -> None:
        """Trains if needed, starts Rasa and waits until it answers."""
        settings = self.settings
        trained = training.train(PROJECT, settings.models_dir, settings.model_key, print)
        self.supervisor.start(
            services.rasa_service(self.settings, self.ports, self.vault, trained.path)
        )
        assert readiness.wait_until_up(self.ports.rasa, readiness.RASA)

    def kill(self, name: str) -> None:
        """kill -9, as a crash or the kernel would; the supervisor starts it again."""
        pid = wait_for(f"{name} to run", lambda: self.supervisor.pid(name))
        os.killpg(pid, signal.SIGKILL)

    @contextmanager
    def hanging(self, name: str) -> Iterator[None]:
        """A process that runs and does nothing: nobody starts another one."""
        pid = wait_for(f"{name} to run", lambda: self.supervisor.pid(name))
        os.killpg(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(pid, signal.SIGCONT)

    def _moved(self, service: services.Service) -> services.Service:
        if self._project == PROJECT:
            return service
        _, _, _, *arguments = service.command
        return replace(
            service, command=(sys.executable, "-c", _FROM, str(self._project), *arguments)
        )

    def logs(self) -> str:
        return "\n".join(
            path.read_text(errors="replace")
            for path in (self.settings.data_dir / "log").glob("*.log")
        )

    def case(self, goals: tuple[str, ...] = ("Sleep through the night",)) -> "Case":
        """A new patient with a clinician, a session just over, the next one tomorrow, a link."""
        email = f"{uuid.uuid4().hex[:8]}@clinic.example"
        with self.records.begin() as tx:
            clinic = people.add_clinic(
                tx,
                name="Test Clinic",
                timezone="Europe/London",
                phone="01632 960 001",
                urgent_phone="999",
                urgent_text="Call 999.",
                country="gb-eng",
            )
            staff = people.add_staff(
                tx,
                clinic,
                name="Dr Test",
                email=email,
                password_hash=_password_hash(),
            )
            patient = people.add_patient(tx, clinic, name="Pat Example")
            today = tx.now.date()
            people.assign(tx, staff, patient, today)
            goal_ids = tuple(people.add_goal(tx, patient, goal, today) for goal in goals)
            over = tx.now - timedelta(hours=2)
            session = people.book(tx, patient, staff, over, over + timedelta(hours=1), "finished")
            coming = tx.now + timedelta(hours=3)
            following = people.book(tx, patient, staff, coming, coming + timedelta(hours=1))
            token, reflection_id = invitations.invite(
                tx,
                session,
                instrument=self.instrument.id,
                instrument_version=self.instrument.version,
                expires_at=tx.now + timedelta(days=7),
            )
        return Case(self, token, reflection_id, following, email, goal_ids)


def rasas_own_role(url: str) -> str:
    """Makes Rasa's role in a PostgreSQL database, as the documents say, and returns its address."""
    name = f"rasa_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
        admin.execute(f"CREATE SCHEMA rasa AUTHORIZATION {name}")
    return make_url(url).set(username=name, password=name).render_as_string(hide_password=False)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass
class Case:
    """One patient's reflection, and the appointment before which it is read."""

    stack: Stack
    token: str
    reflection_id: str
    appointment_id: str
    email: str
    goal_ids: tuple[str, ...]

    def patient(self, patience: float = PATIENCE) -> "Patient":
        return Patient(self.stack.url, self.token, patience)

    def answers(self) -> dict[str, Answer]:
        """What the database holds."""
        with self.stack.records.read() as tx:
            return reflections.answers_of(tx, self.reflection_id)

    def state(self) -> str:
        with self.stack.records.read() as tx:
            found = reflections.by_id(tx, self.reflection_id)
        assert found is not None
        return str(found.state)

    @contextmanager
    def clinician(self) -> Iterator[httpx.Client]:
        """A clinician who has signed in."""
        with self.signed_in(self.email) as client:
            yield client

    @contextmanager
    def signed_in(self, email: str) -> Iterator[httpx.Client]:
        own = {"Sec-Fetch-Site": "same-origin"}
        # A desk of their own for each: so many people at one address would be slowed down.
        desk = httpx.HTTPTransport(local_address=f"127.{next(_desks) % 250 + 1}.0.1")
        with httpx.Client(
            base_url=self.stack.url, headers=own, timeout=30, transport=desk
        ) as client:
            form = {"email": email, "password": PASSWORD}
            assert client.post("/portal/sign-in", data=form).status_code == 303
            code = {"code": self._code(email)}
            assert client.post("/portal/sign-in/code", data=code).status_code == 303
            yield client

    def _code(self, email: str) -> str:
        """What the app shows; the last one is forgotten, for a code works once in half a minute."""
        with self.stack.records.begin() as tx:
            factors.add_totp(tx, str(accounts.by_email(tx, email)), SECRET)
        return pyotp.TOTP(SECRET).now()

    def contact(self, kind: str) -> str:
        """Somebody with an account who is told of alerts, and treats nobody; their address."""
        name, email = f"The {kind} contact", f"{kind}-{uuid.uuid4().hex[:8]}@clinic.example"
        with self.stack.records.begin() as tx:
            reflection = tx.session.get_one(models.Reflection, self.reflection_id)
            appointment = tx.session.get_one(models.Appointment, reflection.appointment_id)
            clinic = tx.session.get_one(models.Patient, appointment.patient_id).clinic_id
            people.add_staff(tx, clinic, name=name, email=email, password_hash=_password_hash())
            # The address is that of the account, so it is known whose it is.
            contacts.add_contact(tx, clinic, kind=kind, name=name, email=email)
        return email

    def alerts(self) -> list[tuple[str, str, str]]:
        """Route, tier and state of each alert that the database holds."""
        query = select(models.Alert.route, models.Alert.tier, models.Alert.state).where(
            models.Alert.reflection_id == self.reflection_id
        )
        with self.stack.records.read() as tx:
            return [(route, tier, state) for route, tier, state in tx.session.execute(query)]

    def settled(self) -> None:
        """Waits until the assistant has heard of every message, of those answered before too."""
        query = select(models.Inbox.id).where(
            models.Inbox.reflection_id == self.reflection_id, models.Inbox.state == inbox.RECEIVED
        )

        def none_waits() -> bool:
            with self.stack.records.read() as tx:
                return tx.session.scalar(query) is None

        wait_for("the assistant to hear of all messages", none_waits)

    def digest(self) -> str:
        """The digest page as the clinician gets it."""
        with self.clinician() as client:
            page = client.get(f"/portal/appointments/{self.appointment_id}")
        assert page.status_code == 200
        return page.text


@dataclass
class Patient:
    """A patient's side of the API; sends again until the server has it, as the page does."""

    url: str
    token: str
    patience: float = PATIENCE
    cursor: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        )

    def start(self) -> list[dict[str, Any]]:
        return self.tap("menu.start")

    def type(self, text: str) -> list[dict[str, Any]]:
        return self.send({"text": text})

    def tap(self, token: str) -> list[dict[str, Any]]:
        return self.send({"choice": token})

    def send(self, body: dict[str, Any], message: str | None = None) -> list[dict[str, Any]]:
        """Sends a message, waits for the turn and returns the assistant's lines."""
        message = message or str(uuid.uuid4())
        self.post(body, message)
        return self.answered(message)

    def post(self, body: dict[str, Any], message: str) -> None:
        """Sends until the server says that it has the message."""

        def accepted() -> bool:
            response = self.client.post("/api/messages", json={"id": message, **body})
            assert response.status_code in (202, 429, 503), response.text
            return response.status_code == 202

        wait_for("the message to be accepted", accepted, self.patience)

    def answered(self, message: str) -> list[dict[str, Any]]:
        """Waits until a message is done and returns the lines that came with it."""
        new: list[dict[str, Any]] = []

        def done() -> bool:
            response = self.client.get(
                "/api/conversation", params={"after": self.cursor, "wait": 2}
            )
            reply = response.raise_for_status().json()
            self.cursor = reply["cursor"]
            self.state = reply
            new.extend(line for line in reply["messages"] if line["from"] == "assistant")
            # A deleted conversation does not hold the patient's messages any more.
            if reply["reflection"] == "deleted" and not reply["waiting"]:
                return True
            return any(
                line.get("client") == message and line["state"] != "waiting"
                for line in reply["messages"]
            )

        wait_for("the assistant's answer", done, self.patience)
        self.lines += new
        return new

    def sees(self) -> list[dict[str, Any]]:
        """All that stands in the conversation at this moment."""
        return list(self.client.get("/api/conversation").raise_for_status().json()["messages"])

    @property
    def open(self) -> dict[str, Any]:
        """The last line that asks something."""
        return next(line for line in reversed(self.lines) if line["kind"] in ("question", "review"))

    def option(self, title: str) -> str:
        """The token of a choice by its title."""
        return next(choice["token"] for choice in self.open["choices"] if choice["title"] == title)

    def answer_all(self, ratings: dict[str, str]) -> None:
        """Answers by taps up to the review; unnamed questions get their last option or are
        skipped."""
        self.start()
        while self.open["kind"] == "question":
            question = self.open["question"]
            options = [
                choice["token"] for choice in self.open["choices"] if choice["style"] == "option"
            ]
            fallback = options[-1] if options else f"{question}.skip"
            self.tap(f"{question}.{ratings[question]}" if question in ratings else fallback)
