"""The whole web process on a real database, called in-process or served to a real browser."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from factory import new_database
from factory import rated as rated
from factory import said as said
from starlette.applications import Starlette

from afterword.records import contacts, invitations, models, people, reflections, staff
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.reflection.answers import Answer, Sharing
from afterword.safety.recipients import Kind
from afterword.settings import PROJECT, Settings
from afterword.web import make_app

NOW = datetime.now(UTC).replace(microsecond=0)
WEEK = timedelta(days=7)
BASE = "http://127.0.0.1:8080"
NEUTRAL = "https://neutral.example"
ALL_DAY = json.dumps(
    {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
)


@dataclass
class House:
    """One clinic with a clinician, a duty contact, and the web process over it."""

    settings: Settings
    records: Records
    clinic: str
    ada: str
    dana: str
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        self.app = make_app(self.settings)

    def patient(self, name: str, *, goal: str = "", staff_id: str = "") -> str:
        with self.records.begin() as tx:
            patient = people.add_patient(tx, self.clinic, name=name)
            people.assign(tx, staff_id or self.ada, patient, NOW.date() - WEEK)
            if goal:
                people.add_goal(tx, patient, goal, NOW.date() - WEEK)
        return patient

    def book(self, patient: str, starts_at: datetime, staff_id: str = "") -> str:
        with self.records.begin() as tx:
            ends_at = starts_at + timedelta(minutes=50)
            return people.book(tx, patient, staff_id or self.ada, starts_at, ends_at)

    def link(
        self, patient: str, *, valid_for: timedelta = WEEK, staff_id: str = ""
    ) -> invitations.Invited:
        visit = self.book(patient, NOW - timedelta(days=1), staff_id)
        with self.records.begin() as tx:
            link = invitations.invite(
                tx, visit, instrument="core", instrument_version=1, expires_at=tx.now + WEEK
            )
            if valid_for != WEEK:
                row = tx.session.query(models.Invitation).filter_by(
                    reflection_id=link.reflection_id
                )
                row.one().expires_at = tx.now + valid_for
        return link

    def links(self, count: int) -> list[str]:
        """Tokens of so many patients' links, made in one go."""
        start = NOW - timedelta(days=1)
        made = []
        with self.records.begin() as tx:
            for _ in range(count):
                patient = people.add_patient(tx, self.clinic, name="Robin Okafor")
                people.assign(tx, self.ada, patient, start.date())
                visit = people.book(tx, patient, self.ada, start, start + timedelta(minutes=50))
                made.append(
                    invitations.invite(
                        tx, visit, instrument="core", instrument_version=1, expires_at=NOW + WEEK
                    ).token
                )
        return made

    def answer(
        self, reflection_id: str, *answers: Answer, sharing: Sharing | None = Sharing.ALL
    ) -> None:
        with self.records.begin() as tx:
            reflections.begin(tx, reflection_id)
            for answer in answers:
                reflections.record_answer(tx, reflection_id, answer, str(uuid.uuid4()))
            if sharing is not None:
                reflections.share(tx, reflection_id, sharing)

    def cookie(self, staff_id: str) -> str:
        """The token of a session of somebody who has signed in."""
        with self.records.begin() as tx:
            return staff.open_session(tx, staff_id)


def open_house(folder: Path, *, named: str = "Harbour Clinic", **settings: Any) -> House:
    """`named`: the clinic, and in front of the clinician's name."""
    folder.mkdir(parents=True, exist_ok=True)
    create_key_file(folder / "keys.json")
    given = {"leave_url": NEUTRAL, "instrument_file": PROJECT / "instruments" / "core-1.yml"}
    made = Settings(data_dir=folder, **(given | {"safety_layers": "rules"} | settings))
    records = Records(new_database(folder / "afterword.db"), load_vault(made.keys))
    with records.begin() as tx:
        clinic = people.add_clinic(
            tx,
            name=named,
            timezone="Europe/London",
            phone="020 7946 0100",
            urgent_phone="020 7946 0101",
            urgent_text=f"Call us at {named}.",
            embed_origins=["https://elm.example"],
            country="gb-eng",
            duty_hours=ALL_DAY,
        )
        ada, dana = (
            people.add_staff(tx, clinic, name=name, email=email, password_hash="no hash", role=role)
            for name, email, role in (
                (f"{named} Ada Whitfield", "ada@clinic.example", "clinician"),
                ("Dana Duty", "dana@clinic.example", Kind.DUTY),
            )
        )
        for kind in (Kind.DUTY, Kind.SAFEGUARDING):
            contacts.add_contact(
                tx, clinic, kind=kind, name="Dana", email="dana@clinic.example", staff_id=dana
            )
    return House(made, records, clinic, ada, dana)


class Caller:
    """Many calls in one event loop, as fast as the application answers."""

    def __init__(self, app: Any, address: str = "203.0.113.7", base: str = BASE) -> None:
        self._runner = asyncio.Runner()
        self.address = address
        # What a route raises is the 500 that a browser would get.
        transport = httpx.ASGITransport(self._from(app), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=base)

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))

    def _from(self, app: Any) -> Any:
        async def called(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"client": (self.address, 50000)}, receive, send)

        return called

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
