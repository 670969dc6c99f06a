"""The demo's clinic, as those see it who try it out."""

import re
from collections.abc import Iterator

import pytest

from afterword.demo_seed import CLINICIANS, CONTACTS, secret_of, seed
from afterword.helpfiles import load_help
from afterword.records import alerts, contacts, mails, models
from afterword.records.store import Records
from afterword.safety.clock import Hours
from afterword.safety.recipients import Kind
from afterword.settings import Settings

from .factory import Client, Clock, Context, client_of, empty_records, instrument, password_hash

WORDS = "Some nights I think it would be easier not to be here."


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    opened = empty_records(tmp_path_factory.mktemp("demo"), Clock())
    seed(opened, instrument(), password_hash(), [])
    yield opened
    opened.close()


@pytest.fixture
def client(records: Records) -> Iterator[Client]:
    made = client_of(Context(Settings(demo=True), records))
    yield made
    made.close()


def sign_in(client: Client, address: str) -> None:
    assert client.sign_in(address, secret=secret_of(address)).status_code == 303


def digest_of(client: Client, patient: str) -> str:
    rows = re.findall(
        r'<a href="(/portal/appointments/\w+)"><bdi[^>]*>(.*?)</bdi>', client.get("/portal").text
    )
    return client.get(next(path for path, name in rows if name == patient)).text


def test_nothing_is_missing_for_alerts_to_reach_somebody(records: Records) -> None:
    with records.read() as tx:
        assert contacts.problems_of(tx) == []
        clinic = tx.session.query(models.Clinic).one()
        country = load_help().country(clinic.country)
        assert country is not None
        assert country.code == clinic.country
        assert any(Hours.of(clinic.duty_hours, clinic.timezone).week)


def test_nothing_waits_to_be_sent_or_to_be_done(records: Records) -> None:
    with records.begin() as tx:
        assert alerts.due(tx) == []
        assert mails.claim(tx, mails.BACKOFF[0]) is None


def test_one_patient_is_asked_in_spanish(records: Records) -> None:
    with records.read() as tx:
        asked = tx.session.query(models.Reflection).filter_by(language="es")
        states = sorted(row.state for row in asked)
        spoken = {row.language for row in tx.session.query(models.Patient)}
    assert spoken == {"en", "es"}
    # Three that were shared, and one that waits for you.
    assert states == ["invited", "shared", "shared", "shared"]


def test_the_duty_contact_finds_one_closed_alert(client: Client) -> None:
    sign_in(client, CONTACTS[Kind.DUTY][1])
    page = client.get("/portal/safety").text
    assert "Nothing waits here now." in page
    (path,) = re.findall(r'href="(/portal/safety/\w{32})"', page)
    alert = client.get(path).text
    assert WORDS in alert
    assert "Spoke with the patient" in alert
    assert "Mail sent: duty contact" in alert


def test_the_digests_say_how_both_alerts_ended(client: Client) -> None:
    sign_in(client, CLINICIANS[0][1])
    assert WORDS in digest_of(client, "Ben Madeup")
    assert 'id="safety"' not in digest_of(client, "Ada Invented")
    client.cookies.clear()
    sign_in(client, CLINICIANS[1][1])
    page = digest_of(client, "Cleo Pretend")
    assert "The patient chose to go on." in page
    assert "Nobody else was told." in page


def test_opening_every_digest_raises_nothing_new(records: Records, client: Client) -> None:
    """The invented answers are harmless, also to the rules."""
    for _, address in CLINICIANS:
        client.cookies.clear()
        sign_in(client, address)
        for path in re.findall(r'"(/portal/appointments/\w+)"', client.get("/portal").text):
            assert client.get(path).status_code == 200
    with records.read() as tx:
        assert tx.session.query(models.Alert).count() == 2


def test_the_safeguarding_contact_finds_an_empty_list(client: Client) -> None:
    sign_in(client, CONTACTS[Kind.SAFEGUARDING][1])
    page = client.get("/portal/safety").text
    assert "Nothing waits here now." in page
    assert "Ben" not in page
