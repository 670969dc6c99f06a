"""Whose account is changed hears of it by mail, at the address that they sign in with."""

import re
from collections.abc import Callable

import pyotp
import pytest
from desk import Desk
from mail_server import MailServer, closed_port

from afterword.access.actors import Actor
from afterword.delivery.rounds import Rounds
from afterword.records import accounts, factors, models
from afterword.records.store import Tx

# Both databases: tests/delivery/test_workers.py.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ADDRESS, SECRET = "noor@clinic.example", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WORDS = (
    *("passkey", "password", "app", "role", "supervisor", "code", "reset", "patient"),
    *("disable", "enable"),
)
"""What would say how an account was changed."""
Change = Callable[[Tx, str], object]


def add_app(tx: Tx, staff_id: str) -> object:
    return factors.add_totp(tx, staff_id, SECRET, pyotp.TOTP(SECRET).at(tx.now))


def add_passkey(tx: Tx, staff_id: str, credential: bytes = b"one") -> object:
    return factors.add_passkey(tx, staff_id, credential=credential, public_key=b"key", sign_count=0)


def remove_one(tx: Tx, staff_id: str) -> object:
    return factors.remove(tx, staff_id, factors.factors_of(tx, staff_id)[0].id)


CHANGES: dict[str, Change] = {
    "an app": add_app,
    "a passkey": add_passkey,
    "one less": remove_one,
    "codes": factors.new_recovery_codes,
    "reset": lambda tx, who: accounts.reset_factors(tx, who, keeps_password=True),
    "password": lambda tx, who: accounts.set_password(tx, who, "a new hash"),
    "role": lambda tx, who: accounts.change_role(tx, who, "supervisor"),
    "disabled": accounts.disable,
    "enabled": accounts.enable,
}


@pytest.fixture
def noor(desk: Desk) -> str:
    """Somebody with an app and a passkey, set up where nobody was told."""
    made = desk.clinic.add_clinician("Noor Haddad", ADDRESS)
    with desk.records.begin() as tx:
        factors.add_totp(tx, made, SECRET)
        add_passkey(tx, made, b"first")
        tx.session.query(models.Mail).delete()
    return made


def changes(desk: Desk, staff_id: str, *whats: str) -> None:
    with desk.records.begin(by=Actor.operator("test")) as tx:
        for what in whats:
            CHANGES[what](tx, staff_id)


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_sends_one_notice_that_does_not_say_what_it_was(
    desk: Desk, rounds: Rounds, server: MailServer, noor: str, what: str
) -> None:
    changes(desk, noor, what)
    rounds.once()
    rounds.once()
    (mail,) = server.mails
    assert server.addresses == [ADDRESS]
    assert mail.message["Subject"] == "Harbour Clinic: your account was changed"
    assert re.findall(r"https?://\S+", mail.text) == ["https://harbour.example/portal/account"]
    for word in WORDS:
        assert word not in mail.text.lower().split("https://")[0], word
    assert "Noor" not in mail.text
    assert "tell your administrator now" in mail.text


def test_what_changes_together_is_one_notice_and_what_comes_later_another(
    desk: Desk, rounds: Rounds, server: MailServer, noor: str
) -> None:
    changes(desk, noor, "password", "a passkey", "codes")
    rounds.once()
    assert len(server.mails) == 1
    changes(desk, noor, "role")
    rounds.once()
    assert len(server.mails) == 2


def test_a_change_that_was_refused_tells_nobody(
    desk: Desk, rounds: Rounds, server: MailServer, noor: str
) -> None:
    with desk.records.begin() as tx:
        assert not factors.add_totp(tx, noor, SECRET, "000000")
        assert not factors.remove(tx, noor, "0" * 32)
    rounds.once()
    assert server.mails == []


def test_an_account_that_goes_and_comes_back_is_told_of_each(
    desk: Desk, rounds: Rounds, server: MailServer, noor: str
) -> None:
    changes(desk, noor, "role", "disabled")
    rounds.once()
    assert server.addresses == [ADDRESS], "told once, and though they cannot come in any more"
    changes(desk, noor, "enabled")
    rounds.once()
    assert server.addresses == [ADDRESS, ADDRESS]


def test_a_server_that_is_away_delays_it_and_holds_up_no_alert(
    desk: Desk, rounds_at: Callable[..., Rounds], rounds: Rounds, server: MailServer, noor: str
) -> None:
    changes(desk, noor, "password")
    rounds_at(closed_port()).once()
    desk.clock.move(minutes=1)
    rounds.once()
    assert server.addresses == [ADDRESS]


def test_an_older_account_is_told_once_its_address_is_known(
    desk: Desk, rounds: Rounds, server: MailServer, noor: str
) -> None:
    with desk.records.begin() as tx:
        tx.session.get_one(models.Staff, noor).sealed_email = None
    changes(desk, noor, "password")
    rounds.once()
    assert server.mails == []
    with desk.records.begin() as tx:
        accounts.keep_address(tx, noor, "somebody@else.example")
        accounts.keep_address(tx, noor, ADDRESS)
    changes(desk, noor, "role")
    rounds.once()
    assert server.addresses == [ADDRESS]


def test_the_address_is_sealed(desk: Desk, noor: str) -> None:
    with desk.records.read() as tx:
        sealed = tx.session.get_one(models.Staff, noor).sealed_email
    assert sealed is not None
    assert ADDRESS.encode() not in sealed
