"""The second step of a sign-in: a code works once, and nothing opens before it."""

from datetime import timedelta
from pathlib import Path

import pytest

from afterword.portal.attempts import Attempts
from afterword.records import factors, staff
from afterword.records.staff_models import SignInStep, StaffSession

from .factory import EMAIL, PASSWORD, Client, World, code_at, make_world

STEP = timedelta(seconds=30)


def recovery_codes(world: World) -> list[str]:
    with world.begin() as tx:
        return factors.new_recovery_codes(tx, world.ada)


def test_a_password_alone_opens_nothing(world: World, client: Client) -> None:
    response = client.type_password()
    assert response.headers["location"].startswith("/portal/sign-in/code")
    for page in ("/portal", "/portal/account", "/portal/welcome", "/portal/safety"):
        assert client.get(page).headers["location"].startswith("/portal/sign-in?")
    assert not world.rows(StaffSession)


def test_each_step_has_a_token_of_its_own(world: World, client: Client) -> None:
    client.type_password()
    step = client.cookies["afterword"]
    code = code_at(world.clock.now)
    assert client.post("/portal/sign-in/code", {"code": code}).status_code == 303
    assert client.cookies["afterword"] != step


def test_a_code_works_once(world: World, client: Client) -> None:
    code = code_at(world.clock.now)
    assert client.sign_in(code=code).status_code == 303
    again = world.client()
    assert again.sign_in(code=code).status_code == 422
    # Not the one before it either: somebody may have seen it.
    assert again.sign_in(code=code_at(world.clock.now - STEP)).status_code == 422
    assert again.sign_in(code=code_at(world.clock.now + STEP)).status_code == 303
    again.close()


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (1, 303), (2, 422)])
def test_a_clock_may_be_half_a_minute_off(
    world: World, client: Client, steps: int, status: int
) -> None:
    assert client.sign_in(code=code_at(world.clock.now + steps * STEP)).status_code == status


def test_a_code_may_be_typed_with_a_gap(world: World, client: Client) -> None:
    code = code_at(world.clock.now)
    assert client.sign_in(code=f" {code[:3]} {code[3:]}").status_code == 303


@pytest.mark.parametrize("code", ["", "12345", "１２３４５６", "\x00", "0" * 500])
def test_what_is_no_code_does_not_open(client: Client, code: str) -> None:
    assert client.sign_in(code=code).status_code == 422


def test_a_recovery_code_opens_once(world: World, client: Client) -> None:
    first, *others = recovery_codes(world)
    for status in (303, 422):
        client.cookies.clear()
        client.type_password()
        typed = first.lower().replace("-", " ")
        assert client.post("/portal/sign-in/code", {"recovery": typed}).status_code == status
    with world.begin() as tx:
        assert factors.recovery_codes_left(tx, world.ada) == len(others) == 9


def test_new_recovery_codes_take_the_place_of_the_old_ones(world: World, client: Client) -> None:
    old = recovery_codes(world)[0]
    recovery_codes(world)
    client.type_password()
    assert client.post("/portal/sign-in/code", {"recovery": old}).status_code == 422


def test_a_step_ends_after_ten_minutes(world: World, client: Client) -> None:
    client.type_password()
    world.clock.now += staff.STEP_LIMIT * 1.01
    response = client.post("/portal/sign-in/code", {"code": code_at(world.clock.now)})
    assert response.headers["location"] == "/portal/sign-in?notice=over"
    assert "start again" in client.get("/portal/sign-in?notice=over").text


def test_a_step_ends_after_five_wrong_codes(world: World, client: Client) -> None:
    client.type_password()
    for _ in range(staff.STEP_TRIES):
        assert client.post("/portal/sign-in/code", {"code": "000000"}).status_code == 422
    response = client.post("/portal/sign-in/code", {"code": code_at(world.clock.now)})
    assert response.headers["location"] == "/portal/sign-in?notice=over"


def test_codes_are_counted_by_account_across_steps(world: World, client: Client) -> None:
    tries = Attempts.BY_ACCOUNT.amount
    for at in range(tries):
        if at % staff.STEP_TRIES == 0:
            client.cookies.clear()
            client.type_password()
        assert client.post("/portal/sign-in/code", {"code": "000000"}).status_code == 422
    client.cookies.clear()
    client.type_password()
    refused = client.post("/portal/sign-in/code", {"code": code_at(world.clock.now)})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")


def test_a_used_step_opens_nothing_twice(world: World, client: Client) -> None:
    client.type_password()
    token = client.cookies["afterword"]
    client.post("/portal/sign-in/code", {"code": code_at(world.clock.now)})
    client.cookies.set("afterword", token, domain="127.0.0.1", path="/")
    later = {"code": code_at(world.clock.now + STEP)}
    assert client.post("/portal/sign-in/code", later).headers["location"].endswith("notice=over")


def test_steps_that_are_over_do_not_pile_up(world: World, client: Client) -> None:
    client.type_password("a@clinic.example")
    world.clock.now += staff.STEP_LIMIT * 2
    client.type_password("b@clinic.example")
    assert len(world.rows(SignInStep)) == 1


def test_nothing_of_secrets_and_codes_is_stored_in_clear(world: World) -> None:
    codes = recovery_codes(world)
    dump = "".join(world.records.engine.raw_connection().iterdump())
    for secret in (*codes, codes[0].replace("-", ""), "JBSWY3DPEHPK3PXP"):
        assert secret not in dump


def test_only_the_demo_says_what_the_app_shows(
    world: World, client: Client, tmp_path: Path
) -> None:
    client.type_password()
    assert code_at(world.clock.now) not in client.get("/portal/sign-in/code").text
    (tmp_path / "demo").mkdir()
    demo = make_world(tmp_path / "demo", demo=True)
    shown = demo.client()
    shown.type_password()
    assert code_at(world.clock.now) in shown.get("/portal/sign-in/code").text
    shown.type_password(EMAIL, PASSWORD + "!")
    assert "an app would show" not in shown.get("/portal/sign-in/code").text
    shown.close()
    demo.records.close()


def test_addresses_without_a_name_offer_no_passkeys(client: Client) -> None:
    """Browsers refuse them there, so they are not offered."""
    assert "passkey" not in client.get("/portal/sign-in").text
    begun = client.post("/portal/sign-in/passkey/begin", {"next": ""})
    assert begun.headers["location"] == "/portal/sign-in?notice=over"
