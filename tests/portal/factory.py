"""A small clinic for the portal's tests, built through the records' own functions."""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pyotp
from factory import NOW as NOW
from factory import WEEK as WEEK
from factory import Clock as Clock
from factory import cheap_hash, new_database, write
from factory import rated as rated
from factory import said as said
from starlette.applications import Starlette

from afterword.access.actors import PROCESS, Actor
from afterword.datafiles import load_instrument
from afterword.locales import load
from afterword.phrasing import Phrasing
from afterword.portal.app import routes
from afterword.records import (
    accounts,
    contacts,
    factors,
    invitations,
    models,
    people,
)
from afterword.records.staff_models import Factor
from afterword.records.store import Records, Tx
from afterword.records.vault import Vault
from afterword.reflection.answers import Answer, AnswerState, Sharing
from afterword.reflection.instrument import Instrument
from afterword.safety.recipients import Kind
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import Screener
from afterword.settings import PROJECT, Settings

EMAIL, PASSWORD = "ada@clinic.example", "correct horse battery staple"
ADMIN = "ines@clinic.example"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What is in everybody's authenticator app."""
BASE = "http://127.0.0.1:8080"
OWN = {"Sec-Fetch-Site": "same-origin"}
OFFICE = json.dumps({day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})


def password_hash() -> str:
    return cheap_hash(PASSWORD)


@cache
def instrument() -> Instrument:
    return load_instrument(PROJECT / "instruments" / "core-1.yml")


@cache
def screener() -> Screener:
    """The rules that are shipped, without a model."""
    return Screener(load_rules())


@dataclass
class Context:
    """What the portal is given."""

    settings: Settings
    records: Records
    instruments: dict[tuple[str, int], Instrument] = field(
        default_factory=lambda: {("core", 1): instrument()}
    )
    screener: Screener = field(default_factory=lambda: screener())

    shared: Phrasing | None = None
    """That of the patients' pages, where they are served beside these."""

    @property
    def phrasing(self) -> Phrasing:
        return self.shared or Phrasing({one: load(one) for one in ("en", "es")}, self.instruments)


def without(question: str, state: AnswerState) -> Answer:
    return Answer(question, state)


@dataclass
class World:
    """One clinic, the clinician Ada and the patient Robin, who is on Ada's caseload."""

    context: Context
    clock: Clock
    clinic: str
    ada: str
    robin: str

    @property
    def records(self) -> Records:
        return self.context.records

    def begin(self, by: Actor = PROCESS) -> Any:
        return self.records.begin(by=by)

    def add_clinician(self, email: str, name: str, role: str = "clinician") -> str:
        with self.begin() as tx:
            return _add_staff(tx, self.clinic, name, email, role)

    def add_contact(self, kind: Kind, email: str, name: str, staff_id: str | None = None) -> str:
        """A contact who can sign in: this member of staff, or else a new one without patients."""
        staff_id = staff_id or self.add_clinician(email, name, kind)
        with self.begin() as tx:
            contacts.add_contact(
                tx, self.clinic, kind=kind, name=name, email=email, staff_id=staff_id
            )
        return staff_id

    def add_patient(self, name: str, staff_id: str, until: date | None = None) -> str:
        with self.begin() as tx:
            patient = people.add_patient(tx, self.clinic, name=name)
            people.assign(tx, staff_id, patient, date(2026, 1, 1), until)
        return patient

    def book(
        self, starts_at: datetime, patient: str | None = None, staff_id: str | None = None
    ) -> str:
        with self.begin() as tx:
            return people.book(
                tx,
                patient or self.robin,
                staff_id or self.ada,
                starts_at,
                starts_at + timedelta(minutes=50),
            )

    def invite(self, appointment_id: str) -> str:
        """Returns the reflection's id."""
        return self.link(appointment_id).reflection_id

    def link(self, appointment_id: str) -> invitations.Invited:
        with self.begin() as tx:
            return invitations.invite(
                tx,
                appointment_id,
                instrument="core",
                instrument_version=1,
                expires_at=tx.now + WEEK,
            )

    def reflect(
        self,
        appointment_id: str,
        *answers: Answer,
        sharing: Sharing | None = Sharing.ALL,
        at: datetime | None = None,
    ) -> str:
        """A reflection with these answers; `sharing` None leaves it open. Returns its id."""
        reflection_id = self.invite(appointment_id)
        write(self.records, reflection_id, answers, sharing, at)
        return reflection_id

    def history(self, *rounds: tuple[Answer, ...], patient: str | None = None) -> None:
        """Shared reflections on earlier weekly sessions, the oldest first, up to two weeks ago."""
        for weeks, answers in zip(range(len(rounds) + 1, 1, -1), rounds, strict=True):
            at = NOW - weeks * WEEK
            self.reflect(self.book(at, patient), *answers, at=at + timedelta(hours=3))

    def rows(self, model: type[models.Base]) -> list[Any]:
        with self.records.read() as tx:
            rows = tx.session.query(model).all()
            tx.session.expunge_all()
        return rows

    def client(self) -> "Client":
        return client_of(self.context)


def client_of(context: Context) -> "Client":
    return Client(Starlette(routes=routes(context)), context.records)


def empty_records(folder: Path, clock: Clock) -> Records:
    vault = Vault("k1", {"k1": secrets.token_bytes(32)}, secrets.token_bytes(32))
    return Records(new_database(folder / "afterword.db"), vault, clock)


def make_world(folder: Path, **settings: Any) -> World:
    clock = Clock()
    records = empty_records(folder, clock)
    with records.begin() as tx:
        clinic = _clinic(tx)
        ada = _add_staff(tx, clinic, "Ada Whitfield", EMAIL)
        robin = people.add_patient(tx, clinic, name="Robin Okafor")
        people.assign(tx, ada, robin, date(2026, 1, 1))
    made = Settings(data_dir=folder, **settings)
    return World(Context(made, records), clock, clinic, ada, robin)


def _add_staff(tx: Tx, clinic: str, name: str, email: str, role: str = "clinician") -> str:
    staff_id = people.add_staff(
        tx, clinic, name=name, email=email, password_hash=password_hash(), role=role
    )
    factors.add_totp(tx, staff_id, SECRET)
    return staff_id


def forget_last_code(records: Records, email: str) -> None:
    """The clock stands still, so whoever comes in twice would have to use a code twice."""
    with records.begin() as tx:
        staff_id = accounts.by_email(tx, email)
        tx.session.query(Factor).filter_by(staff_id=staff_id).update({"last_counter": None})


def code_at(at: datetime, secret: str = SECRET) -> str:
    """What an authenticator app shows."""
    return pyotp.TOTP(secret).at(at)


def _clinic(tx: Tx) -> str:
    return people.add_clinic(
        tx,
        name="Harbour Clinic",
        timezone="America/New_York",
        phone="555 0100",
        urgent_phone="555 0101",
        urgent_text="Call us.",
        country="us",
        duty_hours=OFFICE,
    )


class Client:
    """A browser without a screen: follows no redirect, keeps cookies, sends our own origin."""

    def __init__(self, app: Starlette, records: Records) -> None:
        self._records = records
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("127.0.0.1", 50000)), base_url=BASE
        )

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return self._runner.run(self._client.get(path, **kwargs))

    def post(
        self, path: str, data: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        sent = OWN if headers is None else headers
        return self._runner.run(self._client.post(path, data=data, headers=sent))

    def together(self, path: str, data: dict[str, str], count: int) -> list[httpx.Response]:
        """The same POST, many times at once."""

        async def all_of_them() -> list[httpx.Response]:
            posts = (self._client.post(path, data=data, headers=OWN) for _ in range(count))
            return list(await asyncio.gather(*posts))

        return self._runner.run(all_of_them())

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def sign_in(
        self,
        email: str = EMAIL,
        password: str = PASSWORD,
        code: str | None = None,
        next: str = "",
        secret: str = SECRET,
    ) -> httpx.Response:
        """Both steps; the answer to the second one, or to the first if it leads nowhere."""
        first = self.type_password(email, password, next)
        if first.status_code != 303:
            return first
        if code is None:
            forget_last_code(self._records, email)
            code = code_at(self._records.clock(), secret)
        return self.post("/portal/sign-in/code", {"code": code, "next": next})

    def type_password(
        self, email: str = EMAIL, password: str = PASSWORD, next: str = ""
    ) -> httpx.Response:
        """The first step alone."""
        return self.post("/portal/sign-in", {"email": email, "password": password, "next": next})

    def form_token(self) -> str:
        return field_of(self.get("/portal").text, "form_token")

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


def field_of(page: str, name: str) -> str:
    """The value of a hidden field."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]
