"""Notices by mail: that there is something to look at, never what it is about."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate

from afterword.delivery.server import connected
from afterword.phrasing import Phrasing
from afterword.records.alert_views import Mail
from afterword.records.mails import ACCOUNT, ALERT, PRIVACY
from afterword.settings import Settings

PATIENCE = 15.0
"""Seconds for one answer of the mail server."""
LONGEST = 45.0
"""Seconds for one notice: a server that answers line by line must not hold up all others."""
_PAGES = {PRIVACY: "/portal/privacy", ACCOUNT: "/portal/account"}


class NotSent(Exception):
    """The mail server did not take a notice; the message names the kind of failure only."""


@dataclass(frozen=True)
class Mailer:
    """A mail server. Without a host every notice fails, so that escalation sees it."""

    settings: Settings
    phrasing: Phrasing
    patience: float = PATIENCE
    longest: float = LONGEST

    def send(self, mail: Mail) -> None:
        """Hands one notice to the server. Raises NotSent."""
        if not self.settings.smtp_host:
            raise NotSent("no mail server is set")
        if not self.settings.mail_from:
            raise NotSent("no sender is set")
        try:
            message = self.compose(mail)
            limits = {"patience": self.patience, "longest": self.longest}
            with connected(self.settings, **limits) as server:
                server.send_message(message, to_addrs=[mail.address])
        except Exception as error:
            # Whatever it is, the notice is not out and escalation has to know. What a server says
            # may repeat the address, so only the kind of failure is kept.
            raise NotSent(type(error).__name__) from None

    def compose(self, mail: Mail) -> EmailMessage:
        """The notice. Subject and text are the same for every kind of alert."""
        say = self.phrasing.of(mail.clinic_id).catalogue().section("mail")
        message = EmailMessage()
        subject = "subject_account" if mail.template == ACCOUNT else "subject"
        message["Subject"] = say(subject, clinic=mail.clinic)
        message["From"] = formataddr((mail.clinic, self.settings.mail_from))
        message["To"] = formataddr((mail.name, mail.address))
        message["Date"] = formatdate()
        # One id for all attempts at a notice: the server may have taken it before the line broke.
        domain = self.settings.mail_from.rpartition("@")[2] or "localhost"
        message["Message-ID"] = f"<{mail.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(say(_text(mail), url=f"{self.settings.base_url}{_page(mail)}"))
        return message


def _text(mail: Mail) -> str:
    """What it says is the same for alerts and for privacy: only the address differs."""
    if mail.urgent:
        return "urgent"
    return ALERT if mail.template == PRIVACY else mail.template


def _page(mail: Mail) -> str:
    return _PAGES.get(mail.template, "/portal/safety")
