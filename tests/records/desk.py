"""A clinic whose contacts are told of alerts; messages are raised as the gateway raises them."""

import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from factory import NOW, WEEK, Clinic, new_message
from sqlalchemy import select

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.records import alerts, contacts, inbox, mails, models
from afterword.records.alert_views import AlertTag, AlertView, Mail, Raised
from afterword.records.alerts import Incident
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind

OFFICE = json.dumps({day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})
WORDS = "the words of the patient"
LEASE = timedelta(seconds=60)


@dataclass
class Desk:
    """Bo is on duty, Cy is backup, Dee is there for safeguarding; Ada treats Robin."""

    clinic: Clinic
    bo: str = ""
    cy: str = ""
    dee: str = ""
    reflection: str = ""
    contacts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records, self.clock = self.clinic.records, self.clinic.clock
        self.set(country="us", duty_hours=OFFICE)
        self.reflection = self.clinic.reflect(sharing=None)
        self.bo = self.joins(Kind.DUTY, "Bo Duty")
        self.cy = self.joins(Kind.BACKUP, "Cy Backup")
        self.dee = self.joins(Kind.SAFEGUARDING, "Dee Safe")

    def set(self, **columns: str) -> None:
        """Changes the clinic."""
        with self.records.begin() as tx:
            row = tx.session.get_one(models.Clinic, self.clinic.id)
            for name, value in columns.items():
                setattr(row, name, value)

    def joins(self, kind: Kind, name: str, staff_id: str | None = None) -> str:
        """Makes a contact of a member of staff, a new one if none is named."""
        staff_id = staff_id or self.clinic.add_clinician(
            name, f"{uuid.uuid4()}@clinic.example", role="contact"
        )
        self.contact(kind, name, staff_id=staff_id)
        return staff_id

    def contact(self, kind: Kind, name: str, staff_id: str | None = None) -> str:
        address = f"{name.split()[0].lower()}@{kind}.example"
        with self.records.begin() as tx:
            key = contacts.add_contact(
                tx, self.clinic.id, kind=kind, name=name, email=address, staff_id=staff_id
            )
        self.contacts[name] = key
        return key

    def leaves(self, name: str) -> None:
        with self.records.begin() as tx:
            contacts.remove_contact(tx, self.contacts[name])

    def incident(self, tier: Tier = Tier.SAME_DAY, text: str = WORDS, **given: Any) -> Incident:
        values: dict[str, Any] = {
            "reflection_id": self.reflection,
            "route": Route.DUTY,
            "evidence": ("en-suicide-1",),
            "categories": (Category.SUICIDE,),
            "version": "rules 1",
            "language": "en",
        }
        return Incident(tier=tier, text=text, **(values | given))

    def raises(self, tier: Tier = Tier.SAME_DAY, text: str = WORDS, **given: Any) -> Raised:
        """The patient's message, accepted and raised in one transaction."""
        incident = self.incident(tier, text, **given)
        with self.records.begin() as tx:
            accepted = inbox.accept(
                tx, incident.reflection_id, incident.message or new_message(), "text", {}
            )
            assert accepted
            return alerts.raise_alert(tx, incident)

    def concern(self, tier: Tier = Tier.SAME_DAY, text: str = "about the clinician") -> Raised:
        return self.raises(
            tier,
            text,
            route=Route.SAFEGUARDING,
            evidence=("en-clinician-1",),
            categories=(Category.ABUSE_BY_CLINICIAN,),
        )

    def chooses(self, choice: str) -> Raised | None:
        with self.records.begin() as tx:
            return alerts.patient_chose(tx, self.reflection, choice)

    def forwards(self, yes: bool = True) -> alerts.Told:
        with self.records.begin() as tx:
            return alerts.forward_concern(tx, self.reflection, yes)

    def acknowledges(self, staff_id: str, alert_id: str) -> bool:
        with self.records.begin(by=Actor.staff(staff_id)) as tx:
            return alerts.acknowledge(tx, staff_id, alert_id)

    def closes(
        self, staff_id: str, alert_id: str, outcome: str = "reached", note: str = ""
    ) -> bool:
        with self.records.begin(by=Actor.staff(staff_id)) as tx:
            return alerts.close(tx, staff_id, alert_id, outcome, note)

    def ticks(self, **by: float) -> int:
        """Moves the clock and does what is due; how many alerts it acted on."""
        self.clock.move(**by)
        with self.records.read() as tx:
            due = alerts.due(tx)
        acted = 0
        for alert_id in due:
            with self.records.begin() as tx:
                acted += alerts.step(tx, alert_id)
        return acted

    def sees(self, staff_id: str) -> list[AlertView]:
        with self.records.read(by=Actor.staff(staff_id)) as tx:
            return alerts.for_staff(tx, staff_id)

    def count(self, staff_id: str) -> int:
        with self.records.read() as tx:
            return alerts.waiting_count(tx, staff_id)

    def tags(self, staff_id: str) -> list[AlertTag]:
        """None for who may not even ask."""
        with suppress(Denied), self.records.read(by=Actor.staff(staff_id)) as tx:
            return alerts.of_reflection_for(tx, staff_id, self.reflection)
        return []

    def row(self, alert_id: str) -> models.Alert:
        with self.records.read() as tx:
            row = tx.session.get_one(models.Alert, alert_id)
            tx.session.expunge(row)
        return row

    def rows(self) -> list[models.Alert]:
        with self.records.read() as tx:
            found = list(tx.session.scalars(select(models.Alert)))
            tx.session.expunge_all()
        return found

    def events(self, alert_id: str) -> list[tuple[str, str]]:
        with self.records.read() as tx:
            query = select(models.AlertEvent).where(models.AlertEvent.alert_id == alert_id)
            found = tx.session.scalars(query.order_by(models.AlertEvent.seq))
            return [(one.kind, one.detail) for one in found]

    def takes(self) -> Mail | None:
        with self.records.begin() as tx:
            return mails.claim(tx, LEASE)

    def post(self) -> list[str]:
        """Sends all notices that are due; the names of those who got one."""
        names = []
        while (mail := self.takes()) is not None:
            with self.records.begin() as tx:
                mails.sent(tx, mail.id)
            names.append(mail.name)
        return sorted(names)

    def loses(self) -> list[str]:
        """The mail server refuses all that is due now; whom it would have been for."""
        names = []
        while (mail := self.takes()) is not None:
            with self.records.begin() as tx:
                mails.failed(tx, mail.id)
            names.append(mail.name)
        return sorted(names)

    def another_reflection(self) -> str:
        return self.clinic.reflect(appointment=self.clinic.book(NOW - 2 * WEEK), sharing=None)
