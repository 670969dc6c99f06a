"""Notices: sent once, to the address of that moment, and given up on loudly."""

from datetime import timedelta

import pytest
from desk import LEASE, WORDS, Desk
from sqlalchemy import select, update
from together import TOGETHER, at_once

from afterword.records import mails, models
from afterword.safety.finding import Tier
from afterword.safety.recipients import Kind


def states(desk: Desk) -> list[str]:
    with desk.records.read() as tx:
        return sorted(tx.session.scalars(select(models.Mail.state)))


def wait_for(desk: Desk, attempts: int) -> list[list[str]]:
    """Whom the mail server refuses at each attempt."""
    refused = []
    for pause in (*mails.BACKOFF, timedelta())[:attempts]:
        refused.append(desk.loses())
        desk.clock.now += pause
    return refused


def test_a_notice_says_nothing_of_the_patient(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    mail = desk.takes()
    assert mail is not None
    assert (mail.name, mail.address, mail.clinic) == (
        "Bo Duty",
        "bo@duty.example",
        "Harbour Clinic",
    )
    assert (mail.template, mail.urgent, mail.attempts) == (mails.ALERT, False, 1)
    for word in (WORDS, "Robin", "Ada", "suicide"):
        assert word not in repr(mail)


def test_both_routes_send_the_same_notice(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    desk.concern()
    desk.forwards()
    taken = [desk.takes(), desk.takes()]
    shown = {(one.template, one.urgent, one.clinic) for one in taken if one}
    assert {one.name for one in taken if one} == {"Bo Duty", "Dee Safe"}
    assert len(shown) == 1


def test_a_notice_is_taken_by_one_worker(desk: Desk) -> None:
    desk.raises(Tier.NOW)
    taken = [one for one in at_once(*[desk.takes] * TOGETHER) if one is not None]
    assert len(taken) == 1


def test_a_notice_of_a_worker_that_died_is_sent_after_its_lease(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    first = desk.takes()
    assert first is not None and desk.takes() is None
    desk.clock.now += LEASE
    again = desk.takes()
    assert again is not None and (again.id, again.attempts) == (first.id, 2)


def test_a_worker_that_starts_ends_the_leases_of_one_that_was_killed(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    desk.takes()
    with desk.records.begin() as tx:
        mails.release(tx)
    assert desk.post() == ["Bo Duty"]


def test_what_was_sent_is_not_sent_again(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    mail = desk.takes()
    assert mail is not None
    for settle in (mails.sent, mails.sent, mails.failed):
        with desk.records.begin() as tx:
            settle(tx, mail.id)
    desk.clock.now += LEASE
    assert (desk.post(), states(desk)) == ([], ["sent"])


def test_a_failure_is_tried_again_after_a_pause(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    assert desk.loses() == ["Bo Duty"]
    desk.clock.now += mails.BACKOFF[0] - timedelta(seconds=1)
    assert desk.post() == []
    desk.clock.move(seconds=1)
    assert desk.post() == ["Bo Duty"]


def test_after_the_last_attempt_the_backup_is_told(desk: Desk) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    assert wait_for(desk, 4) == [["Bo Duty"]] * 3 + [["Bo Duty", "Cy Backup"]]
    assert ("delivery_failed", "duty") in desk.events(raised.alert_id)
    assert ("escalated", "backup") in desk.events(raised.alert_id)
    desk.clock.now += mails.BACKOFF[0]
    assert desk.post() == ["Cy Backup"]
    assert states(desk) == ["failed", "sent"]
    assert desk.raises(Tier.SAME_DAY).told.names == ("backup",), "only what is true is claimed"


def test_two_duty_contacts_who_cannot_be_reached_tell_the_backup_once(desk: Desk) -> None:
    desk.contact(Kind.DUTY, "Else")
    desk.raises(Tier.SAME_DAY)
    wait_for(desk, 4)
    desk.clock.now += mails.BACKOFF[0]
    assert desk.post() == ["Cy Backup"]


def test_a_backup_who_cannot_be_reached_is_written_down(desk: Desk) -> None:
    desk.leaves("Bo Duty")
    raised = desk.raises(Tier.SAME_DAY)
    wait_for(desk, 4)
    assert ("delivery_failed", "backup") in desk.events(raised.alert_id)
    assert desk.ticks(hours=1) == 1, "the clock goes on"
    assert desk.post() == ["Cy Backup"]


def test_a_concern_that_cannot_be_delivered_goes_to_nobody_else(desk: Desk) -> None:
    raised = desk.concern()
    desk.forwards()
    wait_for(desk, 4)
    assert ("delivery_failed", "safeguarding") in desk.events(raised.alert_id)
    assert desk.post() == []


def test_after_an_outage_nobody_gets_all_notices_at_once(desk: Desk) -> None:
    desk.raises(Tier.NOW)
    for _ in range(6):
        desk.ticks(minutes=5)
    assert desk.post() == ["Bo Duty", "Cy Backup"]


def test_an_alert_that_was_acknowledged_sends_no_notice_any_more(desk: Desk) -> None:
    raised = desk.raises(Tier.SAME_DAY)
    desk.acknowledges(desk.bo, raised.alert_id)
    assert (desk.post(), states(desk)) == ([], ["dropped"])


def test_the_address_is_the_one_of_the_moment_of_sending(desk: Desk) -> None:
    desk.raises(Tier.SAME_DAY)
    with desk.records.begin() as tx:
        row = tx.session.get_one(models.Contact, desk.contacts["Bo Duty"])
        row.sealed_email = tx.vault.seal("contact", "email", row.id, "new@duty.example")
    mail = desk.takes()
    assert mail is not None and mail.address == "new@duty.example"


def test_an_address_that_does_not_open_holds_up_nobody(desk: Desk) -> None:
    desk.contact(Kind.DUTY, "Else")
    raised = desk.raises(Tier.SAME_DAY)
    with desk.records.begin() as tx:
        tx.session.execute(
            update(models.Contact)
            .where(models.Contact.id == desk.contacts["Bo Duty"])
            .values(sealed_email=b"broken")
        )
    assert desk.post() == ["Else"]
    assert ("delivery_failed", "duty") in desk.events(raised.alert_id)


@pytest.mark.parametrize(("tier", "urgent"), [(Tier.SAME_DAY, False), (Tier.NOW, True)])
def test_what_cannot_wait_says_so(desk: Desk, tier: Tier, urgent: bool) -> None:
    desk.raises(tier)
    mail = desk.takes()
    assert mail is not None and mail.urgent is urgent


def test_a_repeat_is_a_reminder(desk: Desk) -> None:
    desk.raises(Tier.NOW)
    desk.post()
    desk.ticks(minutes=5)
    mail = desk.takes()
    assert mail is not None and mail.template == mails.REMINDER
