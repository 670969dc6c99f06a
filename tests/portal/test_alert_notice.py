"""What the clinician's digest says of alerts."""

import re

import pytest

from afterword.access.actors import Actor
from afterword.records import alert_desk, alerts
from afterword.reflection.answers import Sharing
from afterword.safety.finding import Route, Tier

from .desk import HOUR, WORDS, Desk, digest_of, text_of
from .factory import NOW, WEEK, Client, World, said

# --- The safety notice


@pytest.mark.parametrize(
    ("tier", "choice", "line"),
    [
        (Tier.CHECK, None, "Nobody else was told yet."),
        (Tier.CHECK, alerts.Choice.SUPPORT, "The patient asked for help lines."),
        (Tier.CHECK, alerts.Choice.GO_ON, "The patient chose to go on."),
        (Tier.SAME_DAY, None, "None of them has said yet that they have seen it."),
        (Tier.NOW, alerts.Choice.HELP_NOW, "The patient asked for help now."),
    ],
)
def test_the_digest_says_how_an_alert_stands(
    desk: Desk, client: Client, tier: Tier, choice: alerts.Choice | None, line: str
) -> None:
    desk.raises(tier)
    if choice is not None:
        desk.chooses(choice)
    client.sign_in()
    page = digest_of(desk, client)
    assert line in page
    assert WORDS in page
    assert "It does not judge danger, and it misses things." in page
    assert "today, 09:00" in page.partition('id="safety"')[2]
    assert "CANARY" not in text_of(client, "/portal")


def test_the_digest_says_what_became_of_an_alert(desk: Desk, client: Client) -> None:
    alert = desk.raises()
    client.sign_in()
    with desk.world.begin(by=Actor.staff(desk.dana)) as tx:
        alert_desk.acknowledge(tx, desk.dana, alert)
    assert "A contact of the clinic has seen it" in digest_of(desk, client)
    desk.closes(desk.dana, alert)
    page = digest_of(desk, client)
    assert "Closed by a contact of the clinic. Spoke with the patient." in page
    assert "Dana" not in page


def test_a_check_that_ended_well_was_for_nobody_else(desk: Desk, client: Client) -> None:
    desk.raises(Tier.CHECK)
    desk.chooses(alerts.Choice.GO_ON)
    client.sign_in()
    page = digest_of(desk, client)
    assert "The patient was asked how to go on. Nobody else was told." in page
    assert "Closed by" not in page


def test_a_note_is_shown_and_no_alarm(desk: Desk, client: Client) -> None:
    with desk.world.begin() as tx:
        alerts.note(
            tx, alerts.Incident(desk.reflection, Route.DUTY, Tier.NOTE, "CANARY of the past")
        )
    client.sign_in()
    page = digest_of(desk, client)
    assert "CANARY of the past" in page
    assert "The patient was not interrupted, and nobody else was told." in page


def test_without_sharing_only_what_staff_had_to_know_is_shown(world: World, client: Client) -> None:
    desk = Desk(world)
    kept = world.add_patient("Kim Doe", world.ada)
    reflection = world.reflect(
        world.book(NOW - WEEK, kept), said("helped", "x"), sharing=Sharing.PRIVATE
    )
    coming = world.book(NOW + 2 * HOUR, kept)
    desk.raises(Tier.CHECK, reflection_id=reflection)
    client.sign_in()
    page = text_of(client, f"/portal/appointments/{coming}")
    assert "Nothing was shared" in page
    assert "Not clear" in page
    assert "CANARY" not in page
    desk.raises(Tier.NOW, "CANARY now", reflection_id=reflection)
    assert "CANARY now" in text_of(client, f"/portal/appointments/{coming}")


def test_a_digest_without_alerts_promises_nothing(desk: Desk, client: Client) -> None:
    client.sign_in()
    page = digest_of(desk, client)
    assert "safety-notice" not in page
    assert not re.search(r"no risk|not at risk|safe to|no danger|no concern|all clear", page, re.I)
