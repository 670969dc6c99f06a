"""A link opens one conversation, one that does not work says nothing; headers of every reply."""

from datetime import timedelta
from typing import Any

import pytest
from stand_in import NOW, Clinic
from starlette.testclient import TestClient
from talking import CONVERSATION, post, talk

from afterword.records import models


def broken_tokens(clinic: Clinic) -> dict[str, str]:
    expired = clinic.link(valid_for=timedelta(seconds=-1))
    revoked = clinic.link()
    reflection_id = clinic.reflection_id(revoked)
    with clinic.records.begin() as tx:
        for row in tx.session.query(models.Invitation).filter_by(reflection_id=reflection_id):
            row.revoked_at = NOW
    return {"unknown": "x" * 32, "guessed": revoked[:-1] + "?", "expired": expired}


def test_links_that_do_not_work_look_alike_whatever_the_reason(
    client: TestClient, clinic: Clinic
) -> None:
    tokens = broken_tokens(clinic)
    pages = {name: client.get(f"/f/{token}") for name, token in tokens.items()}
    reads = {name: talk(client, token) for name, token in tokens.items()}
    writes = {name: post(client, token, text="hello") for name, token in tokens.items()}
    for replies in (pages, reads, writes):
        assert {reply.status_code for reply in replies.values()} == {404}
        assert len({reply.text for reply in replies.values()}) == 1
        shapes = {tuple(sorted(reply.headers.items())) for reply in replies.values()}
        assert len(shapes) == 1
    assert reads["unknown"].json() == {"error": "link", "message": "This link does not work."}
    assert client.get(CONVERSATION).json() == reads["unknown"].json()


@pytest.mark.parametrize("end", ["", "/form", "/form/review", "/embed"])
def test_no_page_of_an_unknown_link_says_more(client: TestClient, end: str) -> None:
    reply = client.get(f"/f/{'x' * 32}{end}")
    assert reply.status_code == 404
    assert "This link does not work." in reply.text
    assert "Elm Street" not in reply.text


def test_looking_at_a_link_changes_nothing(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    before = clinic.reflection(token)
    for end in ("", "/embed", "/form", "/form/review"):
        for _ in range(3):
            assert client.get(f"/f/{token}{end}").status_code == 200
            assert client.head(f"/f/{token}{end}").status_code == 200
    talk(client, token)
    assert clinic.reflection(token) == before


def test_one_patient_never_gets_another_ones_lines(client: TestClient, clinic: Clinic) -> None:
    mine, other = clinic.link(), clinic.link()
    post(client, other, text="somebody else's words")
    assert talk(client, mine).json()["messages"] == []


def test_guessing_is_slowed_down_and_known_links_are_not(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    codes = [client.get(f"/f/guess{at}").status_code for at in range(31)]
    assert codes == [404] * 30 + [429]
    slow = client.get("/f/guess")
    assert int(slow.headers["retry-after"]) in range(1, 61)
    assert "Please wait" in slow.text
    assert talk(client, "guess").status_code == 429
    assert client.get(f"/f/{token}").status_code == 200


def test_a_link_that_sends_too_much_is_told_when_to_go_on(
    client: TestClient, clinic: Clinic
) -> None:
    token, other = clinic.link(), clinic.link()
    codes = [post(client, token, text="again").status_code for _ in range(61)]
    assert codes == [202] * 60 + [429]
    reply = post(client, token, text="again")
    assert reply.json()["error"] == "busy"
    assert 1 <= int(reply.headers["retry-after"]) <= 60
    assert post(client, other, text="hello").status_code == 202


@pytest.mark.parametrize("path", ["", "/form", "/form/review", "/embed"])
def test_every_page_has_the_security_headers(client: TestClient, clinic: Clinic, path: str) -> None:
    check_headers(client.get(f"/f/{clinic.link()}{path}"), embedded=path == "/embed")


@pytest.mark.parametrize("path", ["/f/x", "/api/conversation", "/embed.js", "/static/patient.js"])
def test_every_other_reply_has_them_too(client: TestClient, path: str) -> None:
    check_headers(client.get(path))


def check_headers(reply: Any, *, embedded: bool = False) -> None:
    headers = reply.headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]
    assert "set-cookie" not in headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    allowed = policy.pop("frame-ancestors")
    assert allowed == ("https://elm.example" if embedded else "'none'")
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "report-uri": "/csp-report",
    }


def test_the_demo_clinic_is_not_served_outside_the_demo(client: TestClient) -> None:
    assert client.get("/demo/clinic").status_code == 404
