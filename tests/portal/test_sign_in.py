import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from afterword import hashing
from afterword.access.actors import Actor
from afterword.portal import passwords
from afterword.portal.attempts import Attempts
from afterword.records import accounts, models, staff
from afterword.records.staff_models import StaffSession

from .factory import BASE, EMAIL, NOW, PASSWORD, Client, World, code_at, make_world

FORM = {"email": EMAIL, "password": PASSWORD, "next": ""}


def test_the_right_password_leads_to_today(world: World, client: Client) -> None:
    response = client.sign_in()
    assert (response.status_code, response.headers["location"]) == (303, "/portal")
    cookie = response.headers["set-cookie"]
    assert re.match(r"afterword=\S{32};", cookie)
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert client.get("/portal").status_code == 200


def test_on_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    world = make_world(tmp_path, public_url="https://afterword.example")
    client = world.client()
    cookie = client.sign_in().headers["set-cookie"]
    assert cookie.startswith("__Host-afterword=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    client.close()


WRONG = {
    "wrong password": {"password": "wrong"},
    "unknown address": {"email": "nobody@clinic.example"},
    "disabled account": {"email": "gone@clinic.example"},
    "invited, no password yet": {"email": "new@clinic.example"},
    "wrong code": {"code": "000000"},
    "recovery code of somebody else": {"code": "", "recovery": "AAAA-AAAA"},
}


def without_secrets(response: httpx.Response) -> tuple[int, str, set[str]]:
    """All of a reply that may not differ: status, page, names of headers, shape of the cookie."""
    cookie = re.sub(r"=\S{32};", "=token;", response.headers.get("set-cookie", ""))
    shown = re.sub(r"\S+@clinic.example", "someone", response.text)
    return response.status_code, shown + cookie, set(response.headers)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_every_refusal_looks_the_same_and_costs_the_same(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    _three_accounts(world)
    passwords.prepare()
    checks, queries = [], []
    verify = hashing._HASHER.verify

    class Counting:
        def verify(self, stored: str, given: str) -> bool:
            checks.append(stored.split("$")[:4])
            return verify(stored, given)

    monkeypatch.setattr(hashing, "_HASHER", Counting())
    event.listen(world.records.engine, "before_cursor_execute", lambda *did: queries.append(did[2]))
    asked = {"email": EMAIL, "password": PASSWORD, "next": "", **wrong}
    code = {"code": wrong.get("code", code_at(NOW)), "next": "", **wrong}
    first = client.post("/portal/sign-in", asked)
    page = client.get("/portal/sign-in/code")
    second = client.post("/portal/sign-in/code", code)
    work = [query.partition("(")[0] for query in queries]
    queries.clear()
    plain = (
        client.type_password(EMAIL, "certainly wrong"),
        client.get("/portal/sign-in/code"),
        client.post("/portal/sign-in/code", {**code, "code": "999999"}),
    )
    assert [without_secrets(one) for one in (first, page, second)] == [
        without_secrets(one) for one in plain
    ]
    assert (first.status_code, second.status_code) == (303, 422)
    assert work == [query.partition("(")[0] for query in queries]
    assert checks == [["", "argon2id", "v=19", "m=65536,t=3,p=4"]] * 2
    assert client.get("/portal").status_code == 303


def _three_accounts(world: World) -> None:
    gone = world.add_clinician("gone@clinic.example", "Gone")
    with world.records.begin(by=Actor.operator("test")) as tx:
        accounts.invite(tx, world.clinic, name="New", email="new@clinic.example", role="clinician")
        tx.session.get(models.Staff, gone).disabled_at = tx.now
        tx.session.get(models.Staff, world.ada).password_hash = passwords.hash_password(PASSWORD)


def test_the_address_stays_in_the_form_and_the_password_does_not(client: Client) -> None:
    tries = Attempts.BY_ACCOUNT.amount
    for _ in range(tries + 1):
        page = client.type_password("someone@clinic.example", "hunter2").text
    assert 'value="someone@clinic.example"' in page
    assert "hunter2" not in page
    assert 'role="alert"' in page


def test_empty_fields_are_asked_for(client: Client) -> None:
    response = client.sign_in(password="")
    assert response.status_code == 422
    assert "fill in both" in response.text


def test_too_many_tries_on_an_account_have_to_wait(client: Client) -> None:
    tries = Attempts.BY_ACCOUNT.amount
    answers = client.together("/portal/sign-in", {**FORM, "password": "x"}, tries)
    assert {answer.status_code for answer in answers} == {303}
    refused = client.sign_in()
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "900"
    assert client.type_password("other@clinic.example", "x").status_code == 303


def test_one_client_cannot_try_many_accounts() -> None:
    attempts = Attempts()
    allowed = Attempts.BY_CLIENT.amount
    assert all(attempts.may_try(f"account {at}", "203.0.113.1") for at in range(allowed))
    assert not attempts.may_try("one more", "203.0.113.1")
    assert attempts.may_try("one more", "203.0.113.2")


def test_signing_in_forgets_the_wrong_tries() -> None:
    attempts = Attempts()
    for _ in range(Attempts.BY_ACCOUNT.amount):
        assert attempts.may_try("account", "a")
    attempts.succeeded("account")
    assert attempts.may_try("account", "a")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_foreign_page_cannot_sign_anybody_in(client: Client, headers: dict[str, str]) -> None:
    response = client.post("/portal/sign-in", FORM, headers)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


def test_an_older_browser_is_known_by_its_origin(client: Client) -> None:
    assert client.post("/portal/sign-in", FORM, {"Origin": BASE}).status_code == 303


def test_a_planted_session_is_not_taken_over(world: World, client: Client) -> None:
    eve = world.add_clinician("eve@clinic.example", "Eve")
    with world.begin() as tx:
        planted = staff.open_session(tx, eve)
    client.cookies.set("afterword", planted, domain="127.0.0.1", path="/")
    assert client.sign_in().status_code == 303
    assert client.cookies["afterword"] != planted
    with world.begin() as tx:
        assert staff.account(tx, planted) is None


def test_signing_out_ends_the_session_on_the_server(world: World, signed_in: Client) -> None:
    token = signed_in.cookies["afterword"]
    response = signed_in.post("/portal/sign-out", {"form_token": signed_in.form_token()})
    assert response.headers["location"] == "/portal/sign-in?notice=out"
    assert response.headers["clear-site-data"] == '"cache", "storage"'
    assert not world.rows(StaffSession)
    signed_in.cookies.set("afterword", token, domain="127.0.0.1", path="/")
    assert signed_in.get("/portal").status_code == 303


def test_signing_out_needs_the_form_token(world: World, signed_in: Client) -> None:
    assert signed_in.post("/portal/sign-out", {"form_token": "0" * 64}).status_code == 403
    assert len(world.rows(StaffSession)) == 1


def test_the_session_ends_after_a_quarter_of_an_hour_without_use(
    world: World, signed_in: Client
) -> None:
    page = "/portal/appointments/" + "a" * 32
    world.clock.now += staff.IDLE_LIMIT
    assert signed_in.get("/portal").status_code == 200
    world.clock.now += staff.IDLE_LIMIT * 1.01
    response = signed_in.get(page)
    assert response.status_code == 303
    target = response.headers["location"]
    assert "notice=again" in target
    sign_in = signed_in.get(target).text
    assert "sign in again" in sign_in
    again = signed_in.sign_in(next=page)
    assert again.headers["location"] == page


def test_the_session_ends_after_half_a_day_in_use(world: World, signed_in: Client) -> None:
    for _ in range(12 * 6):
        assert signed_in.get("/portal").status_code == 200
        world.clock.now += staff.ABSOLUTE_LIMIT / (12 * 6)
    world.clock.now += staff.IDLE_LIMIT / 15
    assert signed_in.get("/portal").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example", "//elsewhere.example", "/f/x", "/portal/../f", ""]
)
def test_sign_in_leads_to_our_own_pages_only(client: Client, target: str) -> None:
    assert client.sign_in(next=target).headers["location"] == "/portal"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/portal"),
        ("GET", "/portal/appointments/" + "a" * 32),
        ("POST", "/portal/appointments/" + "a" * 32 + "/read"),
        ("POST", "/portal/sign-out"),
        ("GET", "/portal/anything"),
    ],
)
def test_without_a_session_every_page_leads_to_sign_in(
    client: Client, method: str, path: str
) -> None:
    response = client.get(path) if method == "GET" else client.post(path, {"form_token": "x"})
    assert response.status_code == 303
    assert response.headers["location"].startswith("/portal/sign-in?next=")


def test_whoever_is_signed_in_does_not_see_the_form_again(signed_in: Client) -> None:
    assert signed_in.get("/portal/sign-in").headers["location"] == "/portal"


def test_what_is_no_small_form_is_refused(client: Client) -> None:
    assert client.post("/portal/sign-in", {**FORM, "password": "x" * 20_000}).status_code == 413
    many = {f"field{at}": "" for at in range(30)}
    assert client.post("/portal/sign-in", many).status_code == 403


def test_when_too_many_wait_to_sign_in_the_page_says_so(client: Client) -> None:
    answers = client.together("/portal/sign-in", {**FORM, "password": "x"}, 40)
    assert {answer.status_code for answer in answers} == {303, 429, 503}
