"""The words that a clinic has changed, and who says them."""

import itertools
from datetime import timedelta

import pytest
from factory import Clinic, Clock, adaptive, english, rated
from sqlalchemy import event

from afterword.access.actors import Actor
from afterword.access.policy import Denied, Role
from afterword.phrasing import Phrasing
from afterword.records import history, invitations, models, reflections, wordings
from afterword.records.store import Records
from afterword.wording.changes import Change

HEARD, SKIPPED = "core/heard/ask", "bot.skipped"
NEW = "Did {clinician} get what was on your mind?"
WEEK = timedelta(days=7)


def phrasing() -> Phrasing:
    return Phrasing({"en": english()}, {("core", 2): adaptive()})


def reword(clinic: Clinic, key: str, text: str, by: Actor | None = None) -> int:
    with clinic.records.begin(by=by or Actor.operator("test")) as tx:
        return wordings.change(tx, clinic.id, language="en", key=key, text=text, reason="So be it")


def changes(clinic: Clinic) -> list[Change]:
    with clinic.records.read(by=Actor.operator("test")) as tx:
        return wordings.changes(tx, clinic.id)


def test_changes_are_added_and_never_overwritten(clinic: Clinic) -> None:
    alex = clinic.add_clinician("Alex Roe", role=Role.ADMIN)
    assert reword(clinic, SKIPPED, "Left out", Actor.staff(alex)) == 1
    clinic.clock.move(minutes=5)
    assert reword(clinic, HEARD, NEW) == 2
    with clinic.records.begin(by=Actor.operator("test")) as tx:
        skipped = {"language": "en", "key": SKIPPED}
        assert wordings.take_back(tx, clinic.id, **skipped, reason="So be it")
        assert not wordings.take_back(tx, clinic.id, **skipped)
    assert [(one.key, one.text) for one in changes(clinic)] == [
        (SKIPPED, "Left out"),
        (HEARD, NEW),
        (SKIPPED, ""),
    ]
    with clinic.records.read(by=Actor.staff(alex)) as tx:
        last, first = wordings.history(tx, clinic.id, "en", SKIPPED)
    assert (first.author, first.reason, last.author, last.text) == ("Alex Roe", "So be it", "", "")
    assert last.at - first.at == timedelta(minutes=5)


def another(clinic: Clinic) -> Clinic:
    return Clinic(clinic.records, clinic.clock, _numbers=itertools.count(100))


def test_each_clinic_has_words_of_its_own(clinic: Clinic) -> None:
    oak, elm = clinic, another(clinic)
    reword(oak, SKIPPED, "Left out")
    reword(elm, HEARD, NEW)
    assert [one.key for one in changes(elm)] == [HEARD]
    words = phrasing()
    words.refresh_now(oak.records)
    assert words.of(oak.id).catalogue("en")("bot.skipped") == "Left out"
    assert words.of(elm.id).catalogue("en")("bot.skipped") == "Skipped"
    assert words.of(oak.id).asked.version == 2
    assert words.of(elm.id).asked.version == 200001
    assert words.of("nobody") is words.shipped


def test_only_admins_of_the_clinic_change_words(clinic: Clinic) -> None:
    oak, elm = clinic, another(clinic)
    others = elm.add_clinician("Eli Poe", role=Role.ADMIN)
    for staff in (oak.ada, others):
        with pytest.raises(Denied):
            reword(oak, SKIPPED, "Left out", Actor.staff(staff))
    assert changes(oak) == []


def test_what_was_published_is_said_by_a_process_that_runs(clinic: Clinic) -> None:
    words = phrasing()
    words.refresh_now(clinic.records)
    assert words.of(clinic.id) is words.shipped
    reword(clinic, SKIPPED, "Left out")
    words.refresh_now(clinic.records)
    assert words.of(clinic.id).catalogue("en")("bot.skipped") == "Left out"
    reword(clinic, SKIPPED, "")
    words.refresh_now(clinic.records)
    assert words.of(clinic.id).catalogue("en")("bot.skipped") == "Skipped"


def test_looking_for_changes_costs_one_short_query_and_not_each_time(clinic: Clinic) -> None:
    reword(clinic, SKIPPED, "Left out")
    words = phrasing()
    words.refresh_now(clinic.records)
    asked: list[str] = []
    listen = (clinic.records.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    event.listen(*listen)
    with clinic.records.read() as tx:
        for _ in range(5):
            words.refresh(tx)
    event.remove(*listen)
    assert sum("wording" in one for one in asked) == 1


def test_a_reflection_keeps_the_questions_that_it_began_with(
    clinic: Clinic, records: Records
) -> None:
    words = phrasing()

    def opened(weeks: int) -> models.Reflection:
        words.refresh_now(records)
        asked = words.of(clinic.id).asked
        appointment = clinic.book(clinic.clock() - weeks * WEEK)
        with records.begin() as tx:
            _, reflection_id = invitations.invite(
                tx,
                appointment,
                instrument=asked.id,
                instrument_version=asked.version,
                expires_at=tx.now + WEEK,
            )
            reflections.begin(tx, reflection_id)
            row = tx.session.get_one(models.Reflection, reflection_id)
            tx.session.expunge(row)
        return row

    before = opened(2)
    reword(clinic, HEARD, NEW)
    after = opened(1)
    reword(clinic, HEARD, "Did {clinician} hear you?")
    words.refresh_now(records)
    said = [
        words.of(clinic.id).instruments[one.instrument, one.instrument_version].items["heard"]
        for one in (before, after)
    ]
    assert [one.ask["en"] for one in said] == [adaptive().items["heard"].ask["en"], NEW]
    assert words.of(clinic.id).asked.items["heard"].ask["en"] == "Did {clinician} hear you?"


def test_what_is_usual_for_somebody_is_not_taken_from_other_words(
    clinic: Clinic, records: Records, clock: Clock
) -> None:
    """Else an answer to the new question would open a follow-up by comparison with the old one."""
    for weeks in (6, 5, 4):
        earlier = clinic.reflect(
            rated("heard", 5), rated("safe", 4), appointment=clinic.book(clock() - weeks * WEEK)
        )
        with records.begin() as tx:
            tx.session.get_one(models.Reflection, earlier).instrument_version = 2
    reword(clinic, HEARD, NEW)
    words = phrasing()
    words.refresh_now(records)
    now = clinic.reflection(clinic.book(clock() - WEEK))
    for version, usual in ((2, 5), (200001, None)):
        with records.begin() as tx:
            tx.session.get_one(models.Reflection, now).instrument_version = version
        with records.read() as tx:
            found = reflections.by_id(tx, now)
            assert found is not None
            past = history.history_of(tx, found, words.of(clinic.id).instruments)
        assert (past.usual("heard"), past.usual("safe")) == (usual, 4)
