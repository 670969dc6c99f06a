"""A form that was typed for longer than the second factor counts is not lost."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from afterword.access.routes import ROUTES, Caller
from afterword.portal.held import LONGEST
from afterword.quotas import STAFF_BODY
from afterword.records import models, staff
from afterword.records.staff_models import Factor

from .factory import ADMIN, EMAIL, Client, World, code_at, field_of, forget_last_code

DETAILS = "/portal/admin/clinic/details"
TYPED = {
    "name": "Quiet Herons",
    "timezone": "Europe/London",
    "country": "gb-eng",
    "phone": "+44 20 7946 0100",
    "urgent_phone": "+44 20 7946 0101",
    "urgent_text": "Ring twice & ask for Noor — día y noche.",
    "website": "",
    "embed_origins": "",
    "forward_concerns": "always",
}
LATE = sorted(
    path
    for (method, path), row in ROUTES.items()
    if row.fresh and method == "POST" and path.startswith("/portal")
)


def stale(world: World) -> None:
    world.clock.now += staff.FRESH_LIMIT * 1.01


def sent_late(world: World, client: Client, path: str, fields: dict[str, str]) -> httpx.Response:
    """The page that asks for the code: as a browser comes to it, which sends the form there."""
    stale(world)
    form = {"form_token": field_of(client.get("/portal/account").text, "form_token"), **fields}
    response = client.post(path, form)
    assert response.status_code == 307
    where = response.headers["location"]
    assert parse_qs(urlsplit(where).query)["to"] == [path]
    assert not any(value in where for value in fields.values() if len(value) > 3)
    return client.post(where, form)


def hidden(page: httpx.Response) -> dict[str, str]:
    return {name: field_of(page.text, name) for name in ("form_token", "next", "held")}


def confirmed(world: World, client: Client, page: httpx.Response, email: str) -> httpx.Response:
    """What comes of the code: the answer at the path that the browser then sends the form to."""
    forget_last_code(world.records, email)
    form = {**hidden(page), "code": code_at(world.clock.now)}
    response = client.post("/portal/confirm", form)
    assert response.status_code == 307, response.text
    return client.post(response.headers["location"], form)


def details(world: World) -> models.Clinic:
    (row,) = world.rows(models.Clinic)
    assert isinstance(row, models.Clinic)
    return row


def test_what_was_typed_goes_on_after_the_code(world: World, admin: Client) -> None:
    page = sent_late(world, admin, DETAILS, TYPED)
    assert "What you entered is kept" in page.text
    assert details(world).name == "Harbour Clinic"
    # Nothing of it stands in the page but sealed.
    assert not any(value in page.text for value in TYPED.values() if len(value) > 6)
    done = confirmed(world, admin, page, ADMIN)
    assert done.headers["location"].startswith("/portal/admin/clinic")
    assert (details(world).name, details(world).urgent_text) == (
        TYPED["name"],
        TYPED["urgent_text"],
    )


def test_a_mistake_in_it_is_shown_as_always(world: World, admin: Client) -> None:
    page = sent_late(world, admin, DETAILS, TYPED | {"timezone": "London"})
    done = confirmed(world, admin, page, ADMIN)
    assert done.status_code == 422
    assert "Ring twice &amp; ask for Noor — día y noche." in done.text


def test_a_wrong_code_loses_nothing(world: World, admin: Client) -> None:
    page = sent_late(world, admin, DETAILS, TYPED)
    again = admin.post("/portal/confirm", {**hidden(page), "code": "000000"})
    assert again.status_code == 422
    assert "What you entered is kept" in again.text
    assert details(world).name == "Harbour Clinic"
    confirmed(world, admin, again, ADMIN)
    assert details(world).name == TYPED["name"]


@pytest.mark.parametrize("email", [ADMIN, EMAIL])
def test_every_late_form_gets_to_where_it_was_going(
    world: World, admin: Client, client: Client, email: str
) -> None:
    """Whatever the path makes of it: it is there, and let in."""
    client.sign_in(email)
    lost = []
    own = [
        path for path in LATE if (Caller.ADMIN in ROUTES["POST", path].callers) == (email == ADMIN)
    ]
    for path in own:
        page = sent_late(world, client, re.sub("{[^}]*}", "0" * 32, path), {"code": "typed"})
        done = confirmed(world, client, page, email)
        if done.status_code in {307, 403, 413} or done.status_code >= 500:
            lost.append((path, done.status_code))
    assert len(own) > 5
    assert lost == []


def test_a_code_of_the_form_itself_is_not_taken_for_the_answer(
    world: World, signed_in: Client
) -> None:
    """Who sets up an app types a code of the new app: it must not count as one of the old."""
    forget_last_code(world.records, EMAIL)
    late = {"code": code_at(world.clock.now + staff.FRESH_LIMIT * 1.01), "secret": "x"}
    page = sent_late(world, signed_in, "/portal/account/app", late)
    assert "Is it you?" in page.text
    assert {row.last_counter for row in world.rows(Factor) if row.staff_id == world.ada} == {None}


@pytest.mark.parametrize("how", ["another session", "another path", "altered", "unsealed"])
def test_it_opens_for_its_session_and_its_path_only(world: World, admin: Client, how: str) -> None:
    held = hidden(sent_late(world, admin, DETAILS, TYPED))["held"]
    path, client = DETAILS, admin
    if how == "another session":
        client = world.client()
    elif how == "another path":
        path = "/portal/admin/clinic/hours"
    elif how == "altered":
        held = held[:-6] + ("A" if held[-6] != "A" else "B") + held[-5:]
    else:
        held = "name=Quiet Herons"
    client.sign_in(ADMIN)
    assert client.post(path, {"held": held}).status_code == 403
    # Nor does the page that asks for the code lead on to it.
    stale(world)
    if how != "another path":
        forget_last_code(world.records, ADMIN)
        token = field_of(client.get("/portal/confirm").text, "form_token")
        form = {"form_token": token, "held": held, "code": code_at(world.clock.now)}
        assert client.post("/portal/confirm", form).headers["location"] == "/portal"
    assert details(world).name == "Harbour Clinic"
    if client is not admin:
        client.close()


@pytest.mark.parametrize("to", ["//evil.example", "/portal/../f/x", "https://evil.example", ""])
def test_it_goes_on_to_our_own_pages_only(world: World, signed_in: Client, to: str) -> None:
    form = {"form_token": signed_in.form_token(), "name": "Quiet Herons"}
    page = signed_in.post(f"/portal/confirm?to={to}", form)
    assert 'name="held"' not in page.text


def test_without_the_token_of_the_form_nothing_is_held(world: World, signed_in: Client) -> None:
    page = signed_in.post(f"/portal/confirm?to={DETAILS}", {"form_token": "x", **TYPED})
    assert page.status_code == 403
    assert 'name="held"' not in page.text


def test_one_that_is_too_long_leads_back_to_its_page(world: World, admin: Client) -> None:
    page = sent_late(world, admin, DETAILS, TYPED | {"urgent_text": "x" * LONGEST})
    assert page.status_code == 200
    assert "What you entered is kept" not in page.text
    assert field_of(page.text, "next") == "/portal/admin/clinic"


def test_the_longest_that_is_held_fits_beside_a_passkey(world: World, admin: Client) -> None:
    words = "x" * (LONGEST * 3 // 4 - 200)
    page = sent_late(world, admin, DETAILS, {"urgent_text": words})
    form = hidden(page)
    assert form["held"]
    assert LONGEST + len(form["form_token"]) + 3000 < STAFF_BODY
    assert confirmed(world, admin, page, ADMIN).status_code == 422
