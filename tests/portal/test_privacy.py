"""Opening a record in an emergency: one patient, an hour, a reason, and the privacy contact."""

import html
from collections.abc import Iterator
from datetime import timedelta

import pytest

from afterword.access.routes import PRIVACY_KIND
from afterword.records import mails, models
from afterword.records.access_models import AuditRow, BrokenGlass
from afterword.safety.recipients import Kind

from .factory import NOW, WEEK, Client, World, said

BO, PIA = "bo@clinic.example", "pia@clinic.example"
WORDS, REASON = "the plan was too fast for me", "Found at the station, unconscious."


@pytest.fixture
def bo(world: World) -> Iterator[Client]:
    """A clinician without patients; Pia looks after privacy."""
    world.add_clinician(BO, "Bo Night")
    world.add_contact(Kind.PRIVACY, PIA, "Pia Vacy")
    world.reflect(world.book(NOW - WEEK), said("helped", WORDS))
    client = world.client()
    client.sign_in(BO)
    yield client
    client.close()


@pytest.fixture
def pia(world: World, bo: Client) -> Iterator[Client]:
    client = world.client()
    client.sign_in(PIA)
    yield client
    client.close()


def opens(client: Client, name: str = "robin  OKAFOR", reason: str = REASON) -> tuple[int, str]:
    form = {"form_token": client.form_token(), "name": name, "reason": reason}
    response = client.post("/portal/emergency", form)
    return response.status_code, response.headers.get("location", response.text)


def test_it_opens_for_an_hour(world: World, bo: Client) -> None:
    status, page = opens(bo)
    assert (status, page) == (303, f"/portal/emergency/{world.robin}")
    shown = html.unescape(bo.get(page).text)
    assert WORDS in shown
    assert "Emergency access until" in shown
    world.clock.now += timedelta(minutes=61)
    bo.sign_in(BO)
    assert bo.get(page).status_code == 404


def test_nothing_is_open_before(world: World, bo: Client) -> None:
    assert bo.get(f"/portal/emergency/{world.robin}").status_code == 404
    assert "Robin" not in bo.get("/portal/emergency").text


@pytest.mark.parametrize("name", ["Robin", "Robin Okafo", "", "%"])
def test_the_name_has_to_be_exact_and_a_try_is_noted(world: World, bo: Client, name: str) -> None:
    status, shown = opens(bo, name)
    assert status == 422
    assert REASON in html.unescape(shown), "what was typed in a hurry is still there"
    assert "There is no patient of exactly this name." in shown
    assert world.rows(BrokenGlass) == []
    assert [row.outcome for row in world.rows(AuditRow) if row.action == "break_glass"] == [
        "denied"
    ]


def test_two_of_a_name_open_nothing(world: World, bo: Client) -> None:
    world.add_patient("Robin Okafor", world.ada)
    assert opens(bo)[0] == 422
    assert world.rows(BrokenGlass) == []


def test_it_needs_a_reason(world: World, bo: Client) -> None:
    assert opens(bo, reason="because")[0] == 422
    assert opens(bo, reason="x" * 1001)[0] == 422
    assert world.rows(BrokenGlass) == []


def test_the_reason_is_sealed(world: World, bo: Client) -> None:
    opens(bo)
    (row,) = world.rows(BrokenGlass)
    assert REASON.encode() not in row.sealed_reason


def test_whoever_treats_the_patient_has_another_way(bo: Client, signed_in: Client) -> None:
    status, shown = opens(signed_in)
    assert status == 422
    assert "on your caseload" in shown


def test_it_needs_a_fresh_second_factor(world: World, bo: Client) -> None:
    token = bo.form_token()
    world.clock.now += timedelta(minutes=6)
    form = {"form_token": token, "name": "Robin Okafor", "reason": REASON}
    assert bo.post("/portal/emergency", form).headers["location"].startswith("/portal/confirm")
    assert world.rows(BrokenGlass) == []


def test_the_privacy_contact_gets_a_notice_that_says_nothing(world: World, bo: Client) -> None:
    opens(bo)
    with world.begin() as tx:
        mail = mails.claim(tx, timedelta(minutes=1))
        assert mail is not None
        assert (mail.template, mail.address, mail.urgent) == ("privacy", PIA, False)
        mails.failed(tx, mail.id)
        mails.sent(tx, mail.id)
        assert mails.claim(tx, timedelta(minutes=1)) is None
    assert [row.state for row in world.rows(models.Mail)] == ["sent"]


def test_a_contact_who_is_gone_gets_none(world: World, bo: Client) -> None:
    opens(bo)
    with world.begin() as tx:
        tx.session.query(models.Contact).update({"removed_at": tx.now})
        assert mails.claim(tx, timedelta(minutes=1)) is None
    assert [row.state for row in world.rows(models.Mail)] == ["dropped"]


def test_the_privacy_contact_sees_who_why_and_all_reads(
    world: World, bo: Client, pia: Client
) -> None:
    _, page = opens(bo)
    bo.get(page)
    shown = html.unescape(pia.get("/portal/privacy").text)
    assert "\u2068Bo Night\u2069 opened the record of \u2068Robin Okafor\u2069" in shown
    assert REASON in shown
    assert "opened a record in an emergency" in shown and "read a digest" in shown
    assert "Older" not in shown
    assert WORDS not in shown
    only = pia.get(f"/portal/privacy?patient={world.robin}").text
    assert "read a digest" in only and "signed in" not in only
    assert pia.get("/portal/privacy?staff=" + "0" * 32).status_code == 404


def test_rows_about_a_concern_are_not_for_them(world: World, bo: Client, pia: Client) -> None:
    with world.records.read(purpose="x") as tx:
        tx.note("read_alert", "allowed", "concern", "1" * 32, world.robin)
        tx.note("read_alert", "allowed", "alert", "2" * 32, world.robin)
    shown = pia.get("/portal/privacy").text
    assert shown.count("read an alert") == 1


def test_a_privacy_contact_is_told_of_no_alert(pia: Client) -> None:
    assert pia.get("/portal/safety").status_code == 404
    assert Kind.PRIVACY == PRIVACY_KIND
