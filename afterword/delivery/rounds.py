"""The round that looks for what is due: notices to send, alerts that nobody has acknowledged."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from afterword.delivery.mail import Mailer, NotSent
from afterword.records import alerts, mails
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
        """Makes rounds until cancelled; what fails is tried again in the next one."""
        while True:
            try:
                await asyncio.to_thread(self.once)
            except Exception as error:  # the database is away: alerts and notices stay due
                logger.error("a round failed: %s", type(error).__name__)
            await asyncio.sleep(_EVERY)

    def once(self) -> None:
        """One round: first the clock, then what it and the patients' messages have queued."""
        self.clock()
        for _ in range(_MOST):
            if not self.deliver():
                return

    def clock(self) -> None:
        """Repeats and escalates every alert that is due."""
        with self.records.read() as tx:
            due = alerts.due(tx)
        for alert_id in due:
            with self.records.begin() as tx:
                alerts.step(tx, alert_id)

    def deliver(self) -> bool:
        """Sends one notice; False when none is due."""
        with self.records.begin() as tx:
            mail = mails.claim(tx, _LEASE)
        if mail is None:
            return False
        self._send(mail)
        return True

    def _send(self, mail: Mail) -> None:
        try:
            self.mailer.send(mail)
        except NotSent as error:
            logger.error("notice %s was not sent: %s", mail.id, error)
            with self.records.begin() as tx:
                mails.failed(tx, mail.id)
            return
        with self.records.begin() as tx:
            mails.sent(tx, mail.id)
