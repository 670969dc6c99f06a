"""Words that may mean danger, and what came of them."""

import dataclasses
from pathlib import Path
from typing import Any

from stand_in import Clinic
from starlette.testclient import TestClient
from talking import talk

from afterword.records import contacts, deliveries, models
from afterword.safety import clock

PLAIN = "I want to kill myself"
PLAIN_ES = "quiero matarme"
CONCERN = "my therapist kissed me"
OBLIQUE = "sometimes I wonder if anyone would notice if I was gone"


def alerts(clinic: Clinic, token: str) -> list[models.Alert]:
    with clinic.records.read() as tx:
        found = list(
            tx.session.query(models.Alert).where(
                models.Alert.reflection_id == clinic.reflection_id(token)
            )
        )
        tx.session.expunge_all()
    return found


def duty(clinic: Clinic, kind: str = "duty", email: str = "duty@elm.example") -> None:
    with clinic.records.begin() as tx:
        contacts.add_contact(tx, clinic.clinic_id, kind=kind, name="Dee Duty", email=email)


def lines_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for line in body["messages"] if line.get("kind") == "safety"]


def safety_of(client: TestClient, token: str) -> list[dict[str, Any]]:
    return lines_of(talk(client, token).json())


def links(lines: list[dict[str, Any]]) -> list[str]:
    return [one["href"] for line in lines for one in line["contacts"]]


def choices(lines: list[dict[str, Any]]) -> list[str]:
    return [one["token"] for line in lines for one in line["choices"]]


class Gone:
    """A database that does not answer, by taking its file away."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._file = Path(str(clinic.records.engine.url.database))
        self._away = self._file.with_suffix(".away")

    def __enter__(self) -> None:
        self._clinic.records.engine.dispose()
        self._file.rename(self._away)
        self._file.mkdir()

    def __exit__(self, *_error: object) -> None:
        self._file.rmdir()
        self._away.rename(self._file)
        self._clinic.records.engine.dispose()


def overdue(clinic: Clinic) -> list[str]:
    """Reflections whose lines of safety would be late by now, were a while over."""
    with clinic.records.read() as tx:
        later = dataclasses.replace(tx, now=tx.now + clock.DELIVERY_PATIENCE)
        return deliveries.overdue(later)
