"""Notices by mail: that there is something to look at, never what it is about."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate

from afterword.locales import Catalogue
from afterword.records.alert_views import Mail
from afterword.settings import Settings

_PATIENCE = 15.0


class NotSent(Exception):
    """The mail server did not take a notice; the message names the kind of failure only."""


@dataclass(frozen=True)
class Mailer:
    """A mail server. Without a host every notice fails, so that escalation sees it."""

    settings: Settings
    texts: Catalogue

    def send(self, mail: Mail) -> None:
        """Hands one notice to the server. Raises NotSent."""
        if not self.settings.smtp_host:
            raise NotSent("no mail server is set")
        try:
            with self._server() as server:
                refused = server.send_message(self.compose(mail))
        except (OSError, smtplib.SMTPException) as error:
            # What a server says may repeat the address, so only the kind of failure is kept.
            raise NotSent(type(error).__name__) from None
        if refused:
            raise NotSent("recipient refused")

    def compose(self, mail: Mail) -> EmailMessage:
        """The notice. Subject and text are the same for every kind of alert."""
        say = self.texts.section("mail")
        message = EmailMessage()
        message["Subject"] = say("subject", clinic=mail.clinic)
        message["From"] = formataddr((mail.clinic, self.settings.mail_from))
        message["To"] = formataddr((mail.name, mail.address))
        message["Date"] = formatdate()
        # One id for all attempts at a notice: the server may have taken it before the line broke.
        domain = self.settings.mail_from.rpartition("@")[2] or "localhost"
        message["Message-ID"] = f"<{mail.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        key = "urgent" if mail.urgent else mail.template
        message.set_content(say(key, url=f"{self.settings.base_url}/portal/safety"))
        return message

    def _server(self) -> smtplib.SMTP:
        settings = self.settings
        context = ssl.create_default_context()
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=_PATIENCE, context=context
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_PATIENCE)
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, _password(settings))
        return server


def _password(settings: Settings) -> str:
    if settings.smtp_password_file is None:
        return ""
    return settings.smtp_password_file.read_text(encoding="utf-8").strip()
