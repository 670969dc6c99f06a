"""A fictional clinic over ten weeks: clinicians, contacts, and seven patients with their stories.

Everything goes through the records room with a moved clock, as it would have happened.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from afterword.access.actors import Actor
from afterword.access.policy import Role
from afterword.records import (
    accounts,
    alerts,
    contacts,
    digests,
    factors,
    invitations,
    mails,
    people,
    reflections,
)
from afterword.records.store import Records, Tx
from afterword.reflection.answers import Answer, AnswerState, Sharing
from afterword.reflection.instrument import Instrument
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind

_DECLINED = "-"
_CORE = ("heard", "safe", "goals", "approach", "snag")
_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_URGENT = "If you or someone else is in danger now, call 999. You do not have to be sure."
_LINK_LIFE = timedelta(days=14)
_MINUTE = timedelta(minutes=1)
_DUTY_HOURS = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True)
class Alarm:
    """Words that were marked in a conversation; on *go on* a check ends without staff."""

    tier: Tier
    words: str
    goes_on: bool = False
    note: str = ""


@dataclass(frozen=True)
class Week:
    """One reflection: the five core ratings in order (`-`: rather not say), and what was said."""

    ratings: str
    said: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    goals: str = ""
    sharing: Sharing = Sharing.ALL
    read: bool = True
    alarm: Alarm | None = None


@dataclass(frozen=True)
class Story:
    """A patient; `None` in `weeks` is a week without a reflection. `live`: one waits for you."""

    name: str
    clinician: int
    goals: tuple[str, ...]
    weeks: Sequence[Week | None]
    live: bool = False
    language: str = "en"


STORIES = (
    Story(
        "Ben Madeup",
        0,
        ("Sleep through most nights",),
        [
            Week("55454", {"helped": "Going through the week day by day."}),
            Week("54455", chosen={"wish": "same"}),
            Week("55454", {"helped": "The breathing, done slowly."}),
            None,
            Week("54445", chosen={"wish": "practical"}),
            Week("55455", {"helped": "That we looked at my sleep notes together."}),
            Week("54454", chosen={"wish": "same"}),
            Week(
                "24443",
                {
                    "better": "I tried to talk about my brother and we went on to the sleep diary "
                    "before I was done. I let it go, but I kept thinking about it all week.",
                    "wish": "Ask me about my brother first, before the diary.",
                },
                {"heard_why": "pace"},
                read=False,
                alarm=Alarm(
                    Tier.SAME_DAY,
                    "Some nights I think it would be easier not to be here.",
                    note="Rang him within the hour. His sister is with him this weekend.",
                ),
            ),
        ],
    ),
    Story(
        "Ada Invented",
        0,
        ("Speak up at work once a week",),
        [Week("55555", read=True) for _ in range(7)] + [Week("55555", read=False)],
    ),
    Story(
        "Cleo Pretend",
        1,
        ("Go back to full-time work by spring", "See friends once a week"),
        [
            Week("44544", {"helped": "Making the plan small."}, goals="mm"),
            Week("45444", chosen={"wish": "practical"}, goals="mm"),
            Week("44444", {"helped": "Hearing that slow is fine."}, goals="um"),
            Week("44345", {"better": "We spent long on work again."}, goals="um"),
            Week("44345", goals="um"),
            Week("44344", {"better": "I keep saying yes to the work plan."}, goals="um"),
            Week(
                "44234",
                {
                    "better": "I do not think I want the old job back. I said yes because it "
                    "seemed easier than talking about it.",
                    "wish": "Talk about what I want instead of when I go back.",
                },
                {"goals_why": "not_mine"},
                goals="nm",
                read=False,
                alarm=Alarm(Tier.CHECK, "Some days I do not see the point.", goes_on=True),
            ),
        ],
    ),
    Story(
        "Dan Fable",
        1,
        ("Drive on the motorway again",),
        [
            Week("4-444", {"helped": "Practical steps."}),
            Week("4-454", chosen={"wish": "practical"}),
            Week("3-444", sharing=Sharing.RATINGS),
            Week("4-444", {"better": "The room was loud."}),
            Week("4-445", chosen={"wish": "slower"}),
            Week("3-433", {"better": "This stays with me."}, sharing=Sharing.PRIVATE, read=False),
        ],
    ),
    Story(
        "Finn Imaginary",
        0,
        ("Eat lunch with others twice a week", "Call my sister"),
        [
            Week("34434", {"helped": "Starting with something easy."}, goals="mm"),
            Week("44444", chosen={"wish": "same"}, goals="mm"),
            Week("44345", {"helped": "The list of small steps."}, goals="mm"),
            None,
            Week("44444", chosen={"wish": "talk"}, goals="mm"),
            Week("45445", {"helped": "Laughing about the canteen."}, goals="mm"),
            Week("44445", {"wish": "Look at the list again."}, goals="mu"),
        ],
        live=True,
    ),
    Story("Eva Storybook", 1, ("Feel calmer on Sunday evenings",), [], live=True),
    Story(
        "Lucía Inventada",
        1,
        ("Salir a caminar tres veces por semana",),
        [
            Week("44445", {"helped": "Ordenar la semana paso a paso."}),
            Week("45445", chosen={"wish": "same"}),
            Week("44434", {"wish": "Más tiempo para hablar de mi madre."}),
        ],
        live=True,
        language="es",
    ),
)
CLINICIANS = (
    ("Dr Rowan Fictional", "rowan@demo.example"),
    ("Kit Makebelieve", "kit@demo.example"),
)
CONTACTS = {
    Kind.DUTY: ("Dana Fictional", "dana@demo.example"),
    Kind.BACKUP: ("Pat Invented", "pat@demo.example"),
    Kind.SAFEGUARDING: ("Sam Imaginary", "sam@demo.example"),
    Kind.PRIVACY: ("Jo Pretend", "jo@demo.example"),
}
ADMIN = ("Alex Placeholder", "alex@demo.example")
ANNOTATOR = ("Nat Fictitious", "nat@demo.example")


def secret_of(address: str) -> str:
    """What is in the authenticator app of an account of the demo: no secret, it is in the code."""
    return base64.b32encode(hashlib.sha1(address.encode(), usedforsecurity=False).digest()).decode()


@dataclass(frozen=True)
class Seeded:
    """By the patient's name: tokens of the links that wait for an answer, and a reflection each."""

    tokens: dict[str, str]
    reflections: dict[str, str]


def seed(
    records: Records, instrument: Instrument, password_hash: str, origins: Sequence[str]
) -> Seeded:
    """Fills an empty database. Sessions are weekly; the coming ones are today and tomorrow."""
    now = records.clock()
    with records.begin() as tx:
        clinic = people.add_clinic(
            tx,
            name="Elm Street Practice (demo)",
            timezone="Europe/London",
            phone="01632 960 001",
            urgent_phone="01632 960 002",
            urgent_text=_URGENT,
            website="",
            embed_origins=origins,
            country="gb-eng",
            duty_hours=json.dumps(_DUTY_HOURS),
        )
        staff = [_add_staff(tx, clinic, who, password_hash, Role.CLINICIAN) for who in CLINICIANS]
        _add_staff(tx, clinic, ADMIN, password_hash, Role.ADMIN)
        _add_staff(tx, clinic, ANNOTATOR, password_hash, Role.ANNOTATOR)
        duty = _add_contacts(tx, clinic, password_hash)
    tokens, known = {}, {}
    for place, story in enumerate(STORIES):
        token, known[story.name] = _Course(
            records, instrument, story, staff[story.clinician], duty
        ).live_through(
            clinic, now, now.replace(minute=0, second=0, microsecond=0) + (place + 1) * _HOUR
        )
        if token:
            tokens[story.name] = token
    return Seeded(tokens, known)


def _add_staff(tx: Tx, clinic: str, who: tuple[str, str], password_hash: str, role: str) -> str:
    name, email = who
    staff_id = people.add_staff(
        tx, clinic, name=name, email=email, password_hash=password_hash, role=role
    )
    factors.add_totp(tx, staff_id, secret_of(email))
    return staff_id


def _add_contacts(tx: Tx, clinic: str, password_hash: str) -> str:
    """Returns the account of the duty contact; backup has none and only gets notices."""
    staff = [
        _add_staff(tx, clinic, who, password_hash, accounts.CONTACT)
        for kind, who in CONTACTS.items()
        if kind is not Kind.BACKUP
    ]
    for kind, (name, email) in CONTACTS.items():
        contacts.add_contact(tx, clinic, kind=kind, name=name, email=email)
    return staff[0]


@dataclass(frozen=True)
class _Course:
    """One patient's weeks with one clinician, and the contact who looks after alerts."""

    records: Records
    instrument: Instrument
    story: Story
    staff_id: str
    duty: str

    def live_through(self, clinic: str, now: datetime, coming: datetime) -> tuple[str | None, str]:
        """Returns the token of the link that waits, if the story has one, and a reflection."""
        weeks = self.story.weeks
        sessions = [coming - _WEEK * (len(weeks) - at) for at in range(len(weeks))]
        if self.story.live:
            just_over = now.replace(second=0, microsecond=0) - 2 * _HOUR
            sessions = [just_over - _WEEK * (len(weeks) - at) for at in range(len(weeks))]
            sessions.append(just_over)
            coming = just_over + timedelta(days=1, hours=2)
        start = (sessions[0] if sessions else now) - timedelta(days=1)
        with self.records.begin(at=start) as tx:
            patient = people.add_patient(
                tx, clinic, name=self.story.name, language=self.story.language
            )
            people.assign(tx, self.staff_id, patient, start.date())
            goals = [people.add_goal(tx, patient, text, start.date()) for text in self.story.goals]
            booked = [
                people.book(tx, patient, self.staff_id, at, at + _HOUR, "finished")
                for at in sessions
            ]
            booked.append(people.book(tx, patient, self.staff_id, coming, coming + _HOUR))
        latest = ""
        for at, week in enumerate(weeks):
            if week is not None:
                latest = self._reflect(week, at, booked, sessions[at] + _HOUR, goals)
        if not self.story.live:
            return None, latest
        with self.records.begin() as tx:
            token, reflection = self._invite(tx, booked[len(weeks)], now)
            return token, latest or reflection

    def _invite(self, tx: Tx, appointment: str, at: datetime) -> invitations.Invited:
        return invitations.invite(
            tx,
            appointment,
            instrument=self.instrument.id,
            instrument_version=self.instrument.version,
            expires_at=at + _LINK_LIFE,
        )

    def _reflect(
        self, week: Week, at: int, booked: list[str], ended: datetime, goals: list[str]
    ) -> str:
        with self.records.begin(at=ended) as tx:
            _, reflection = self._invite(tx, booked[at], ended)
        with self.records.begin(at=ended + _HOUR) as tx:
            reflections.begin(tx, reflection)
        for second, answer in enumerate(_answers(week, goals)):
            moment = ended + _HOUR + timedelta(seconds=10 + 9 * second)
            with self.records.begin(at=moment) as tx:
                reflections.record_answer(tx, reflection, answer, f"seed-{second}")
        if week.alarm is not None:
            self._alarm(week.alarm, reflection, ended + _HOUR + _MINUTE)
        with self.records.begin(at=ended + _HOUR + 2 * _MINUTE) as tx:
            reflections.share(tx, reflection, week.sharing)
        if week.read and week.sharing is not Sharing.PRIVATE:
            reader = Actor.staff(self.staff_id)
            with self.records.begin(at=ended + timedelta(days=6), by=reader) as tx:
                digests.mark_read(tx, self.staff_id, booked[at + 1], reflection)
        return reflection

    def _alarm(self, alarm: Alarm, reflection: str, at: datetime) -> None:
        with self.records.begin(at=at) as tx:
            raised = alerts.raise_alert(
                tx,
                alerts.Incident(
                    reflection,
                    Route.DUTY,
                    alarm.tier,
                    alarm.words,
                    evidence=("demo",),
                    categories=(Category.SUICIDE,),
                    version="demo",
                    channel="page",
                    language="en",
                ),
            )
        if alarm.goes_on:
            with self.records.begin(at=at + _MINUTE / 2) as tx:
                alerts.patient_chose(tx, reflection, alerts.Choice.GO_ON)
            return
        with self.records.begin(at=at + _MINUTE / 12) as tx:
            while (mail := mails.claim(tx, _MINUTE)) is not None:
                mails.sent(tx, mail.id)
        duty = Actor.staff(self.duty)
        with self.records.begin(at=at + 11 * _MINUTE, by=duty) as tx:
            alerts.acknowledge(tx, self.duty, raised.alert_id)
        with self.records.begin(at=at + 42 * _MINUTE, by=duty) as tx:
            alerts.close(tx, self.duty, raised.alert_id, "reached", alarm.note)


def _answers(week: Week, goals: list[str]) -> list[Answer]:
    answers = [
        Answer(item, AnswerState.DECLINED)
        if rating == _DECLINED
        else Answer(item, AnswerState.ANSWERED, rating)
        for item, rating in zip(_CORE, week.ratings, strict=True)
    ]
    states = {"m": "mine", "u": "unsure", "n": "not_mine"}
    answers[3:3] = [
        Answer(f"goal-{goal}", AnswerState.ANSWERED, states[mark])
        for goal, mark in zip(goals, week.goals or "m" * len(goals), strict=True)
    ]
    answers += [Answer(item, AnswerState.ANSWERED, value) for item, value in week.chosen.items()]
    answers += [
        Answer(item, AnswerState.ANSWERED, words=words) for item, words in week.said.items()
    ]
    return answers
