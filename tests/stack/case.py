"""A patient's reflection at a clinic of its own, and what each side sees and does."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pyotp
from sqlalchemy import select
from waiting import PATIENCE, wait_for

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
)
from afterword.reflection.answers import Answer

if TYPE_CHECKING:
    from stack import Stack

PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

_desks = itertools.count()


@cache
def _password_hash() -> str:
    """Made slowly on purpose, so only once."""
    return passwords.hash_password(PASSWORD)


def open_case(stack: Stack, goals: tuple[str, ...], named: str) -> Case:
    """A new patient with a clinician, a session just over, the next one tomorrow, a link.

    `named` stands in every name and address, of contacts too.
    """
    email = f"{named}{uuid.uuid4().hex[:8]}@clinic.example"
    with stack.records.begin() as tx:
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
            name=f"Dr {named or 'Test'}",
            email=email,
            password_hash=_password_hash(),
        )
        patient = people.add_patient(tx, clinic, name=f"Pat {named or 'Example'}")
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
            instrument=stack.instrument.id,
            instrument_version=stack.instrument.version,
            expires_at=tx.now + timedelta(days=7),
        )
    return Case(stack, token, reflection_id, following, email, goal_ids, named)


@dataclass
class Case:
    """One patient's reflection, and the appointment before which it is read."""

    stack: Stack
    token: str
    reflection_id: str
    appointment_id: str
    email: str
    goal_ids: tuple[str, ...]
    named: str

    def patient(self, patience: float = PATIENCE) -> Patient:
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
        name = f"The {kind} contact {self.named}".rstrip()
        email = f"{kind}-{self.named}{uuid.uuid4().hex[:8]}@clinic.example"
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
