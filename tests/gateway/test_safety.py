"""Words that may mean danger: answered in the same turn, told to staff once, never an answer."""

import json
import uuid

import pytest
from danger import (
    CONCERN,
    OBLIQUE,
    PLAIN,
    PLAIN_ES,
    Gone,
    alerts,
    choices,
    duty,
    lines_of,
    links,
    overdue,
    safety_of,
)
from stand_in import Clinic, StandIn
from starlette.testclient import TestClient
from talking import answered, auth, post, talk

from afterword.access.actors import Actor
from afterword.gateway import late
from afterword.records import alert_desk, models
from afterword.records.store import RecordsAway
from afterword.safety.finding import Route, Tier


def test_a_plain_statement_is_answered_before_the_assistant_hears_of_it(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    token = clinic.link()
    assert post(client, token, text=PLAIN).status_code == 202
    seen = talk(client, token).json()
    said = lines_of(seen)
    assert "tel:999" in links(said)
    assert "tel:116123" in links(said)
    assert choices(said) == ["safety.go_on", "safety.stop"]
    assert seen["waiting"] == 0
    (alert,) = alerts(clinic, token)
    assert (alert.route, alert.tier, alert.state) == (Route.DUTY, Tier.SAME_DAY.word, "open")


def test_the_same_message_again_raises_nothing_and_says_nothing_more(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    token, key = clinic.link(), str(uuid.uuid4())
    for _ in range(3):
        assert post(client, token, id=key, text=PLAIN).status_code == 202
    assert len(alerts(clinic, token)) == 1
    assert len([line for line in safety_of(client, token) if line["contacts"]]) == 1
    with clinic.records.read() as tx:
        assert tx.session.query(models.Mail).count() == 1


def test_a_second_message_adds_to_the_alert_and_is_answered_in_other_words(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    token = clinic.link()
    post(client, token, text=PLAIN)
    first = safety_of(client, token)
    post(client, token, text="I mean it, I want to die")
    more = safety_of(client, token)[len(first) :]
    assert more
    assert more[0]["text"] != first[0]["text"]
    assert len(more[0]["text"]) < len(first[0]["text"])
    assert len(alerts(clinic, token)) == 1


def test_the_words_never_become_an_answer_and_the_question_comes_back(
    client: TestClient, clinic: Clinic, assistant: StandIn
) -> None:
    token = clinic.link()
    post(client, token, choice="menu.start")
    answered(client, token)
    post(client, token, text=PLAIN)
    answered(client, token)
    assert clinic.answers(token) == {}
    post(client, token, choice="safety.go_on")
    last = answered(client, token)["messages"][-1]
    assert last["question"] == "heard"
    post(client, token, choice="heard.4")
    answered(client, token)
    assert clinic.answers(token)["heard"].value == "4"


def test_what_is_said_to_be_told_has_been_told(client: TestClient, clinic: Clinic) -> None:
    nobody, somebody = clinic.link(), clinic.link()
    post(client, nobody, text=PLAIN)
    assert "could not tell anyone" in safety_of(client, nobody)[0]["text"]
    duty(clinic)
    post(client, somebody, text=PLAIN)
    text = safety_of(client, somebody)[0]["text"]
    assert "could not tell anyone" not in text
    assert "Nobody is on duty there right now" in text


def test_unclear_words_get_one_question_with_three_choices(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    token = clinic.link()
    post(client, token, text=OBLIQUE)
    said = safety_of(client, token)
    assert choices(said) == ["safety.go_on", "safety.support", "safety.help_now"]
    (alert,) = alerts(clinic, token)
    assert alert.state == "waiting"
    post(client, token, text=OBLIQUE)
    assert len(safety_of(client, token)) == len(said), "once, unless there is something new"


@pytest.mark.parametrize(
    ("choice", "state", "mails"),
    [("go_on", "closed", 0), ("support", "waiting", 0), ("help_now", "open", 1)],
)
def test_each_answer_to_it_leads_somewhere(
    client: TestClient, clinic: Clinic, choice: str, state: str, mails: int
) -> None:
    duty(clinic)
    token = clinic.link()
    post(client, token, text=OBLIQUE)
    before = len(safety_of(client, token))
    post(client, token, choice=f"safety.{choice}")
    said = safety_of(client, token)[before:]
    (alert,) = alerts(clinic, token)
    assert alert.state == state
    assert bool(said) == (choice != "go_on")
    assert "tel:999" in links(said) or choice == "go_on"
    with clinic.records.read() as tx:
        assert tx.session.query(models.Mail).count() == mails


def test_going_on_may_be_typed(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    post(client, token, text=OBLIQUE)
    post(client, token, text="yes, go on")
    (alert,) = alerts(clinic, token)
    assert (alert.state, alert.patient_choice) == ("closed", "go_on")


def test_who_writes_in_spanish_is_answered_in_spanish(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    post(client, token, text=PLAIN_ES)
    text = " ".join(line["text"] for line in safety_of(client, token))
    assert "Soy un programa" in text
    assert "tel:999" in links(safety_of(client, token)), "the place is the clinic's"


def test_the_place_that_is_named_decides_on_the_numbers(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    post(client, token, text="I live in Madrid now.")
    post(client, token, text=PLAIN)
    assert "tel:112" in links(safety_of(client, token))
    assert "tel:024" in links(safety_of(client, token))


def test_a_concern_is_asked_about_and_stays_away_from_the_clinician(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    duty(clinic, "safeguarding", "sam@elm.example")
    token = clinic.link()
    post(client, token, text=CONCERN)
    said = safety_of(client, token)
    assert choices(said) == ["safety.forward_yes", "safety.forward_no"]
    assert clinic.clinician in said[0]["text"]
    (alert,) = alerts(clinic, token)
    assert (alert.route, alert.state) == (Route.SAFEGUARDING, "sealed")
    with clinic.records.read() as tx:
        assert tx.session.query(models.Mail).count() == 0
    post(client, token, choice="safety.forward_yes")
    (alert,) = alerts(clinic, token)
    assert alert.state == "open"
    with clinic.records.read(by=Actor.staff(clinic.staff_id)) as tx:
        assert tx.session.query(models.Mail).count() == 1
        assert alert_desk.for_staff(tx, clinic.staff_id) == []
        reflection = clinic.reflection_id(token)
        assert alert_desk.of_reflection_for(tx, clinic.staff_id, reflection) == []


@pytest.mark.parametrize(
    ("text", "state"), [("Yes.", "open"), ("sí", "open"), ("no", "sealed"), ("maybe", "sealed")]
)
def test_a_typed_yes_passes_a_concern_on(
    client: TestClient, clinic: Clinic, text: str, state: str
) -> None:
    duty(clinic)
    duty(clinic, "safeguarding", "sam@elm.example")
    token = clinic.link()
    post(client, token, text=CONCERN)
    post(client, token, text=text)
    (alert,) = alerts(clinic, token)
    assert alert.state == state


def test_a_yes_to_something_else_passes_nothing_on(client: TestClient, clinic: Clinic) -> None:
    duty(clinic, "safeguarding", "sam@elm.example")
    token = clinic.link()
    post(client, token, text=CONCERN)
    post(client, token, text=PLAIN)
    post(client, token, text="yes")
    assert {one.state for one in alerts(clinic, token) if one.route == Route.SAFEGUARDING} == {
        "sealed"
    }


def test_without_anybody_to_pass_it_to_nothing_is_promised(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    post(client, token, text=CONCERN)
    said = safety_of(client, token)
    assert "I pass it to nobody there" in said[1]["text"]
    assert choices(said) == ["safety.go_on", "safety.stop"]


def test_a_sentence_sent_in_pieces_is_seen_whole(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    for piece in ("i want", "to kill", "myself"):
        post(client, token, text=piece)
    assert "tel:999" in links(safety_of(client, token))
    (alert,) = alerts(clinic, token)
    assert alert.tier == Tier.SAME_DAY.word


def test_words_that_come_after_the_end_are_answered_too(
    client: TestClient, clinic: Clinic, assistant: StandIn
) -> None:
    token = clinic.link()
    for choice in ("menu.start", "menu.stop_delete", "delete.yes"):
        post(client, token, choice=choice)
        answered(client, token)
    reply = post(client, token, text=PLAIN)
    assert reply.status_code == 422
    assert "tel:999" in links(reply.json()["safety"])
    assert len(alerts(clinic, token)) == 1


def test_words_that_are_too_long_to_keep_are_answered_too(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    reply = post(client, token, text=f"{PLAIN}. " + "a" * 10_000)
    assert (reply.status_code, reply.json()["error"]) == (422, "long")
    assert "tel:999" in links(reply.json()["safety"])
    assert len(alerts(clinic, token)) == 1


@pytest.mark.parametrize("path", ["", "/form", "/form/review"])
def test_help_is_on_every_page_without_a_script(
    client: TestClient, clinic: Clinic, path: str
) -> None:
    page = client.get(f"/f/{clinic.link()}{path}").text
    assert 'href="#help"' in page
    assert "tel:999" in page
    assert "tel:116123" in page
    assert 'href="/help?lang=en"' in page


def test_help_needs_no_link_and_knows_every_country(client: TestClient) -> None:
    page = client.get("/help").text
    for number in ("tel:988", "tel:999", "tel:112", "tel:911"):
        assert number in page
    broken = client.get("/f/nonsense").text
    assert 'href="/help?lang=en"' in broken


def test_while_the_database_is_away_it_is_answered_and_told_later(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    token, key = clinic.link(), str(uuid.uuid4())
    with Gone(clinic):
        reply = post(client, token, id=key, text=PLAIN)
        assert reply.status_code == 503
        assert "tel:" in links(reply.json()["safety"])[0]
        with pytest.raises(RecordsAway):
            post(client, token, text="It was fine.")
        stored = b"".join(path.read_bytes() for path in clinic.context.spool.folder.iterdir())
        assert PLAIN.encode() not in stored
        assert token.encode() not in stored
    assert late.play_in_once(clinic.context) == 1
    assert late.play_in_once(clinic.context) == 0
    (alert,) = alerts(clinic, token)
    assert alert.tier == Tier.SAME_DAY.word
    assert post(client, token, id=key, text=PLAIN).status_code == 202
    assert len(alerts(clinic, token)) == 1


def test_a_made_up_link_in_the_spool_is_nobodys_alert(client: TestClient, clinic: Clinic) -> None:
    with Gone(clinic):
        post(client, "made-up", text=PLAIN)
    late.play_in_once(clinic.context)
    with clinic.records.read() as tx:
        assert tx.session.query(models.Alert).count() == 0


def test_nothing_of_it_is_in_a_log(
    client: TestClient, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    token = clinic.link()
    post(client, token, text=PLAIN)
    with Gone(clinic):
        post(client, token, text=PLAIN)
    assert "kill" not in caplog.text
    assert token not in caplog.text


def test_what_rasa_hears_of_it(client: TestClient, clinic: Clinic) -> None:
    from datetime import timedelta

    from afterword.records import inbox

    token = clinic.link()
    marks = []
    for text in ("She listened.", PLAIN, CONCERN):
        post(client, token, text=text)
        with clinic.records.begin() as tx:
            claim = inbox.claim(tx, timedelta(seconds=1))
            assert claim is not None
            marks.append(claim.body["safety"])
            inbox.finish(tx, claim.inbox_id, [])
    assert [(mark["tier"], mark["route"], mark["held"]) for mark in marks] == [
        ("none", None, False),
        ("same_day", "duty", True),
        ("same_day", "safeguarding", True),
    ]
    assert json.dumps(marks)


def test_only_those_with_a_link_are_heard(client: TestClient, clinic: Clinic) -> None:
    assert client.get("/api/conversation", headers=auth("nonsense")).status_code == 404
    assert post(client, "nonsense", text=PLAIN).status_code == 404


def test_what_is_no_text_is_said_to_be_unseen_and_logged_as_unscreened(
    client: TestClient, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    token = clinic.link()
    assert post(client, token, unreadable="voice").status_code == 202
    (line,) = safety_of(client, token)
    assert "could not look at" in line["text"]
    assert "tel:999" in links([line])
    assert "not screened" in caplog.text
    assert talk(client, token).json()["waiting"] == 0
    assert post(client, token, unreadable="poem").status_code == 422


def test_who_can_read_the_words_is_said(client: TestClient, clinic: Clinic) -> None:
    duty(clinic)
    token, apart = clinic.link(), clinic.link()
    post(client, token, text=PLAIN)
    assert f"so can {clinic.clinician}" in safety_of(client, token)[0]["text"]
    post(client, apart, text=f"{CONCERN}. {PLAIN}")
    said = " ".join(line["text"] for line in safety_of(client, apart))
    assert f"so can {clinic.clinician}" not in said


def test_the_first_page_says_whether_anything_is_looked_for(
    client: TestClient, clinic: Clinic
) -> None:
    page = client.get(f"/f/{clinic.link()}").text
    assert "I show help and may tell the clinic" in page


def test_the_next_look_of_the_page_proves_that_the_help_arrived(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    post(client, token, text=PLAIN)
    cursor = talk(client, token).json()["cursor"]
    assert overdue(clinic) == [clinic.reflection_id(token)]
    talk(client, token, after=cursor)
    assert overdue(clinic) == []
