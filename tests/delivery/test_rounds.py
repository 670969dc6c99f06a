"""Notices leave once, come again until somebody has seen it, and go to others when they fail."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from desk import Desk
from mail_server import MailServer, closed_port, speaking

from afterword.delivery.rounds import Rounds
from afterword.records import mails
from afterword.safety.clock import NOW_BACKUP_AFTER, NOW_REPEAT
from afterword.safety.finding import Tier
from afterword.safety.recipients import Kind

# Both databases: tests/delivery/test_workers.py.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

BO, CY, DEE = "bo@duty.example", "cy@backup.example", "dee@safeguarding.example"
RUNS = Callable[..., Rounds]


def plays(desk: Desk, rounds: Rounds, minutes: float, each: float = 1) -> None:
    """Lets time pass, with a round after each step."""
    for _ in range(int(minutes / each)):
        desk.clock.move(minutes=each)
        rounds.once()


def test_a_notice_is_sent_once_however_often_is_looked(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.raises(Tier.SAME_DAY)
    plays(desk, rounds, 30)
    assert server.addresses == [BO]


def test_danger_now_comes_again_every_five_minutes_and_reaches_backup_after_ten(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.raises(Tier.NOW)
    rounds.once()
    told = {}
    for minute in range(1, 21):
        before = len(server.mails)
        plays(desk, rounds, 1)
        told[minute] = sorted(server.addresses[before:])
    assert {minute: to for minute, to in told.items() if to} == {
        5: [BO],
        10: [BO, CY],
        15: [BO, CY],
        20: [BO, CY],
    }
    assert timedelta(minutes=10) == NOW_BACKUP_AFTER


def test_at_night_danger_now_does_not_wait_for_the_hours_of_duty(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.clock.move(hours=12)
    desk.raises(Tier.NOW)
    rounds.once()
    plays(desk, rounds, 10, each=5)
    assert sorted(server.addresses) == [BO, BO, BO, CY]


def test_danger_today_comes_again_after_an_hour_of_duty_and_reaches_backup(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.raises(Tier.SAME_DAY)
    rounds.once()
    plays(desk, rounds, 59, each=59)
    assert server.addresses == [BO]
    plays(desk, rounds, 1)
    assert sorted(server.addresses) == [BO, BO, CY]


def test_a_check_that_nobody_answers_is_told_the_same_day(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.raises(Tier.CHECK)
    plays(desk, rounds, 14)
    assert server.addresses == []
    plays(desk, rounds, 1)
    assert server.addresses == [BO]


def test_no_notice_comes_after_somebody_has_seen_it(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    raised = desk.raises(Tier.NOW)
    rounds.once()
    plays(desk, rounds, 5)
    desk.acknowledges(desk.bo, raised.alert_id)
    plays(desk, rounds, 600, each=5)
    assert server.addresses == [BO, BO]


def test_a_notice_that_waits_is_dropped_when_somebody_has_seen_it(
    desk: Desk, rounds: Rounds, server: MailServer, rounds_at: RUNS
) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    rounds_at(closed_port()).once()
    desk.acknowledges(desk.bo, raised.alert_id)
    plays(desk, rounds, 10)
    assert server.addresses == []


def test_an_outage_of_the_mail_server_delays_a_notice_and_loses_none(
    desk: Desk, rounds: Rounds, server: MailServer, rounds_at: RUNS
) -> None:
    desk.raises(Tier.SAME_DAY)
    away = rounds_at(closed_port())
    away.once()
    plays(desk, away, 1, each=0.5)
    assert server.addresses == []
    plays(desk, rounds, 2)
    assert server.addresses == [BO]


def test_who_cannot_be_reached_is_tried_again_with_pauses_and_then_backup_is_told(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    server.refused.add(BO)
    raised = desk.raises(Tier.SAME_DAY)
    tried = []
    rounds.once()
    for second in range(5, 300, 5):
        before = server.seen.count(BO)
        plays(desk, rounds, 1 / 12, each=1 / 12)
        tried += [second] * (server.seen.count(BO) - before)
    assert tried == [15, 75, 195], "mails.BACKOFF"
    assert ("delivery_failed", "duty") in desk.events(raised.alert_id)
    assert ("escalated", "backup") in desk.events(raised.alert_id)
    assert server.addresses == [CY]


def test_a_concern_that_cannot_be_delivered_stays_away_from_duty_and_backup(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    server.refused.add(DEE)
    raised = desk.concern(Tier.NOW)
    desk.forwards()
    plays(desk, rounds, 60, each=5)
    assert server.addresses == []
    assert set(server.seen) == {"hello", DEE}
    assert ("delivery_failed", "safeguarding") in desk.events(raised.alert_id)


def test_without_a_mail_server_the_failure_is_written_down_and_the_list_has_the_alert(
    desk: Desk, rounds_at: RUNS
) -> None:
    none = rounds_at(closed_port(), smtp_host="")
    raised = desk.raises(Tier.SAME_DAY)
    plays(desk, none, 10, each=0.5)
    events = desk.events(raised.alert_id)
    assert ("delivery_failed", "duty") in events
    assert ("delivery_failed", "backup") in events
    (seen,) = desk.sees(desk.bo)
    assert {one.state for one in seen.deliveries} == {mails.FAILED}
    assert desk.count(desk.bo) == 1


def test_a_mail_server_that_hangs_does_not_stop_the_clock(desk: Desk, rounds_at: RUNS) -> None:
    for number in range(5):
        desk.contact(Kind.DUTY, f"Else{number} Duty")
    raised = desk.raises(Tier.NOW)
    asked, over = threading.Event(), threading.Event()

    def silent(connection: socket.socket, _ended: threading.Event) -> None:
        asked.set()
        over.wait()
        connection.close()

    async def until(check: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not check():
                await asyncio.sleep(0.05)

    async def work(port: int) -> None:
        working = asyncio.create_task(rounds_at(port).run())
        await until(asked.is_set, 10)
        desk.clock.now += NOW_REPEAT
        # The six notices that wait take two seconds each.
        await until(lambda: "repeated" in dict(desk.events(raised.alert_id)), 6)
        over.set()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    with speaking(silent) as port:
        asyncio.run(work(port))
