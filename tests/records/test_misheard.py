"""Messages that were not understood: who allowed it, what is kept, and how it goes again."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from factory import Clinic, Clock, said
from sqlalchemy import select, text

from afterword.access.actors import Actor
from afterword.access.policy import Denied, Role
from afterword.records import (
    accounts,
    consents,
    data_versions,
    erasure,
    misheard,
    misheard_review,
    people,
    reflections,
    retention,
    rights,
)
from afterword.records.consents import Subject, Wording
from afterword.records.misheard import Reason, State
from afterword.records.misheard_review import Batch, Filters, ReviewRefused
from afterword.records.training_models import Misheard, MisheardWord

TRAINING = Wording(Subject.TRAINING, 1, "en", "Words may be used to teach it.")
EVERY = Filters()
TEXT = "can Ada Whitfield peek at this"


class Inbox:
    """A clinic in which Robin has allowed it, with an admin and an annotator."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic, self.records = clinic, clinic.records
        self.alex = clinic.add_clinician("Alex Roe", role=Role.ADMIN)
        self.nat = clinic.add_clinician("Nat Poe", role=Role.ANNOTATOR)
        self.robin = self.open(clinic.robin)

    def open(self, patient: str, *, allowed: bool = True) -> str:
        """A reflection of a patient."""
        reflection = self.clinic.reflect(
            appointment=self.clinic.book(patient=patient), sharing=None
        )
        if allowed:
            with self.records.begin() as tx:
                consents.give(tx, reflection, TRAINING, "page")
        return reflection

    def note(self, text: str = TEXT, reflection: str = "", **given: Any) -> None:
        values: dict[str, Any] = {
            "question": "heard",
            "language": "en",
            "reason": Reason.FALLBACK,
            "did": "unclear",
            "guesses": [("ask_who_sees", 0.4), ("back", 0.2)],
            "model": "m1",
        }
        with self.records.begin() as tx:
            misheard.note(tx, reflection or self.robin, text=text, **(values | given))

    def rows(self) -> list[Misheard]:
        with self.records.read() as tx:
            found = list(tx.session.scalars(select(Misheard).order_by(Misheard.id)))
            tx.session.expunge_all()
        return found

    def batch(self, who: str = "", filters: Filters = EVERY) -> Batch:
        who = who or self.alex
        with self.records.read(by=Actor.staff(who)) as tx:
            return misheard_review.batch(tx, who, self.clinic.id, filters)

    def texts(self) -> list[str]:
        return sorted(row.text for row in self.batch().rows)

    def decide(self, who: str, work: Callable[..., Any], *arguments: str) -> Any:
        self.clinic.clock.move(seconds=1)
        with self.records.begin(by=Actor.staff(who)) as tx:
            return work(tx, who, *arguments)

    def labelled(self) -> list[tuple[str, str]]:
        with self.records.read(by=Actor.staff(self.alex)) as tx:
            return [(one.text, one.label) for one in misheard.labelled(tx, self.clinic.id)]


@pytest.fixture
def inbox(clinic: Clinic) -> Inbox:
    return Inbox(clinic)


def test_names_of_the_clinic_are_taken_out_before_it_is_stored(inbox: Inbox) -> None:
    inbox.note()
    assert inbox.texts() == ["can <name> peek at this"]
    (row,) = inbox.rows()
    with inbox.records.read() as tx:
        stored = tx.vault.open("misheard", "text", row.id, row.sealed_text)
    assert stored == "can <name> peek at this"


def test_nothing_of_it_is_stored_in_clear(inbox: Inbox) -> None:
    inbox.note("can somebody peek at this xylophone")
    with inbox.records.engine.connect() as connection:
        for table in ("misheard", "misheard_word"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                assert not any(
                    word in str(value) for value in row for word in ("xylophone", "somebody")
                )
                assert inbox.clinic.robin not in map(str, row)


def test_the_week_is_all_that_is_known_of_the_time(inbox: Inbox) -> None:
    inbox.note()
    (row,) = inbox.rows()
    assert row.week == date(2026, 11, 16)
    assert row.week.weekday() == 0
    assert row.decided_at is None


def test_without_the_patients_consent_nothing_is_kept(inbox: Inbox) -> None:
    other = inbox.open(inbox.clinic.add_patient("Kim Doe", inbox.clinic.ada), allowed=False)
    inbox.note(reflection=other)
    assert inbox.rows() == []
    with inbox.records.read() as tx:
        assert tx.session.scalars(select(MisheardWord)).all() == []


def test_what_is_an_answer_of_the_patient_is_not_kept(inbox: Inbox) -> None:
    inbox.clinic.answer(inbox.robin, said("helped", "Walking by the river helped a lot."))
    inbox.note("walking by the river")
    assert inbox.rows() == []


def test_words_that_the_patient_keeps_as_an_answer_go_again(inbox: Inbox) -> None:
    inbox.note("neither fish nor fowl")
    inbox.note("take me back", question="safe")
    with inbox.records.begin() as tx:
        misheard.was_answer(tx, inbox.robin, "heard", "neither fish nor fowl")
    assert inbox.texts() == ["take me back"]


def test_long_messages_and_mere_tags_are_not_kept(inbox: Inbox) -> None:
    inbox.note("it was a long week and " * 4)
    inbox.note("Ada Whitfield 07700 900123")
    assert inbox.rows() == []


def test_the_same_words_again_are_kept_once(inbox: Inbox) -> None:
    for _ in range(3):
        inbox.note()
    inbox.note(question="safe")
    assert len(inbox.rows()) == 2


def test_words_of_one_person_are_marked_until_another_one_uses_them(inbox: Inbox) -> None:
    inbox.note("take me to the vestibule")
    inbox.note("go back please", question="safe")
    rare = {row.text: row.rare for row in inbox.batch().rows}
    assert rare == {"take me to the vestibule": True, "go back please": False}
    kim = inbox.open(inbox.clinic.add_patient("Kim Doe", inbox.clinic.ada))
    inbox.note("vestibule", reflection=kim)
    assert not any(row.rare for row in inbox.batch().rows)


def test_a_name_that_came_later_is_taken_out_when_it_is_shown(inbox: Inbox) -> None:
    inbox.note("ask zyzzyva please")
    assert inbox.texts() == ["ask zyzzyva please"]
    inbox.clinic.add_patient("Zyzzyva Poe", inbox.clinic.ada)
    assert inbox.texts() == ["ask <name> please"]


def test_erasing_the_patient_reaches_it(inbox: Inbox) -> None:
    kim = inbox.open(inbox.clinic.add_patient("Kim Doe", inbox.clinic.ada))
    inbox.note("take me to the vestibule")
    inbox.note("something else", reflection=kim)
    with inbox.records.begin() as tx:
        taught = data_versions.add(
            tx,
            inbox.clinic.id,
            language="en",
            label="back",
            text="take me to the vestibule",
            owner_hash=inbox.rows()[0].owner_hash,
        )
        assert taught
    owners = {row.owner_hash for row in inbox.rows()}
    assert len(owners) == 2
    with inbox.records.begin(by=Actor.operator("it")) as tx:
        erased = erasure.erase(tx, inbox.clinic.robin)
    assert erased.counts["misheard"] >= 1
    assert inbox.texts() == ["something else"]
    with inbox.records.read() as tx:
        left = set(tx.session.scalars(select(MisheardWord.owner_hash)))
    assert left <= {row.owner_hash for row in inbox.rows()}


@pytest.mark.parametrize("subject", list(Subject))
def test_taking_back_the_consent_deletes_what_waits(inbox: Inbox, subject: Subject) -> None:
    inbox.note()
    with inbox.records.begin(by=Actor.link(inbox.robin)) as tx:
        consents.withdraw(tx, inbox.robin, subject)
    assert inbox.rows() == []


def test_deleting_the_reflection_deletes_what_waits(inbox: Inbox) -> None:
    inbox.note()
    with inbox.records.begin() as tx:
        reflections.erase(tx, inbox.robin)
    assert inbox.rows() == []


def test_what_is_too_old_is_deleted_with_its_words(inbox: Inbox, clock: Clock) -> None:
    inbox.note("take me to the vestibule")
    clock.move(days=100)
    inbox.note("a newer one", question="safe")
    clock.move(days=90)
    with inbox.records.begin() as tx:
        gone = retention.apply(tx, {"misheard": 180})
    assert gone == {retention.Kept.MISHEARD: 1}
    assert inbox.texts() == ["a newer one"]


def test_hidden_ones_are_deleted_after_a_day(inbox: Inbox, clock: Clock) -> None:
    inbox.note()
    inbox.decide(inbox.alex, misheard_review.hide, inbox.rows()[0].id)
    assert inbox.texts() == []
    with inbox.records.begin() as tx:
        retention.apply(tx, {"misheard": 180})
    assert len(inbox.rows()) == 1
    clock.move(days=2)
    with inbox.records.begin() as tx:
        retention.apply(tx, {"misheard": 180})
    assert inbox.rows() == []


def test_the_patient_sees_which_of_their_messages_wait(inbox: Inbox) -> None:
    kim = inbox.open(inbox.clinic.add_patient("Kim Doe", inbox.clinic.ada))
    inbox.note()
    inbox.note("of somebody else", reflection=kim)
    with inbox.records.read(by=Actor.patient(inbox.clinic.robin)) as tx:
        own = rights.everything(tx, inbox.clinic.robin)["misheard"]
    assert [one["text"] for one in own] == ["can <name> peek at this"]
    assert own[0]["week"] == date(2026, 11, 16)


def test_a_label_makes_a_line_for_the_next_training(inbox: Inbox) -> None:
    inbox.note("take me to the one before")
    (row,) = inbox.batch().rows
    assert inbox.decide(inbox.alex, misheard_review.label, row.id, "back") is True
    assert inbox.labelled() == [("take me to the one before", "back")]
    assert inbox.batch().rows == ()
    assert (inbox.batch().decided, inbox.batch().of) == (1, 1)


def test_what_is_in_a_change_set_is_not_offered_again(inbox: Inbox) -> None:
    inbox.note("take me to the one before")
    (row,) = inbox.batch().rows
    inbox.decide(inbox.alex, misheard_review.label, row.id, "back")
    with inbox.records.begin() as tx:
        data_versions.add(
            tx, inbox.clinic.id, language="en", label="back", text=row.text, misheard_id=row.id
        )
    assert inbox.labelled() == []
    assert inbox.decide(inbox.alex, misheard_review.undo, inbox.clinic.id) is None


def test_a_label_that_touches_safety_needs_a_second_person(inbox: Inbox) -> None:
    inbox.note("knock it on the head")
    (row,) = inbox.batch().rows
    assert inbox.decide(inbox.alex, misheard_review.label, row.id, "stop") is False
    assert inbox.labelled() == []
    assert inbox.batch(inbox.alex).rows == ()
    assert inbox.batch(inbox.alex).own == 1
    (again,) = inbox.batch(inbox.nat).rows
    assert again.chosen == "stop"
    with pytest.raises(ReviewRefused) as refused:
        inbox.decide(inbox.alex, misheard_review.label, row.id, "stop")
    assert refused.value.code == "same_person"
    assert inbox.decide(inbox.nat, misheard_review.label, row.id, "stop") is True
    assert inbox.labelled() == [("knock it on the head", "stop")]


def test_a_second_person_who_says_something_else_is_a_first_one(inbox: Inbox) -> None:
    inbox.note("knock it on the head")
    (row,) = inbox.batch().rows
    inbox.decide(inbox.alex, misheard_review.label, row.id, "stop")
    assert inbox.decide(inbox.nat, misheard_review.label, row.id, "ask_human") is False
    assert inbox.labelled() == []
    assert [one.chosen for one in inbox.batch(inbox.alex).rows] == ["ask_human"]
    assert inbox.decide(inbox.alex, misheard_review.label, row.id, "pause") is True
    assert inbox.labelled() == [("knock it on the head", "pause")]


def test_undo_takes_back_one_after_the_other_and_only_ones_own(inbox: Inbox) -> None:
    for question in ("heard", "safe", "goals"):
        inbox.note(f"about {question}", question=question)
    first, second, third = (row.id for row in inbox.batch().rows)
    inbox.decide(inbox.alex, misheard_review.label, first, "back")
    inbox.decide(inbox.nat, misheard_review.skip, second)
    inbox.decide(inbox.alex, misheard_review.hide, third)
    undo = misheard_review.undo
    assert inbox.decide(inbox.alex, undo, inbox.clinic.id) == third
    assert inbox.decide(inbox.alex, undo, inbox.clinic.id) == first
    assert inbox.decide(inbox.alex, undo, inbox.clinic.id) is None
    assert {row.id for row in inbox.batch().rows} == {first, third}
    assert {row.state for row in inbox.rows()} == {State.WAITING, State.SKIPPED}


def test_undoing_a_second_yes_leaves_the_first(inbox: Inbox) -> None:
    inbox.note("knock it on the head")
    (row,) = inbox.batch().rows
    inbox.decide(inbox.alex, misheard_review.label, row.id, "stop")
    inbox.decide(inbox.nat, misheard_review.label, row.id, "stop")
    inbox.decide(inbox.nat, misheard_review.undo, inbox.clinic.id)
    assert inbox.labelled() == []
    assert [one.chosen for one in inbox.batch(inbox.nat).rows] == ["stop"]


def test_who_is_late_is_told(inbox: Inbox) -> None:
    inbox.note()
    (row,) = inbox.batch().rows
    inbox.decide(inbox.alex, misheard_review.skip, row.id)
    for message in (row.id, "0" * 32):
        with pytest.raises(ReviewRefused) as refused:
            inbox.decide(inbox.nat, misheard_review.label, message, "back")
        assert refused.value.code == "gone"


def test_filters_by_reason_language_and_week(inbox: Inbox, clock: Clock) -> None:
    inbox.note("one", reason=Reason.MARGIN)
    clock.move(days=14)
    inbox.note("dos", language="es", question="safe")
    inbox.note("three", reason=Reason.MARGIN, question="goals")
    assert [one.text for one in inbox.batch(filters=Filters(language="es")).rows] == ["dos"]
    found = inbox.batch(filters=Filters(reason="margin", week="2026-11-30"))
    assert [one.text for one in found.rows] == ["three"]
    assert found.of == 1
    assert inbox.batch(filters=Filters(week="never")).rows == ()
    assert found.weeks == (date(2026, 11, 30), date(2026, 11, 16))


def test_batches_have_twenty(inbox: Inbox) -> None:
    for number in range(25):
        inbox.note(f"word{'x' * number} again", question=f"q{number}")
    found = inbox.batch()
    assert (len(found.rows), found.of) == (misheard_review.BATCH, 25)


@pytest.mark.parametrize("role", ["clinician", "supervisor"])
def test_nobody_else_sees_it(inbox: Inbox, role: str) -> None:
    inbox.note()
    other = inbox.clinic.add_clinician("Sue Poe", role=role)
    with pytest.raises(Denied):
        inbox.batch(other)


def test_another_clinic_sees_nothing_of_it(inbox: Inbox) -> None:
    inbox.note()
    with inbox.records.begin() as tx:
        away = people.add_clinic(
            tx, name="Away", timezone="UTC", phone="1", urgent_phone="2", urgent_text="Call."
        )
        stranger = people.add_staff(
            tx, away, name="Jo", email="jo@away.example", password_hash="none", role=Role.ADMIN
        )
    with pytest.raises(Denied):
        inbox.batch(stranger)
    with pytest.raises(Denied):
        inbox.decide(stranger, misheard_review.label, inbox.rows()[0].id, "back")
    with inbox.records.begin() as tx:
        accounts.disable(tx, inbox.nat)
    with pytest.raises(Denied):
        inbox.batch(inbox.nat)


def test_who_labelled_what_stands_in_the_audit(inbox: Inbox) -> None:
    inbox.note()
    (row,) = inbox.batch().rows
    inbox.decide(inbox.alex, misheard_review.label, row.id, "back")
    with inbox.records.read() as tx:
        found = tx.session.execute(
            text("SELECT actor_id FROM audit WHERE action = 'label' AND object_id = :id"),
            {"id": row.id},
        ).all()
    assert [one.actor_id for one in found] == [inbox.alex]


def test_a_week_on_the_border_of_a_year() -> None:
    assert misheard.week_of(date(2027, 1, 1)) == date(2026, 12, 28)
    assert misheard.week_of(date(2026, 12, 28)) == date(2026, 12, 28)
