"""A clinician hands one reflection over; the supervisor reads it until it ends or is taken back."""

import html
from collections.abc import Iterator
from datetime import timedelta

import pytest

from afterword.records.access_models import AuditRow

from .factory import NOW, WEEK, Client, World, field_of, rated, said

EMAIL = "sue@clinic.example"
WORDS = "the plan was too fast for me"
EARLIER = "words of weeks ago"


@pytest.fixture
def sue(world: World) -> str:
    return world.add_clinician(EMAIL, "Sue Visor", "supervisor")


@pytest.fixture
def page(world: World) -> str:
    world.reflect(world.book(NOW - 2 * WEEK), said("helped", EARLIER), rated("heard", 2))
    world.reflect(world.book(NOW - WEEK), said("helped", WORDS), rated("heard", 4))
    return f"/portal/appointments/{world.book(NOW + timedelta(hours=2))}"


@pytest.fixture
def supervisor(world: World, sue: str) -> Iterator[Client]:
    client = world.client()
    client.sign_in(EMAIL)
    yield client
    client.close()


def hand_over(ada: Client, page: str, to: str, days: str = "14") -> int:
    form = {"form_token": ada.form_token(), "to": to, "days": days}
    return ada.post(f"{page}/handover", form).status_code


def link_of(client: Client) -> str:
    """The one that stands on the supervisor's page, or nothing."""
    return client.get("/portal/supervision").text.partition('href="/portal/supervision/')[2][:32]


def test_what_is_handed_over_is_read_with_whose_it_is_and_until_when(
    signed_in: Client, page: str, sue: str, supervisor: Client
) -> None:
    signed_in.get(page)
    assert 'handover">Hand over to a supervisor</a>' in signed_in.get(page).text
    assert "Nothing is handed over to you now." in supervisor.get("/portal/supervision").text
    assert hand_over(signed_in, page, sue) == 303
    key = link_of(supervisor)
    shown = html.unescape(supervisor.get(f"/portal/supervision/{key}").text)
    assert WORDS in shown
    assert "Handed over by Ada Whitfield until Tue 1 Dec, 09:00. To be read only." in shown
    # Only that one, and nothing to press but the frame's own button.
    assert EARLIER not in shown
    assert shown.count("<form") == 1
    assert supervisor.get(page).status_code == 404


def test_it_ends_by_itself(
    world: World, signed_in: Client, page: str, sue: str, supervisor: Client
) -> None:
    hand_over(signed_in, page, sue, "1")
    key = link_of(supervisor)
    world.clock.now += timedelta(days=1)
    supervisor.sign_in(EMAIL)
    assert supervisor.get(f"/portal/supervision/{key}").status_code == 404
    assert link_of(supervisor) == ""


def test_it_can_be_taken_back(signed_in: Client, page: str, sue: str, supervisor: Client) -> None:
    hand_over(signed_in, page, sue)
    key = link_of(supervisor)
    shown = signed_in.get(f"{page}/handover").text
    form = {"form_token": signed_in.form_token(), "to": field_of(shown, "to")}
    assert signed_in.post(f"{page}/handover/end", form).status_code == 303
    assert supervisor.get(f"/portal/supervision/{key}").status_code == 404


@pytest.mark.parametrize("days", ["0", "29", "many", "-1", ""])
def test_it_lasts_a_day_at_least_and_four_weeks_at_most(
    signed_in: Client, page: str, sue: str, days: str
) -> None:
    assert hand_over(signed_in, page, sue, days) == 422


def test_only_to_a_supervisor_of_the_clinic(world: World, signed_in: Client, page: str) -> None:
    assert hand_over(signed_in, page, world.add_clinician("bo@clinic.example", "Bo")) == 422
    assert "There is no supervisor at this clinic." in signed_in.get(f"{page}/handover").text


def test_another_role_ends_it(
    world: World, signed_in: Client, page: str, sue: str, supervisor: Client
) -> None:
    hand_over(signed_in, page, sue)
    key = link_of(supervisor)
    from afterword.records import models

    with world.begin() as tx:
        tx.session.get_one(models.Staff, sue).role = "admin"
    assert supervisor.get(f"/portal/supervision/{key}").status_code == 404


def test_the_patients_own_list_has_it(
    world: World, signed_in: Client, page: str, sue: str, supervisor: Client
) -> None:
    hand_over(signed_in, page, sue)
    supervisor.get(f"/portal/supervision/{link_of(supervisor)}")
    about = [row for row in world.rows(AuditRow) if row.patient_id == world.robin]
    assert ("hand_over", world.ada) in [(row.action, row.actor_id) for row in about]
    assert ("read_handed_over", sue) in [(row.action, row.actor_id) for row in about]
