"""Notices that really leave: a clinic with contacts, and a mail server."""

from collections.abc import Callable, Iterator

import pytest
from desk import Desk
from factory import Clinic
from mail_server import MailServer, mail_server, mailer_at

from afterword.delivery.rounds import Rounds


@pytest.fixture
def desk(clinic: Clinic) -> Desk:
    """Duty, backup and safeguarding contacts with accounts, none of whom treats Robin."""
    return Desk(clinic)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def rounds(desk: Desk, server: MailServer) -> Rounds:
    """The worker's rounds, with the clock of the desk."""
    return Rounds(desk.records, mailer_at(server.port))


@pytest.fixture
def rounds_at(desk: Desk) -> Callable[..., Rounds]:
    """Rounds with another mail server."""
    return lambda port, **settings: Rounds(desk.records, mailer_at(port, **settings))
