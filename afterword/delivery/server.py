"""A connection to a mail server that ends in time, also with a server that never does."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from afterword.settings import Settings


class _Bounded(smtplib.SMTP):
    """Hangs up after `longest` seconds; smtplib itself only limits the wait for each line."""

    def __init__(self, *args: Any, longest: float, **given: Any) -> None:
        self._clock = threading.Timer(longest, self._hang_up)
        self._clock.daemon = True
        self._clock.start()
        try:
            super().__init__(*args, **given)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._clock.cancel()
        super().close()

    def _hang_up(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _BoundedTls(_Bounded, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on."""


@contextmanager
def connected(settings: Settings, *, patience: float, longest: float) -> Iterator[smtplib.SMTP]:
    """A server that is ready for a mail. `patience`: seconds for one line of its answers.

    Raises OSError, smtplib.SMTPException, and ValueError for settings that cannot be sent.
    """
    server = _greeted(settings, patience, longest)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, _password(settings))
        yield server
        # The server has the mail: how it says goodbye does not matter any more.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        server.close()


def _greeted(settings: Settings, patience: float, longest: float) -> smtplib.SMTP:
    limits = {"timeout": patience, "longest": longest}
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        return _BoundedTls(settings.smtp_host, settings.smtp_port, context=context, **limits)
    return _Bounded(settings.smtp_host, settings.smtp_port, **limits)


def _password(settings: Settings) -> str:
    if settings.smtp_password_file is None:
        return ""
    return settings.smtp_password_file.read_text(encoding="utf-8").strip()
