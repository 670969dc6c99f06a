"""A link opens one reflection and nothing else."""

import secrets
from datetime import timedelta

import httpx
import pytest
from case import Case
from stack import Stack

from afterword.records import invitations, models

MESSAGE = {"id": "5a1f6b7e-3f0f-4b62-8f0e-2f7a5f6d3c11", "text": "hello"}


def expire(case: Case) -> None:
    with case.stack.records.begin() as tx:
        row = tx.session.query(models.Invitation).filter_by(reflection_id=case.reflection_id).one()
        row.expires_at = tx.now - timedelta(seconds=1)


def replace(case: Case) -> None:
    """A new link ends the old one."""
    with case.stack.records.begin() as tx:
        reflection = tx.session.get(models.Reflection, case.reflection_id)
        assert reflection is not None
        invitations.invite(
            tx,
            reflection.appointment_id,
            instrument="core",
            instrument_version=1,
            expires_at=tx.now + timedelta(days=1),
        )


@pytest.fixture(scope="module")
def dead_tokens(stack: Stack) -> dict[str, str]:
    expired, revoked = stack.case(), stack.case()
    expire(expired)
    replace(revoked)
    return {
        "expired": expired.token,
        "revoked": revoked.token,
        "guessed": secrets.token_urlsafe(24),
        "short": "x",
    }


@pytest.mark.parametrize("path", ["/f/{}", "/f/{}/form", "/f/{}/embed"])
def test_every_dead_link_shows_the_same_page(
    stack: Stack, dead_tokens: dict[str, str], path: str
) -> None:
    replies = [httpx.get(stack.url + path.format(token)) for token in dead_tokens.values()]
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.text for reply in replies}) == 1
    assert len({tuple(name for name in reply.headers) for reply in replies}) == 1


def test_every_dead_token_gets_the_same_answer(stack: Stack, dead_tokens: dict[str, str]) -> None:
    answers = set()
    for token in dead_tokens.values():
        headers = {"Authorization": f"Bearer {token}"}
        got = httpx.get(f"{stack.url}/api/conversation", headers=headers)
        sent = httpx.post(f"{stack.url}/api/messages", headers=headers, json=MESSAGE)
        answers.add((got.status_code, got.text, sent.status_code, sent.text))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


def test_opening_a_link_never_uses_it_up(stack: Stack) -> None:
    case = stack.case()
    for _ in range(5):
        assert httpx.get(f"{stack.url}/f/{case.token}").status_code == 200
    assert case.state() == "invited"
    case.patient().start()
    assert case.state() == "open"


def test_a_link_shows_nothing_of_another_patient(stack: Stack) -> None:
    mine, other = stack.case(), stack.case()
    writer = other.patient()
    writer.start()
    writer.tap("heard.1")
    reader = mine.patient()
    reader.start()
    assert reader.client.get("/api/conversation").json()["reflection"] == "open"
    assert [line["question"] for line in reader.lines if line["kind"] == "question"] == ["heard"]
    assert mine.answers() == {}


def test_another_clinician_gets_nothing(stack: Stack) -> None:
    case, other = stack.case(), stack.case()
    with other.clinician() as client:
        foreign = client.get(f"/portal/appointments/{case.appointment_id}")
        unknown = client.get(f"/portal/appointments/{'0' * 32}")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text


def test_rasa_and_the_actions_do_not_answer_strangers(stack: Stack) -> None:
    rasa, actions = (f"http://127.0.0.1:{port}" for port in (stack.ports.rasa, stack.ports.actions))
    body = {"conversation": "0" * 32, "message": MESSAGE["id"], "text": "hello"}
    assert httpx.post(f"{rasa}/webhooks/afterword/turn", json=body).status_code == 401
    for path in ("/webhooks/rest/webhook", "/conversations/x/tracker", "/model", "/status"):
        assert httpx.get(rasa + path).status_code == 404
    call = {"next_action": "action_open", "tracker": {"sender_id": "x"}}
    assert httpx.post(f"{actions}/webhook", json=call).status_code == 401
