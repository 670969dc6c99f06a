"""Notices that really leave: a clinic with contacts, and a mail server."""

from collections.abc import Callable, Iterator

import pytest
from desk import Desk
from factory import Clinic
from mail_server import LOOPBACK, MailServer, mail_server

from afterword import locales
from afterword.delivery.mail import Mailer
from afterword.delivery.rounds import Rounds
from afterword.settings import Settings

SENDER = "notices@harbour.example"


@pytest.fixture
def desk(clinic: Clinic) -> Desk:
    """Duty, backup and safeguarding contacts with accounts, none of whom treats Robin."""
    return Desk(clinic)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def mailer_at(port: int, **settings: object) -> Mailer:
    """A mailer that knows a server on this machine, and gives up early."""
    given = {
        "smtp_host": LOOPBACK,
        "smtp_port": port,
        "smtp_security": "none",
        "mail_from": SENDER,
        "public_url": "https://harbour.example",
    }
    return Mailer(Settings(**(given | settings)), locales.load("en"), patience=2, longest=3)


@pytest.fixture
def rounds(desk: Desk, server: MailServer) -> Rounds:
    """The worker's rounds, with the clock of the desk."""
    return Rounds(desk.records, mailer_at(server.port))


@pytest.fixture
def rounds_at(desk: Desk) -> Callable[..., Rounds]:
    """Rounds with another mail server."""
    return lambda port, **settings: Rounds(desk.records, mailer_at(port, **settings))
