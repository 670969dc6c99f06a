"""Makes a clinic with one of each kind of caller, and with all that there is to read.

What each of them is, and how they stand to what there is, is said here once; what they may then do
is computed from the tables of `afterword.access`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from afterword.access.actors import Actor
from afterword.access.policy import Relation, Role
from afterword.access.routes import Caller, callers_of
from afterword.records import (
    accounts,
    alerts,
    contacts,
    data_versions,
    glass,
    inbox,
    invitations,
    jobs,
    models,
    people,
    reflections,
    registry,
    staff,
)
from afterword.records.access_models import Handover
from afterword.records.staff_models import StaffSession
from afterword.records.store import Records, new_id, utc_now
from afterword.records.vault import create_key_file, load_vault
from afterword.reflection.answers import Answer, AnswerState, Sharing
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind
from afterword.settings import Settings

from .world import (
    CONCERN,
    DANGER,
    DAY,
    NOTHING,
    OTHER,
    PRIVATE,
    SHARED,
    UNTREATED,
    WEEK,
    Held,
    Persona,
    World,
)


def build(folder: Path) -> World:
    """The clinic. Ada treats Robin; Fay did until yesterday; Ben never did."""
    create_key_file(folder / "keys.json")
    settings = Settings(data_dir=folder, safety_layers="rules")
    # The clock stands still: a slow machine must not end what was fresh at the start.
    now = utc_now()
    records = Records(settings.database, load_vault(settings.keys), lambda: now)
    models.Base.metadata.create_all(records.engine)
    made = _Builder(World(settings, records))
    made.patients()
    made.alerts()
    made.personas()
    made.taught()
    made.world.keep()
    return made.world


@dataclass
class _Builder:
    world: World
    staff: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __post_init__(self) -> None:
        self.records, self.ids = self.world.records, self.world.ids
        week = {
            day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        }
        with self.records.begin() as tx:
            self.ids["clinic"] = people.add_clinic(
                tx,
                name="Harbour Clinic",
                timezone="Europe/London",
                phone="020 7946 0100",
                urgent_phone="020 7946 0101",
                urgent_text="Call us.",
                country="gb-eng",
                duty_hours=json.dumps(week),
            )
        for name, role in (
            *((name, Role.CLINICIAN) for name in ("ada", "ben", "bea", "fay", "zoe")),
            *((name, Role.SUPERVISOR) for name in ("sue", "sid")),
            ("alex", Role.ADMIN),
            ("ann", Role.ANNOTATOR),
            ("dana", accounts.CONTACT),
            ("sam", accounts.CONTACT),
            ("pia", accounts.CONTACT),
        ):
            self.staff[name] = self._account(name, role)

    def _account(self, name: str, role: str) -> str:
        with self.records.begin() as tx:
            return people.add_staff(
                tx,
                self.ids["clinic"],
                name=f"{name.title()} Staff",
                email=f"{name}@clinic.example",
                password_hash="no hash",
                role=role,
            )

    def patients(self) -> None:
        today = self.now.date()
        with self.records.begin() as tx:
            robin, kim = (
                people.add_patient(tx, self.ids["clinic"], name=name)
                for name in ("Robin Okafor", "Kim Doe")
            )
            for name in ("ada", "zoe"):
                people.assign(tx, self.staff[name], robin, today - 9 * DAY)
            people.assign(tx, self.staff["fay"], robin, today - 90 * DAY, today - 2 * DAY)
            people.assign(tx, self.staff["ada"], kim, today - 9 * DAY)
            people.add_patient(tx, self.ids["clinic"], name=UNTREATED)
        told = self._reflect(robin, "ada", -WEEK, Sharing.ALL, SHARED, PRIVATE)
        self._reflect(robin, "fay", -9 * WEEK, Sharing.ALL, OTHER)
        self.ids["other"] = self._reflect(kim, "ada", -DAY, None, OTHER)
        self.links["kim"] = self.links.pop("")
        open_now = self._reflect(robin, "ada", -DAY, None, OTHER)
        self.links["robin"] = self.links.pop("")
        with self.records.begin() as tx:
            start = self.now - DAY / 2
            # On the session of last week: that of yesterday is still being written about.
            self.ids["appointment"] = people.book(
                tx, robin, self.staff["ada"], start - DAY, start - DAY / 2
            )
        self.ids |= {"patient": robin, "reflection": told, "open": open_now}

    def _reflect(
        self, patient: str, by: str, when: timedelta, sharing: Sharing | None, *words: str
    ) -> str:
        with self.records.begin() as tx:
            start = self.now + when
            visit = people.book(tx, patient, self.staff[by], start, start + DAY / 24, "finished")
            token, reflection = invitations.invite(
                tx, visit, instrument="core", instrument_version=2, expires_at=tx.now + WEEK
            )
            reflections.begin(tx, reflection)
            for question, said in zip(("helped", "better"), words, strict=False):
                answer = Answer(question, AnswerState.ANSWERED, None, said)
                reflections.record_answer(tx, reflection, answer, new_id())
            if sharing is not None:
                reflections.share(tx, reflection, sharing, private={"better"})
        self.links[""] = token
        return reflection

    def alerts(self) -> None:
        with self.records.begin() as tx:
            kinds = (Kind.DUTY, "dana"), (Kind.SAFEGUARDING, "sam"), (Kind.PRIVACY, "pia")
            for kind, name in kinds:
                self.ids["contact"] = contacts.add_contact(
                    tx,
                    self.ids["clinic"],
                    kind=kind,
                    name=name.title(),
                    email=f"{name}@clinic.example",
                    staff_id=self.staff[name],
                )
            inbox.accept(tx, self.ids["open"], new_id(), "text", {"text": DANGER})
        for thing, route, category, text in (
            ("alert", Route.DUTY, Category.SUICIDE, DANGER),
            ("concern", Route.SAFEGUARDING, Category.ABUSE_BY_CLINICIAN, CONCERN),
        ):
            with self.records.begin() as tx:
                raised = alerts.raise_alert(
                    tx,
                    alerts.Incident(
                        reflection_id=self.ids["open"],
                        route=route,
                        tier=Tier.NOW,
                        text=text,
                        evidence=("rule",),
                        categories=(category,),
                        version="rules",
                        language="en",
                    ),
                )
                self.ids[thing] = raised.alert_id
        with self.records.begin() as tx:
            alerts.forward_concern(tx, self.ids["open"], True)

    def taught(self) -> None:
        clinic = self.ids["clinic"]
        with self.records.begin() as tx:
            data_versions.add(tx, clinic, language="en", label="stop", text="that was it from me")
            self.ids["version"] = data_versions.draft(tx, clinic)
            data_versions.close(tx, self.ids["version"], None, "More ways to stop.")
            self.ids["change"] = data_versions.add(
                tx, clinic, language="en", label="help", text="what do I do on this page"
            )
            self.ids["job"] = jobs.ask(tx, jobs.Kind.TRAIN, version_id=self.ids["version"])
            self.ids["model"] = "0123456789abcdef"
            registry.add(tx, self.ids["model"], self.ids["version"], {})

    def personas(self) -> None:
        with self.records.begin(by=Actor.staff(self.staff["bea"])) as tx:
            opened = glass.break_glass(
                tx, self.staff["bea"], name="Robin Okafor", reason="Found at the station."
            )
            assert opened == self.ids["patient"]
        with self.records.begin() as tx:
            self.ids |= {"handover": new_id(), "sue": self.staff["sue"]}
            tx.session.add(
                Handover(
                    id=self.ids["handover"],
                    reflection_id=self.ids["reflection"],
                    from_staff_id=self.staff["ada"],
                    to_staff_id=self.staff["sue"],
                    created_at=tx.now,
                    ends_at=tx.now + WEEK,
                )
            )
            invited = accounts.invite(
                tx, self.ids["clinic"], name="Ina", email="ina@clinic.example", role=Role.CLINICIAN
            )
            found = accounts.invited(tx, invited)
            assert found is not None
            self.ids["staff"] = self.staff["ben"]
            enrolling = staff.open_session(tx, found.staff_id, stage=staff.Stage.ENROL)
            self.ids["ina"] = found.staff_id
        self.world.personas = [
            Persona("anonymous", frozenset(), {}),
            *(
                Persona(
                    f"patient {name}",
                    frozenset({Caller.LINK}),
                    {"link": frozenset({Relation.LINK})},
                    link=self.links[name],
                )
                for name in ("robin", "kim")
            ),
            Persona(
                "invited",
                frozenset({Caller.INVITED}),
                {},
                staff_id=self.ids["ina"],
                session=enrolling,
            ),
            *self._staff(),
            self._disabled(),
        ]
        with self.records.begin() as tx:
            for one in self.world.personas:
                # One each: how often one may try with the same is tested elsewhere.
                self.ids[f"staff link {one.name}"] = accounts.invite(
                    tx,
                    self.ids["clinic"],
                    name="New",
                    email=f"{new_id()}@clinic.example",
                    role=Role.CLINICIAN,
                )

    def _staff(self) -> Iterator[Persona]:
        clinician = {Relation.CLINICIAN}
        yield self._persona(
            "clinician in caseload", "ada", clinician, {Relation.TREATING}, {Relation.SESSION}
        )
        yield self._persona("clinician out of caseload", "ben", clinician)
        yield self._persona("former clinician", "fay", clinician)
        yield self._persona("clinician in an emergency", "bea", clinician, {Relation.BROKE_GLASS})
        yield self._persona(
            "supervisor with a handover", "sue", set(), handed={Relation.HANDED_OVER}
        )
        yield self._persona("supervisor without one", "sid", set())
        yield self._persona("admin", "alex", {Relation.ADMIN})
        yield self._persona("annotator", "ann", {Relation.ANNOTATOR})
        yield self._persona("privacy contact", "pia", {Relation.PRIVACY}, kind=Kind.PRIVACY)
        duty, safe = {Relation.DUTY}, {Relation.SAFEGUARDING}
        yield self._persona("duty contact", "dana", kind=Kind.DUTY, alert=duty)
        yield self._persona("safeguarding contact", "sam", kind=Kind.SAFEGUARDING, concern=safe)

    def _persona(
        self,
        name: str,
        who: str,
        at_clinic: Held = NOTHING,
        to_robin: Held = NOTHING,
        of_session: Held = NOTHING,
        *,
        kind: str = "",
        handed: Held = NOTHING,
        alert: Held = NOTHING,
        concern: Held = NOTHING,
    ) -> Persona:
        """`at_clinic` and `to_robin` hold for all that is Robin's."""
        staff_id = self.staff[who]
        with self.records.begin() as tx:
            session, stale = staff.open_session(tx, staff_id), staff.open_session(tx, staff_id)
            hashed = hashlib.sha256(stale.encode()).hexdigest()
            last = tx.session.get_one(StaffSession, hashed)
            last.fresh_at = tx.now - staff.FRESH_LIMIT - timedelta(minutes=1)
            role = tx.session.get_one(models.Staff, staff_id).role
        always = frozenset(at_clinic | to_robin)
        return Persona(
            name,
            callers_of(role, [kind] if kind else []),
            {
                "": frozenset(at_clinic | alert | concern | {Relation.SELF}),
                "clinic": frozenset(at_clinic),
                "counts": frozenset(alert | concern),
                "patient": always,
                "appointment": always | of_session,
                "reflection": always | of_session | handed,
                "handover": always | of_session | handed,
                "alert": frozenset(alert),
                "concern": frozenset(concern),
            },
            staff_id=staff_id,
            session=session,
            stale=stale,
        )

    def _disabled(self) -> Persona:
        with self.records.begin() as tx:
            session = staff.open_session(tx, self.staff["zoe"])
            tx.session.get_one(models.Staff, self.staff["zoe"]).disabled_at = tx.now
        who = self.staff["zoe"]
        return Persona("disabled user", frozenset(), {}, staff_id=who, session=session)
