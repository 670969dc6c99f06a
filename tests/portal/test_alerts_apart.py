"""Who finds which alert: nobody but those whom it is for, and a concern by no way its clinician."""

from dataclasses import replace

import pytest

from afterword.records import models, people
from afterword.safety.finding import Category, Tier
from afterword.safety.recipients import Kind

from .desk import CONCERN, DANA, HOUR, SAM, WORDS, Desk, digest_of, text_of
from .factory import NOW, WEEK, Client, field_of, rated


def test_whoever_leaves_as_a_contact_sees_nothing_any_more(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    with desk.world.begin() as tx:
        for row in tx.session.query(models.Contact).filter_by(staff_id=desk.dana):
            row.removed_at = tx.now
    for path in ("", "/month", f"/{alert}"):
        assert dana.get(f"/portal/safety{path}").status_code == 404
    assert "lert" not in text_of(dana, "/portal")


def everything_of(client: Client, *alert_ids: str) -> list[tuple[int, str]]:
    """All that the pages for contacts answer, buttons too."""
    token = field_of(client.get("/portal/nothing").text, "form_token")
    form = {"form_token": token, "outcome": "reached"}
    answers = [client.get("/portal/safety"), client.get("/portal/safety/month")]
    for alert_id in alert_ids:
        path = f"/portal/safety/{alert_id}"
        answers.append(client.get(path))
        answers += [client.post(f"{path}/{button}", form) for button in ("acknowledge", "close")]
        answers.append(client.post(f"{path}/close", {"form_token": token}))
    return [(answer.status_code, answer.text) for answer in answers]


def test_for_others_than_contacts_none_of_it_exists(desk: Desk, client: Client) -> None:
    desk.world.add_clinician("ben@clinic.example", "Ben")
    client.sign_in("ben@clinic.example")
    before = text_of(client, "/portal")
    alert, concern = desk.raises(), desk.concern()
    desk.forwards()
    unknown = client.get("/portal/nothing")
    answers = everything_of(client, alert, concern, "a" * 32, "x")
    assert set(answers) == {(404, unknown.text)}
    assert text_of(client, "/portal") == before
    assert "lert" not in before + unknown.text


def test_each_route_is_unknown_to_the_other(desk: Desk, client: Client) -> None:
    danger, concern = desk.raises(), desk.concern()
    desk.forwards()
    for email, foreign, own in ((DANA, concern, danger), (SAM, danger, concern)):
        client.cookies.clear()
        client.sign_in(email)
        unknown = client.get("/portal/safety/" + "a" * 32).text
        answers = everything_of(client, foreign)[2:]
        assert set(answers) == {(404, unknown)}
        assert foreign not in text_of(client, "/portal/safety")
        assert own in text_of(client, "/portal/safety")
        assert "1 alert waits" in unknown


def test_another_clinics_contact_sees_nothing(desk: Desk, client: Client) -> None:
    world = desk.world
    with world.begin() as tx:
        elsewhere = people.add_clinic(
            tx,
            name="Elsewhere",
            timezone="Europe/London",
            phone="1",
            urgent_phone="2",
            urgent_text="3",
        )
    far = replace(world, clinic=elsewhere)
    far.add_contact(Kind.DUTY, "far@clinic.example", "Far Away")
    alert = desk.raises()
    client.sign_in("far@clinic.example")
    assert alert not in text_of(client, "/portal/safety")
    assert client.get(f"/portal/safety/{alert}").status_code == 404


def test_a_concern_is_for_safeguarding_and_says_so(desk: Desk, client: Client) -> None:
    concern = desk.concern()
    client.sign_in(SAM)
    assert client.get(f"/portal/safety/{concern}").status_code == 404
    desk.forwards()
    assert "about the clinician" in text_of(client, "/portal/safety")
    page = text_of(client, f"/portal/safety/{concern}")
    assert CONCERN in page
    assert "Please do not speak of it with them" in page
    assert "The patient agreed to pass it on" in page
    assert "Kept apart" in text_of(client, "/portal/safety/month")


def test_duty_learns_that_words_are_kept_for_others(desk: Desk, dana: Client) -> None:
    alert = desk.raises()
    desk.raises(text=CONCERN, evidence=("en-test-2",))
    desk.concern()
    page = text_of(dana, f"/portal/safety/{alert}")
    assert WORDS in page
    assert CONCERN not in page
    assert "Please do not speak of this alert with the clinician of the session." in page


# --- The clinician whom a concern is about


def seen_by_ada(desk: Desk, client: Client, alert_ids: list[str]) -> list[tuple[int, str]]:
    """Every page that Ada can ask for, as she gets it."""
    if not client.cookies:
        client.sign_in()
    answers = [client.get(path) for path in ("/portal", "/portal/nothing")]
    for row in desk.world.rows(models.Appointment):
        answers.append(client.get(f"/portal/appointments/{row.id}"))
    shown = [(answer.status_code, answer.text) for answer in answers]
    return shown + everything_of(client, *alert_ids, "a" * 32)


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("also", [None, *Kind])
def test_whom_a_concern_is_about_finds_nothing(
    desk: Desk, client: Client, also: Kind | None, always: bool
) -> None:
    world = desk.world
    if also is not None:
        world.add_contact(also, "ada@clinic.example", "Ada Whitfield", world.ada)
    if always:
        with world.begin() as tx:
            tx.session.get_one(models.Clinic, world.clinic).forward_concerns = people.ALWAYS
    kim = world.add_patient("Kim Doe", world.ada)
    other = world.reflect(world.book(NOW - WEEK, kim), rated("heard", 4))
    world.book(NOW + 2 * HOUR, kim)
    desk.raises(reflection_id=other)  # something that she may know of
    hidden: list[str] = []

    def shown() -> tuple[list[tuple[int, str]], set[tuple[int, str]]]:
        """All that she gets, and apart from it what she gets for the ids of what is hidden."""
        pages = seen_by_ada(desk, client, hidden)
        known = len(pages) - 4 * (len(hidden) + 1)
        return pages[:known] + pages[-4:], set(pages[known:-4])

    before, _ = shown()
    for happens in (
        lambda: hidden.append(desk.concern()),
        lambda: always or desk.forwards(),
        lambda: hidden.append(desk.raises(Tier.NOW, "CANARY of more danger")),
        lambda: desk.closes(desk.sam, hidden[0]),
        lambda: hidden.append(desk.raises(Tier.CHECK, "CANARY both", categories=tuple(Category))),
        lambda: hidden.append(desk.concern("CANARY again", Tier.NOW)),
    ):
        happens()
        now, answers = shown()
        assert now == before
        # The same as for one that does not exist.
        assert len(answers) == (1 if hidden else 0)
        assert answers <= set(before)
        assert {status for status, _ in answers} <= {404}
    assert "CANARY" not in str([text for _, text in before]).replace(WORDS, "")


def test_danger_that_she_knew_of_is_gone_with_the_concern(desk: Desk, client: Client) -> None:
    world = desk.world
    world.add_contact(Kind.DUTY, "ada@clinic.example", "Ada Whitfield", world.ada)
    nothing = seen_by_ada(desk, client, [])
    alert = desk.raises()
    assert alert in text_of(client, "/portal/safety")
    assert WORDS in digest_of(desk, client)
    desk.concern()
    assert seen_by_ada(desk, client, []) == nothing
    assert client.get(f"/portal/safety/{alert}").status_code == 404
