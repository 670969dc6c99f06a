"""Help that did not reach the patient's page raises the alert; help that did raises nothing."""

import pytest
from desk import Desk
from mail_server import MailServer

from afterword.delivery.rounds import Rounds
from afterword.records import deliveries, inbox
from afterword.safety.clock import DELIVERY_PATIENCE
from afterword.safety.finding import Tier

LINE = {"text": "help", "kind": "safety"}


def says(desk: Desk) -> int:
    """Lines of safety under a new message; the revision that the page has once it has them."""
    with desk.records.begin() as tx:
        accepted = inbox.accept(tx, desk.reflection, "m1", inbox.TEXT, {"text": "words"})
        inbox.answer_at_once(tx, accepted.inbox_id, [LINE], {"tier": "check"})
        return inbox.revisions(tx, [desk.reflection])[desk.reflection]


def fetches(desk: Desk, revision: int) -> bool:
    with desk.records.begin() as tx:
        news = deliveries.is_news(tx, desk.reflection, revision)
        deliveries.seen(tx, desk.reflection, revision)
    return news


def waits(desk: Desk, rounds: Rounds) -> None:
    desk.clock.move(seconds=DELIVERY_PATIENCE.total_seconds())
    rounds.once()


@pytest.mark.parametrize("tier", [Tier.CHECK, Tier.SAME_DAY])
def test_what_nobody_fetched_raises_the_alert_once(
    desk: Desk, rounds: Rounds, server: MailServer, tier: Tier
) -> None:
    raised = desk.raises(tier)
    says(desk)
    rounds.once()
    assert desk.row(raised.alert_id).tier == tier.word
    for _ in range(2):
        waits(desk, rounds)
        row = desk.row(raised.alert_id)
        assert (row.tier, row.state) == (Tier(tier + 1).word, "open")
    assert server.addresses


def test_what_was_fetched_raises_nothing(desk: Desk, rounds: Rounds) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    revision = says(desk)
    assert fetches(desk, revision)
    assert not fetches(desk, revision)
    waits(desk, rounds)
    assert desk.row(raised.alert_id).tier == Tier.SAME_DAY.word


def test_an_older_look_is_no_proof(desk: Desk, rounds: Rounds) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    revision = says(desk)
    assert not fetches(desk, revision - 1)
    waits(desk, rounds)
    assert desk.row(raised.alert_id).tier == Tier.NOW.word


def test_a_look_from_the_future_is_no_proof_of_what_comes(desk: Desk, rounds: Rounds) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    fetches(desk, 10_000)
    says(desk)
    waits(desk, rounds)
    assert desk.row(raised.alert_id).tier == Tier.NOW.word


def test_fetched_between_the_look_and_the_lock_is_fetched(desk: Desk) -> None:
    revision = says(desk)
    desk.clock.move(seconds=DELIVERY_PATIENCE.total_seconds())
    with desk.records.read() as tx:
        assert deliveries.overdue(tx) == [desk.reflection]
    fetches(desk, revision)
    with desk.records.begin() as tx:
        assert not deliveries.give_up(tx, desk.reflection)
