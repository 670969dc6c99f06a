"""One's own account: where one is signed in, the password, the factors, and asking once more."""

import html
import re
from datetime import timedelta

import pytest

from afterword.portal.browsers import browser_of
from afterword.records import factors, staff
from afterword.records.staff_models import Factor, StaffSession

from .factory import EMAIL, PASSWORD, Client, World, code_at, field_of, forget_last_code
from .test_invitation import STRONG, enrol_app

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
FRESH_PAGES = ("/portal/account/app", "/portal/account/password")


@pytest.fixture
def elsewhere(world: World) -> Client:
    """Ada, signed in on another machine."""
    client = world.client()
    client.sign_in()
    yield client
    client.close()


def confirm(client: Client, world: World, target: str = "/portal/account") -> str:
    forget_last_code(world.records, EMAIL)
    page = client.get(f"/portal/confirm?next={target}").text
    form = {"form_token": field_of(page, "form_token"), "next": field_of(page, "next")}
    response = client.post("/portal/confirm", {**form, "code": code_at(world.clock.now)})
    assert response.status_code == 303, response.text
    return response.headers["location"]


def stale(world: World) -> None:
    world.clock.now += staff.FRESH_LIMIT * 1.01


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8", ""),
    ],
)
def test_browsers_are_named_coarsely(agent: str, name: str) -> None:
    assert browser_of(agent) == name


def test_the_list_shows_where_one_is_signed_in(
    world: World, signed_in: Client, elsewhere: Client
) -> None:
    page = signed_in.get("/portal/account").text
    assert page.count("this one") == 1
    assert len(re.findall(r'name="session" value="\w{32}"', page)) == 1


def test_one_session_is_ended_from_another(signed_in: Client, elsewhere: Client) -> None:
    page = signed_in.get("/portal/account").text
    form = {name: field_of(page, name) for name in ("form_token", "session")}
    response = signed_in.post("/portal/account/sessions/end", form)
    assert response.headers["location"] == "/portal/account?notice=ended"
    assert elsewhere.get("/portal").status_code == 303
    assert signed_in.get("/portal").status_code == 200


def test_all_other_sessions_are_ended_at_once(
    world: World, signed_in: Client, elsewhere: Client
) -> None:
    form = {"form_token": signed_in.form_token()}
    signed_in.post("/portal/account/sessions/end-others", form)
    assert elsewhere.get("/portal").status_code == 303
    assert signed_in.get("/portal").status_code == 200


@pytest.mark.parametrize("which", ["end", "end-others"])
def test_ending_a_session_asks_for_the_code_again(
    world: World, signed_in: Client, elsewhere: Client, which: str
) -> None:
    page = signed_in.get("/portal/account").text
    form = {name: field_of(page, name) for name in ("form_token", "session")}
    stale(world)
    response = signed_in.post(f"/portal/account/sessions/{which}", form)
    assert response.headers["location"].startswith("/portal/confirm?next=%2Fportal%2Faccount&")
    assert elsewhere.get("/portal").status_code == 200


def test_nobody_ends_the_sessions_of_somebody_else(world: World, signed_in: Client) -> None:
    world.add_clinician("bo@clinic.example", "Bo")
    bo = world.client()
    bo.sign_in("bo@clinic.example")
    (foreign,) = [row.id for row in world.rows(StaffSession) if row.staff_id != world.ada]
    form = {"form_token": signed_in.form_token(), "session": foreign}
    signed_in.post("/portal/account/sessions/end", form)
    signed_in.post("/portal/account/sessions/end-others", form)
    assert bo.get("/portal").status_code == 200
    bo.close()


@pytest.mark.parametrize("page", FRESH_PAGES)
def test_what_matters_asks_for_the_code_again(world: World, signed_in: Client, page: str) -> None:
    assert signed_in.get(page).status_code == 200
    stale(world)
    response = signed_in.get(page)
    assert response.status_code == 303
    assert response.headers["location"] == f"/portal/confirm?next={page.replace('/', '%2F')}"
    assert signed_in.get("/portal").status_code == 200
    before = signed_in.cookies["afterword"]
    assert confirm(signed_in, world, page) == page
    assert signed_in.cookies["afterword"] != before
    assert signed_in.get(page).status_code == 200


def test_a_form_that_comes_too_late_changes_nothing_yet(world: World, signed_in: Client) -> None:
    stale(world)
    response = signed_in.post("/portal/account/codes", {"form_token": signed_in.form_token()})
    assert response.headers["location"].startswith("/portal/confirm?next=%2Fportal%2Faccount&")
    with world.begin() as tx:
        assert factors.recovery_codes_left(tx, world.ada) == 0


def test_a_wrong_code_does_not_confirm(world: World, signed_in: Client) -> None:
    stale(world)
    form = {"form_token": signed_in.form_token(), "next": "/portal/account"}
    assert signed_in.post("/portal/confirm", {**form, "code": "000000"}).status_code == 422
    assert signed_in.get("/portal/account/app").status_code == 303
    statuses = [
        signed_in.post("/portal/confirm", {**form, "code": "000000"}).status_code for _ in range(10)
    ]
    assert statuses[-1] == 429


def test_the_token_before_confirming_is_dead(world: World, signed_in: Client) -> None:
    stale(world)
    before = signed_in.cookies["afterword"]
    confirm(signed_in, world)
    signed_in.cookies.clear()
    signed_in.cookies.set("afterword", before, domain="127.0.0.1", path="/")
    assert signed_in.get("/portal").status_code == 303


def test_confirming_does_not_prolong_a_session(world: World, signed_in: Client) -> None:
    for _ in range(12 * 6):
        world.clock.now += staff.ABSOLUTE_LIMIT / (12 * 6)
        assert signed_in.get("/portal").status_code == 200
    confirm(signed_in, world)
    world.clock.now += timedelta(minutes=1)
    assert signed_in.get("/portal").status_code == 303


def change_password(client: Client, present: str = PASSWORD, new: str = STRONG) -> int:
    page = client.get("/portal/account/password").text
    form = {"form_token": field_of(page, "form_token"), "present": present, "password": new}
    return client.post("/portal/account/password", form).status_code


def test_a_new_password_ends_all_other_sessions(
    world: World, signed_in: Client, elsewhere: Client
) -> None:
    half = world.client()
    half.type_password()
    before = signed_in.cookies["afterword"]
    assert change_password(signed_in) == 303
    assert elsewhere.get("/portal").status_code == 303
    later = {"code": code_at(world.clock.now + timedelta(seconds=30))}
    assert half.post("/portal/sign-in/code", later).headers["location"].endswith("over")
    assert signed_in.cookies["afterword"] != before
    assert signed_in.get("/portal").status_code == 200
    signed_in.cookies.clear()
    assert signed_in.sign_in().status_code == 422
    assert signed_in.sign_in(password=STRONG).status_code == 303
    half.close()


@pytest.mark.parametrize(("present", "new"), [("wrong", STRONG), (PASSWORD, "ada whitfield")])
def test_a_password_is_not_changed_by_who_does_not_know_it_nor_to_a_weak_one(
    signed_in: Client, elsewhere: Client, present: str, new: str
) -> None:
    assert change_password(signed_in, present, new) == 422
    assert elsewhere.get("/portal").status_code == 200


def test_a_new_app_takes_the_place_of_the_old_one(
    world: World, signed_in: Client, elsewhere: Client
) -> None:
    secret, response = enrol_app(signed_in, world, "/portal/account")
    assert response.headers["location"] == "/portal/account?notice=added"
    assert elsewhere.get("/portal").status_code == 303
    assert signed_in.get("/portal").status_code == 200
    assert len(world.rows(Factor)) == 1
    world.clock.now += timedelta(minutes=1)
    assert signed_in.sign_in().status_code == 422
    assert signed_in.sign_in(secret=secret).status_code == 303


def test_the_last_factor_stays(world: World, signed_in: Client) -> None:
    (factor,) = world.rows(Factor)
    form = {"form_token": signed_in.form_token(), "factor": factor.id}
    response = signed_in.post("/portal/account/remove", form)
    assert response.headers["location"] == "/portal/account?notice=last"
    assert len(world.rows(Factor)) == 1


def test_a_factor_is_taken_away(world: World, signed_in: Client, elsewhere: Client) -> None:
    with world.begin() as tx:
        factors.add_passkey(tx, world.ada, credential=b"id", public_key=b"key", sign_count=0)
    passkey = next(row.id for row in world.rows(Factor) if row.kind == "passkey")
    form = {"form_token": signed_in.form_token(), "factor": passkey}
    response = signed_in.post("/portal/account/remove", form)
    assert response.headers["location"] == "/portal/account?notice=removed"
    assert elsewhere.get("/portal").status_code == 303
    assert [row.kind for row in world.rows(Factor)] == ["totp"]


def test_recovery_codes_are_made_anew_and_shown_once(world: World, signed_in: Client) -> None:
    page = signed_in.post("/portal/account/codes", {"form_token": signed_in.form_token()}).text
    codes = re.findall(r"<code>([A-Z2-7-]{29})</code>", page)
    assert len(codes) == 10
    account = html.unescape(signed_in.get("/portal/account").text)
    assert "10 not used" in account
    assert codes[0] not in account


def test_every_form_needs_its_token(signed_in: Client) -> None:
    for path in ("sessions/end", "sessions/end-others", "password", "app", "remove", "codes"):
        form = {"form_token": "0" * 64}
        assert signed_in.post(f"/portal/account/{path}", form).status_code == 403
    assert signed_in.post("/portal/confirm", {"form_token": "x", "code": "1"}).status_code == 403
