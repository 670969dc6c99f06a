"""From a link to the first page: password, second factor, recovery codes, and nothing before."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from afterword.access.actors import Actor
from afterword.records import accounts, models
from afterword.records.staff_models import RecoveryCode

from .factory import EMAIL, PASSWORD, Client, World, code_at, field_of

NEW = "noor@clinic.example"
STRONG = "seven quiet herons 41"
PAGES = ("/portal", "/portal/account", "/portal/account/app", "/portal/admin/people", "/portal/x")


@pytest.fixture
def link(world: World) -> str:
    with world.begin(by=Actor.operator("test")) as tx:
        token = accounts.invite(tx, world.clinic, name="Noor Haddad", email=NEW, role="clinician")
    return f"/portal/invitation/{token}"


def set_password(
    client: Client, link: str, password: str = STRONG, email: str = NEW
) -> httpx.Response:
    return client.post(link, {"email": email, "password": password})


def enrol_app(
    client: Client, world: World, home: str = "/portal/welcome"
) -> tuple[str, httpx.Response]:
    """Types what the page shows into an app, and the app's code into the page."""
    page = client.get(f"{home}/app").text
    secret = re.sub(r"\s", "", re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1])
    form = {"form_token": field_of(page, "form_token"), "secret": field_of(page, "secret")}
    code = code_at(world.clock.now, secret)
    return secret, client.post(f"{home}/app", {**form, "code": code})


def test_from_the_link_to_the_first_page(world: World, client: Client, link: str) -> None:
    assert client.get(link).status_code == 200
    assert set_password(client, link).headers["location"] == "/portal/welcome"
    assert "authenticator app" in client.get("/portal/welcome").text
    secret, done = enrol_app(client, world)
    codes = re.findall(r"<code>([A-Z2-7-]{29})</code>", done.text)
    assert len(set(codes)) == 10
    assert client.get("/portal").status_code == 200
    assert all(code not in client.get("/portal/account").text for code in codes)
    world.clock.now += timedelta(minutes=1)
    client.cookies.clear()
    assert client.sign_in(NEW, STRONG, secret=secret).status_code == 303
    assert client.get("/portal").status_code == 200


def test_before_a_factor_is_enrolled_nothing_else_is_reachable(client: Client, link: str) -> None:
    set_password(client, link)
    for page in PAGES:
        assert client.get(page).headers["location"].startswith("/portal/sign-in?")
        client.cookies.clear()
        set_password(client, link)


def test_a_password_without_a_factor_does_not_sign_in(client: Client, link: str) -> None:
    set_password(client, link)
    client.cookies.clear()
    assert client.sign_in(NEW, STRONG, code="000000").status_code == 422


def test_whoever_is_signed_in_is_not_led_through_the_enrolment(signed_in: Client) -> None:
    assert signed_in.get("/portal/welcome").status_code == 303


def test_looking_at_a_link_uses_nothing_up(client: Client, link: str) -> None:
    for _ in range(5):
        assert client.get(link).status_code == 200
    assert set_password(client, link).status_code == 303


def test_who_was_interrupted_may_go_on_with_the_same_link(
    world: World, client: Client, link: str
) -> None:
    set_password(client, link)
    client.cookies.clear()
    assert set_password(client, link, STRONG + "!").status_code == 303
    assert enrol_app(client, world)[1].status_code == 200


def test_a_link_works_once(world: World, client: Client, link: str) -> None:
    set_password(client, link)
    enrol_app(client, world)
    client.cookies.clear()
    for response in (client.get(link), set_password(client, link, STRONG + "!")):
        assert response.status_code == 404
        assert "does not work any more" in response.text


@pytest.mark.parametrize("days", [7.01, 400])
def test_a_link_ends_after_seven_days(world: World, client: Client, link: str, days: float) -> None:
    over = client.get("/portal/invitation/never-existed")
    world.clock.now += timedelta(days=days)
    response = client.get(link)
    assert (response.status_code, response.text) == (404, over.text)


def test_a_newer_link_takes_the_place_of_the_older_one(
    world: World, client: Client, link: str
) -> None:
    with world.begin(by=Actor.operator("test")) as tx:
        accounts.reset_factors(tx, accounts.by_email(tx, NEW), keeps_password=True)
    assert client.get(link).status_code == 404


def test_a_link_in_other_hands_is_not_enough(client: Client, link: str) -> None:
    response = set_password(client, link, email=EMAIL)
    assert response.status_code == 422
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("eleven char", "too short"),
        ("x" * 129, "too long"),
        ("password1234", "on lists"),
        ("QWERTYUIOP123", "on lists"),
        ("aaaaaaaaaaaaaaaa", "on lists"),
        ("Harbour Clinic 2026", "made of your name"),
        ("noorhaddad123", "made of your name"),
    ],
)
def test_weak_passwords_are_not_taken(client: Client, link: str, password: str, says: str) -> None:
    response = set_password(client, link, password)
    assert response.status_code == 422
    assert says in html.unescape(response.text)
    assert password not in response.text


@pytest.mark.parametrize(
    "password",
    [
        STRONG,
        "lowercaseonlyhere",
        "пять тихих цапель",
        "🦉🦉🦊🦊🐢🐢🐝🐝🐙🐙🦔🦔",
        "x1" * 6 + "yz" * 58,
    ],
)
def test_any_characters_are_good(client: Client, link: str, password: str) -> None:
    assert set_password(client, link, password).status_code == 303


def test_links_are_not_tried_out_for_ever(client: Client, link: str) -> None:
    statuses = [set_password(client, link, email=EMAIL).status_code for _ in range(12)]
    assert statuses[-1] == 429


def test_a_reset_asks_for_the_password_that_only_the_person_knows(
    world: World, client: Client
) -> None:
    with world.begin(by=Actor.operator("test")) as tx:
        token = accounts.reset_factors(tx, world.ada, keeps_password=True)
    link = f"/portal/invitation/{token}"
    assert set_password(client, link, STRONG, EMAIL).status_code == 422
    assert set_password(client, link, PASSWORD, NEW).status_code == 422
    assert set_password(client, link, PASSWORD, EMAIL).status_code == 303
    secret, _ = enrol_app(client, world)
    assert client.get("/portal").status_code == 200
    world.clock.now += timedelta(minutes=1)
    assert client.sign_in().status_code == 422, "the lost app opens nothing"
    assert client.sign_in(secret=secret).status_code == 303


def test_a_forgotten_password_is_set_anew(world: World, client: Client) -> None:
    with world.begin(by=Actor.operator("test")) as tx:
        token = accounts.reset_factors(tx, world.ada, keeps_password=False)
    assert set_password(client, f"/portal/invitation/{token}", STRONG, EMAIL).status_code == 303


def test_a_reset_ends_sessions_and_old_codes(world: World, signed_in: Client) -> None:
    with world.begin(by=Actor.operator("test")) as tx:
        accounts.reset_factors(tx, world.ada, keeps_password=True)
    assert signed_in.get("/portal").status_code == 303
    assert not world.rows(RecoveryCode)


def test_a_wrong_code_keeps_the_same_key(world: World, client: Client, link: str) -> None:
    set_password(client, link)
    page = client.get("/portal/welcome/app").text
    form = {name: field_of(page, name) for name in ("form_token", "secret")}
    again = client.post("/portal/welcome/app", {**form, "code": "000000"})
    assert again.status_code == 422
    assert field_of(again.text, "secret") == form["secret"]


def test_a_key_that_was_sealed_for_somebody_else_is_not_taken(
    world: World, client: Client, link: str, signed_in: Client
) -> None:
    sealed = field_of(signed_in.get("/portal/account/app").text, "secret")
    other = world.client()
    set_password(other, link)
    page = other.get("/portal/welcome/app").text
    form = {"form_token": field_of(page, "form_token"), "secret": sealed, "code": "000000"}
    assert field_of(other.post("/portal/welcome/app", form).text, "secret") != sealed
    other.close()


def test_disabled_people_cannot_use_their_link(world: World, client: Client, link: str) -> None:
    with world.begin() as tx:
        account = accounts.by_email(tx, NEW)
        tx.session.get(models.Staff, account).disabled_at = tx.now
    assert client.get(link).status_code == 404
