"""A message is kept before anything is done with it, and worked on once, in order."""

from datetime import timedelta
from typing import Any

import pytest
from factory import NOW, WEEK, Clinic, Clock

from afterword.records import inbox, reflections
from afterword.records.store import Records
from afterword.records.views import Claim, Message

LEASE = timedelta(seconds=30)


@pytest.fixture
def reflection(clinic: Clinic) -> str:
    return clinic.reflection()


@pytest.fixture
def another(clinic: Clinic) -> str:
    return clinic.reflection(clinic.book(NOW - 2 * WEEK))


def send(records: Records, reflection: str, client_id: str, text: str = "hello") -> bool:
    """Whether it was a repeat."""
    with records.begin() as tx:
        return inbox.accept(tx, reflection, client_id, "text", {"text": text}).repeat


def claim(records: Records) -> Claim | None:
    with records.begin() as tx:
        return inbox.claim(tx, LEASE)


def claimed(records: Records) -> Claim:
    found = claim(records)
    assert found is not None
    return found


def finish(records: Records, message: Claim, *replies: str, state: str = inbox.DONE) -> None:
    with records.begin() as tx:
        inbox.finish(tx, message.inbox_id, [{"text": reply} for reply in replies], state)


def conversation(records: Records, reflection: str, since: int = 0) -> list[Message]:
    with records.read() as tx:
        return inbox.conversation_since(tx, reflection, since)


def lines(records: Records, reflection: str) -> list[tuple[str, str, Any]]:
    return [
        (line.sender, line.state, line.body.get("text"))
        for line in conversation(records, reflection)
    ]


def test_a_message_sent_twice_is_kept_once(records: Records, reflection: str) -> None:
    assert not send(records, reflection, "a", "first")
    assert send(records, reflection, "a", "changed on the way")
    assert lines(records, reflection) == [("patient", "received", "first")]


def test_two_patients_may_use_the_same_message_id(
    records: Records, reflection: str, another: str
) -> None:
    assert not send(records, reflection, "a", "mine")
    assert not send(records, another, "a", "theirs")
    assert lines(records, reflection) == [("patient", "received", "mine")]


def test_a_worker_gets_the_message_with_its_conversation(records: Records, reflection: str) -> None:
    send(records, reflection, "a", "first")
    message = claimed(records)
    with records.read() as tx:
        known = reflections.by_id(tx, reflection)
    assert known is not None
    assert message.conversation == known.conversation != reflection
    assert (message.client_id, message.kind, message.body, message.attempts) == (
        ("a", "text", {"text": "first"}, 1)
    )


def test_one_message_of_a_conversation_is_out_at_a_time_and_in_order(
    records: Records, reflection: str
) -> None:
    for name in ("a", "b", "c"):
        send(records, reflection, name)
    worked_on = []
    for _ in range(3):
        message = claimed(records)
        assert claim(records) is None
        finish(records, message)
        worked_on.append(message.client_id)
    assert worked_on == ["a", "b", "c"]
    assert claim(records) is None


def test_another_conversation_does_not_wait(
    records: Records, reflection: str, another: str
) -> None:
    send(records, reflection, "a")
    send(records, another, "b")
    assert {claimed(records).reflection_id, claimed(records).reflection_id} == {
        reflection,
        another,
    }


def test_a_message_of_a_worker_that_died_is_taken_again_after_its_lease(
    records: Records, reflection: str, clock: Clock
) -> None:
    send(records, reflection, "a")
    claimed(records)
    clock.move(seconds=29)
    assert claim(records) is None
    clock.move(seconds=1)
    again = claimed(records)
    assert (again.client_id, again.attempts) == ("a", 2)


def test_a_worker_that_starts_ends_the_leases_of_one_that_was_killed(
    records: Records, reflection: str
) -> None:
    send(records, reflection, "a")
    claimed(records)
    with records.begin() as tx:
        inbox.release(tx)
    assert claimed(records).client_id == "a"


def test_release_does_not_bring_back_what_is_done(records: Records, reflection: str) -> None:
    send(records, reflection, "a")
    finish(records, claimed(records))
    with records.begin() as tx:
        inbox.release(tx)
    assert claim(records) is None


def test_a_postponed_message_waits_and_holds_up_what_came_after_it(
    records: Records, reflection: str, clock: Clock
) -> None:
    send(records, reflection, "a")
    send(records, reflection, "b")
    message = claimed(records)
    with records.begin() as tx:
        inbox.postpone(tx, message.inbox_id, clock.now + timedelta(minutes=1))
    clock.move(seconds=59)
    assert claim(records) is None
    clock.move(seconds=1)
    assert claimed(records).client_id == "a"


def test_replies_follow_their_message_and_are_stored_once(
    records: Records, reflection: str
) -> None:
    send(records, reflection, "a", "first")
    send(records, reflection, "b", "second")
    message = claimed(records)
    finish(records, message, "one", "two")
    finish(records, message, "again")
    finish(records, claimed(records), "three")
    assert lines(records, reflection) == [
        ("patient", "done", "first"),
        ("assistant", "done", "one"),
        ("assistant", "done", "two"),
        ("patient", "done", "second"),
        ("assistant", "done", "three"),
    ]


def test_a_refused_message_is_shown_as_refused(records: Records, reflection: str) -> None:
    send(records, reflection, "a")
    finish(records, claimed(records), state=inbox.REFUSED)
    assert lines(records, reflection) == [("patient", "refused", "hello")]


def test_the_page_gets_only_what_is_new(records: Records, reflection: str) -> None:
    send(records, reflection, "a")
    finish(records, claimed(records), "one")
    with records.read() as tx:
        seen = inbox.revisions(tx, [reflection])[reflection]
    assert conversation(records, reflection, seen) == []
    send(records, reflection, "b", "second")
    assert [line.body["text"] for line in conversation(records, reflection, seen)] == ["second"]


def test_waiting_counts_from_the_oldest_message_without_an_answer(
    records: Records, reflection: str, clock: Clock
) -> None:
    def waiting() -> Any:
        with records.read() as tx:
            return inbox.waiting_since(tx, reflection)

    assert waiting() is None
    send(records, reflection, "a")
    clock.move(seconds=5)
    send(records, reflection, "b")
    assert waiting() == NOW
    finish(records, claimed(records))
    assert waiting() == NOW + timedelta(seconds=5)


def test_a_deleted_reflection_takes_no_message(records: Records, reflection: str) -> None:
    with records.begin() as tx:
        reflections.erase(tx, reflection)
    with pytest.raises(LookupError):
        send(records, reflection, "a")
