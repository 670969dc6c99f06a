"""Each kind of data goes when its time is over, not before, and nothing else with it."""

import asyncio
import datetime
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from desk import Desk
from factory import NOW, Clinic, rated, said
from sqlalchemy import func, select

from afterword.access.actors import Actor
from afterword.delivery.tidying import Tidying
from afterword.records import (
    accounts,
    alert_rows,
    digests,
    inbox,
    mails,
    models,
    reflections,
    retention,
    staff,
)
from afterword.records.retention import Kept
from afterword.records.staff_models import StaffSession
from afterword.records.store import Records
from afterword.records.tombstones import Tombstones
from afterword.safety.finding import Tier
from afterword.settings import Settings

TERMS = Settings.model_construct().terms


@dataclass
class Years:
    """A clinic through the years, with the worker's round after each step."""

    clinic: Clinic
    file: Tombstones
    terms: dict[str, int]
    forgotten: list[str] = field(default_factory=list)
    most: int = retention.MOST

    @property
    def records(self) -> Records:
        return self.clinic.records

    def pass_days(self, days: float) -> None:
        self.clinic.clock.move(days=days)
        tidying = Tidying(self.records, self.file, self.terms, self.forget, self.most)
        asyncio.run(tidying.once())

    async def forget(self, conversation: str) -> None:
        self.forgotten.append(conversation)

    def count(self, table: type[models.Base]) -> int:
        with self.records.read() as tx:
            return tx.session.scalar(select(func.count()).select_from(table)) or 0

    def writes(self, reflection_id: str, text: str) -> None:
        with self.records.begin() as tx:
            taken = inbox.accept(tx, reflection_id, text, "text", {"text": text})
            inbox.finish(tx, taken.inbox_id, [{"text": "a line"}])


@pytest.fixture
def years(clinic: Clinic, tmp_path: Path) -> Years:
    return Years(clinic, Tombstones(tmp_path / "tombstones.jsonl"), dict(TERMS))


def test_every_kind_has_a_term_and_every_term_a_kind() -> None:
    assert set(TERMS) == set(Kept)
    assert all(days > 0 for days in TERMS.values())


def test_messages_go_after_ninety_days_and_answers_stay(years: Years) -> None:
    reflection = years.clinic.reflect(rated("heard", 4, "words"), sharing=None)
    years.writes(reflection, "a message")
    with years.records.begin() as tx:
        reflections.share(tx, reflection, reflections.Sharing.ALL)
        conversation = tx.session.get_one(models.Reflection, reflection).conversation
    years.pass_days(89)
    assert (years.count(models.Inbox), years.count(models.Outbox)) == (1, 1)
    assert years.forgotten == []
    years.pass_days(2)
    assert (years.count(models.Inbox), years.count(models.Outbox)) == (0, 0)
    assert years.forgotten == [conversation], "Rasa's copy goes with them"
    assert years.clinic.answers(reflection)["heard"].words == "words"
    years.pass_days(2)
    assert years.forgotten == [conversation]


def test_a_message_that_still_waits_for_the_assistant_is_not_lost(years: Years) -> None:
    reflection = years.clinic.reflect(sharing=None)
    years.terms[Kept.DRAFTS] = 0
    with years.records.begin() as tx:
        inbox.accept(tx, reflection, "one", "text", {"text": "never answered"})
    years.pass_days(100)
    assert years.count(models.Inbox) == 1


def test_words_go_after_two_years_and_ratings_stay(years: Years) -> None:
    reflection = years.clinic.reflect(
        rated("heard", 4, "words"), said("note", "only words"), sharing=None
    )
    years.clinic.answer(reflection, rated("heard", 3, "changed"))
    with years.records.begin() as tx:
        reflections.share(tx, reflection, reflections.Sharing.ALL)
    years.pass_days(729)
    assert years.clinic.answers(reflection)["note"].words == "only words"
    years.pass_days(2)
    answers = years.clinic.answers(reflection)
    assert (answers["heard"].value, answers["heard"].words) == ("3", None)
    assert (answers["note"].state, answers["note"].words) == ("skipped", None)
    with years.records.read() as tx:
        assert set(tx.session.scalars(select(models.AnswerVersion.sealed_words))) == {None}


def test_ratings_go_after_five_years_with_appointment_and_alerts(years: Years) -> None:
    desk = Desk(years.clinic)
    desk.raises(Tier.SAME_DAY)
    years.clinic.reflect(rated("heard", 4), appointment=years.clinic.book())
    years.terms[Kept.DRAFTS] = 0
    assert years.count(models.Appointment) == 2
    years.pass_days(1824)
    assert years.count(models.Answer) == 1
    years.pass_days(10)
    left = {
        table.__tablename__: years.count(table)
        for table in (models.Appointment, models.Reflection, models.Answer, models.Alert)
    }
    assert left == {"appointment": 0, "reflection": 0, "answer": 0, "alert": 0}
    assert years.count(models.Patient) == 1


def test_links_go_a_month_after_their_end(years: Years) -> None:
    years.clinic.invite(expires_in=datetime.timedelta(days=7))
    years.pass_days(36)
    assert years.count(models.Invitation) == 1
    years.pass_days(2)
    assert years.count(models.Invitation) == 0
    assert years.count(models.Reflection) == 1


def test_words_in_alerts_go_a_year_after_they_were_closed(years: Years) -> None:
    desk = Desk(years.clinic)
    raised = desk.raises(Tier.SAME_DAY)
    desk.reflection = desk.another_reflection()
    still_open = desk.raises(Tier.SAME_DAY)
    desk.acknowledges(desk.bo, raised.alert_id)
    desk.closes(desk.bo, raised.alert_id)
    years.terms[Kept.DRAFTS] = 0

    def words(alert_id: str) -> list[dict[str, str]]:
        with years.records.read() as tx:
            row = tx.session.get_one(models.Alert, alert_id)
            found: list[dict[str, str]] = alert_rows.detail(tx, row)["words"]
            return found

    years.pass_days(364)
    assert words(raised.alert_id)
    years.pass_days(2)
    assert not words(raised.alert_id)
    assert words(still_open.alert_id), "it is not closed"
    with years.records.read() as tx:
        row = tx.session.get_one(models.Alert, raised.alert_id)
        assert (row.state, alert_rows.note_of(tx, row)) == ("closed", None)
        before = len(alert_rows.events(tx, row.id))
    years.pass_days(400)
    with years.records.read() as tx:
        assert len(alert_rows.events(tx, raised.alert_id)) == before, "forgotten once"


def test_what_was_never_finished_goes_after_sixty_days(years: Years) -> None:
    draft = years.clinic.reflect(rated("heard", 2, "a draft"), sharing=None)
    shared = years.clinic.reflect(rated("heard", 4, "shared"), appointment=years.clinic.book(NOW))
    years.writes(draft, "a draft, too")
    years.pass_days(59)
    assert years.clinic.answers(draft)
    years.pass_days(2)
    assert years.clinic.answers(draft) == {}
    assert years.count(models.Inbox) == 0
    assert years.clinic.answers(shared)["heard"].words == "shared"
    with years.records.read() as tx:
        row = tx.session.get_one(models.Reflection, draft)
        assert (row.state, years.forgotten) == ("deleted", [row.conversation])


def test_an_invitation_that_nobody_has_opened_is_no_draft(years: Years) -> None:
    reflection = years.clinic.reflection()
    years.pass_days(100)
    with years.records.read() as tx:
        assert tx.session.get_one(models.Reflection, reflection).state == "invited"


def test_ended_sign_ins_go_after_a_month(years: Years) -> None:
    with years.records.begin() as tx:
        staff.open_session(tx, years.clinic.ada)
    years.pass_days(29)
    assert years.count(StaffSession) == 1
    years.pass_days(2)
    assert years.count(StaffSession) == 0


def test_notices_to_staff_go_after_ninety_days_and_those_of_alerts_stay(years: Years) -> None:
    desk = Desk(years.clinic)
    desk.raises(Tier.SAME_DAY)
    about_alerts = years.count(models.Mail)
    noor = years.clinic.add_clinician("Noor Haddad", "noor@clinic.example")
    with years.records.begin() as tx:
        accounts.set_password(tx, noor, "a new hash")
        mails.queue_privacy(tx, years.clinic.id, desk.contacts["Bo Duty"])
    years.terms[Kept.DRAFTS] = 0
    years.pass_days(89)
    assert years.count(models.Mail) == about_alerts + 2 > 2
    years.pass_days(2)
    assert years.count(models.Mail) == about_alerts


def test_nothing_goes_by_itself_when_the_terms_are_zero(years: Years) -> None:
    years.terms = dict.fromkeys(TERMS, 0)
    reflection = years.clinic.reflect(rated("heard", 4, "words"), sharing=None)
    years.writes(reflection, "a message")
    years.pass_days(10_000)
    assert years.clinic.answers(reflection)["heard"].words == "words"
    assert years.count(models.Inbox) == 1


def test_much_goes_in_small_steps_all_in_one_round(years: Years) -> None:
    years.most = 2
    reflection = years.clinic.reflect(rated("heard", 4))
    for number in range(7):
        years.writes(reflection, f"message {number}")
    years.pass_days(91)
    assert years.count(models.Inbox) == 0


def test_a_digest_of_which_the_words_have_gone_can_be_read(years: Years) -> None:
    old = years.clinic.reflect(rated("heard", 2, "words"), said("note", "only words"))
    years.pass_days(731)
    coming = years.clinic.book(years.clinic.clock.now + datetime.timedelta(hours=1))
    with years.records.begin(by=Actor.staff(years.clinic.ada)) as tx:
        source = digests.digest_source(tx, years.clinic.ada, coming)
    assert source is not None and source.latest is not None
    assert source.latest.reflection_id == old
    assert source.latest.answers["heard"].value == "2"
