"""The round that looks for what is due: notices to send, alerts that nobody has acknowledged."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from afterword.delivery.mail import Mailer, NotSent
from afterword.records import alerts, deliveries, mails
from afterword.records.alert_views import Mail
from afterword.records.store import Records

_EVERY = 2.0
# A server that hangs is given up on earlier, so a notice is never sent by two at once.
_LEASE = timedelta(seconds=60)
_MOST = 50

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rounds:
    """Works on one database; several may run, each alert and notice is taken by one."""

    records: Records
    mailer: Mailer

    async def run(self) -> None:
        """Works until cancelled; the clock does not wait for a mail server that hangs."""
        await _tried(self.release)
        await asyncio.gather(_repeated(self.clock), _repeated(self.post))

    def release(self) -> None:
        """Ends the leases of a worker that was killed: its notices are not waited for."""
        with self.records.begin() as tx:
            mails.release(tx)

    def once(self) -> None:
        """One round: first the clock, then what it and the patients' messages have queued."""
        self.clock()
        self.post()

    def clock(self) -> None:
        """Repeats and escalates every alert that is due, and those whose lines nobody fetched."""
        with self.records.read() as tx:
            due, unseen = alerts.due(tx), deliveries.overdue(tx)
        for reflection_id in unseen:
            with self.records.begin() as tx:
                deliveries.give_up(tx, reflection_id)
        for alert_id in due:
            with self.records.begin() as tx:
                alerts.step(tx, alert_id)

    def post(self) -> None:
        """Sends what is due, up to a limit, so that nothing runs without end."""
        for _ in range(_MOST):
            if not self.deliver():
                return

    def deliver(self) -> bool:
        """Sends one notice; False when none is due."""
        with self.records.begin() as tx:
            self.mailer.phrasing.refresh(tx)
            mail = mails.claim(tx, _LEASE)
        if mail is None:
            return False
        self._send(mail)
        return True

    def _send(self, mail: Mail) -> None:
        try:
            self.mailer.send(mail)
        except NotSent as error:
            logger.error("a notice was not sent", extra={"notice_id": mail.id, "error": error})
            with self.records.begin() as tx:
                mails.failed(tx, mail.id)
            return
        with self.records.begin() as tx:
            mails.sent(tx, mail.id)


async def _repeated(work: Callable[[], None]) -> None:
    while True:
        await _tried(work)
        await asyncio.sleep(_EVERY)


async def _tried(work: Callable[[], None]) -> None:
    """What fails stays due, and is tried again in the next round."""
    try:
        await asyncio.to_thread(work)
    except Exception as error:  # the database is away
        logger.error("a round failed", extra={"error": error})
