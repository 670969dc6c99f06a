"""How the database is opened, what can be seen in its file, and who waits for whom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from factory import NOW, WEEK, Clinic, Clock, new_message, rated, said
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from stolen import found_in
from together import TOGETHER, at_once

from afterword.access.actors import Actor
from afterword.records import inbox, models, people, reflections
from afterword.records.store import Records
from afterword.records.vault import Vault
from afterword.reflection.answers import Sharing

CANARY = "canary-of-the-patient"
CANARY_NAME = "Canary Person"


@pytest.fixture
def on_sqlite(
    sqlite_with_schema: Path, tmp_path: Path, vault: Vault, clock: Clock
) -> Iterator[Records]:
    path = tmp_path / "afterword.db"
    path.write_bytes(sqlite_with_schema.read_bytes())
    opened = Records(f"sqlite:///{path}", vault, clock)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2), ("secure_delete", 1)],
)
def test_sqlite_keeps_what_was_said_and_forgets_what_was_deleted(
    on_sqlite: Records, pragma: str, value: str | int
) -> None:
    for opened in (on_sqlite.begin, on_sqlite.read):
        with opened() as tx:
            assert tx.session.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_a_row_without_its_parent_is_refused(records: Records) -> None:
    with pytest.raises(IntegrityError), records.begin() as tx:
        people.add_patient(tx, "0" * 32, name="Nobody's")


def fill(clinic: Clinic) -> list[bytes]:
    """Words and names in many places; they, and a link's token."""
    clinic.add_clinician(CANARY_NAME, email="canary@clinic.example")
    kim = clinic.add_patient(CANARY_NAME, clinic.ada)
    with clinic.records.begin() as tx:
        people.add_goal(tx, kim, CANARY, NOW.date())
    token = clinic.invite(clinic.book(patient=kim))
    reflection = clinic.reflect(
        said("wish", CANARY), appointment=clinic.book(patient=kim), sharing=None
    )
    clinic.answer(reflection, said("wish", f"{CANARY} again"))
    with clinic.records.begin() as tx:
        inbox.accept(tx, reflection, "a", "text", {"text": CANARY})
        claimed = inbox.claim(tx, timedelta(seconds=30))
        assert claimed is not None
        inbox.finish(tx, claimed.inbox_id, [{"text": f"{CANARY}, {CANARY_NAME}"}])
        reflections.share(tx, reflection, Sharing.ALL)
    secrets = (CANARY, CANARY_NAME, "canary@clinic.example", token)
    return [one.encode() for one in secrets]


def test_no_words_or_names_stand_in_the_files_of_the_database(
    on_sqlite: Records, clock: Clock, tmp_path: Path
) -> None:
    clinic = Clinic(on_sqlite, clock)
    secrets = fill(clinic)
    assert (tmp_path / "afterword.db-wal").stat().st_size, "all of it is still in the log"
    assert found_in(tmp_path, [clinic.robin.encode()])
    assert found_in(tmp_path, secrets) == set()


def test_no_words_or_names_stand_in_any_row(clinic: Clinic, tmp_path: Path) -> None:
    secrets, copy = fill(clinic), tmp_path / "copy"
    copy.mkdir()
    with clinic.records.read() as tx:
        for table in models.Base.metadata.sorted_tables:
            cells = [cell for row in tx.session.execute(select(table)) for cell in row]
            parts = [one if isinstance(one, bytes) else str(one).encode() for one in cells]
            (copy / table.name).write_bytes(b"\n".join(parts))
    assert "answer" in found_in(copy, [b"wish"])
    assert found_in(copy, secrets) == set()


def test_a_time_without_a_zone_is_refused(clinic: Clinic, records: Records) -> None:
    with pytest.raises(StatementError, match="with a zone"), records.begin() as tx:
        naive = datetime(2026, 11, 17, 9, 0)
        people.book(tx, clinic.robin, clinic.ada, naive, naive)


def test_times_come_back_in_utc(clinic: Clinic, records: Records) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=13)))
    appointment = clinic.book(local)
    with records.read() as tx:
        row = tx.session.get(models.Appointment, appointment)
        assert row is not None
        assert (row.starts_at, row.starts_at.tzinfo) == (NOW, UTC)


def test_two_writers_at_once_keep_one_answer_each(clinic: Clinic, records: Records) -> None:
    one = clinic.reflect(sharing=None)
    other = clinic.reflect(appointment=clinic.book(NOW - 2 * WEEK), sharing=None)
    outcomes = at_once(
        *(
            lambda at=at, reflection=reflection: clinic.answer(
                reflection, rated("heard", 1 + at % 5, f"writer {at}")
            )
            for at in range(TOGETHER)
            for reflection in (one, other)
        )
    )
    assert outcomes == [None] * (2 * TOGETHER)
    for reflection in (one, other):
        assert list(clinic.answers(reflection)) == ["heard"]
        with records.read() as tx:
            row = tx.session.scalars(
                select(models.Answer).where(models.Answer.reflection_id == reflection)
            ).one()
            assert row.version == TOGETHER
            assert (
                tx.session.scalar(
                    select(func.count()).where(models.AnswerVersion.answer_id == row.id)
                )
                == TOGETHER - 1
            )


def test_the_same_message_at_once_is_accepted_once(clinic: Clinic, records: Records) -> None:
    reflection, message = clinic.reflect(sharing=None), new_message()

    def send() -> bool:
        with records.begin() as tx:
            repeat = inbox.accept(tx, reflection, message, "text", {"text": "hello"}).repeat
            reflections.record_answer(tx, reflection, rated("heard", 4), message)
        return repeat

    assert sorted(at_once(*[send] * TOGETHER)) == [False] + [True] * (TOGETHER - 1)
    assert clinic.answers(reflection) == {"heard": rated("heard", 4)}


def test_two_workers_never_hold_the_same_conversation(clinic: Clinic, records: Records) -> None:
    mine = [
        clinic.reflect(appointment=clinic.book(NOW - week * WEEK), sharing=None)
        for week in (1, 2, 3)
    ]
    with records.begin() as tx:
        for reflection in mine:
            for client_id in ("a", "b"):
                inbox.accept(tx, reflection, client_id, "text", {})

    def claim() -> str | None:
        with records.begin() as tx:
            claimed = inbox.claim(tx, timedelta(seconds=30))
        return claimed and claimed.reflection_id

    held = [found for found in at_once(*[claim] * TOGETHER) if found is not None]
    # One that finds a row locked may come back empty; nobody gets what another one has.
    assert len(held) == len(set(held)) > 0
    assert set(held) <= set(mine)


def test_taking_back_and_opening_at_once_have_one_winner(clinic: Clinic, records: Records) -> None:
    from afterword.records import digests

    session = clinic.book(NOW + WEEK)
    reflection = clinic.reflect(rated("heard", 4))

    def take_back() -> bool:
        with records.begin() as tx:
            return reflections.take_back(tx, reflection)

    def shown() -> bool:
        with records.begin(by=Actor.staff(clinic.ada)) as tx:
            source = digests.open_latest(tx, clinic.ada, session)
        return bool(source and source.latest and source.latest.answers)

    taken, seen = at_once(take_back, shown)
    assert taken is not seen


def test_reading_does_not_wait_for_a_writer(clinic: Clinic, records: Records) -> None:
    reflection = clinic.reflect(rated("heard", 4), sharing=None)
    with records.begin() as tx:
        reflections.record_answer(tx, reflection, rated("heard", 1), new_message())
        tx.session.flush()
        assert at_once(lambda: clinic.answers(reflection)["heard"].value) == ["4"]
    assert clinic.answers(reflection)["heard"].value == "1"
