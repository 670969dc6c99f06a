"""Admins and the staff of their clinic: who may change what, and what is not to be seen there."""

import html
import re

import pytest

from afterword.records import models, people, staff
from afterword.records.staff_models import Factor

from .factory import EMAIL, Client, World, field_of, password_hash

OTHER = "omar@clinic.example"
PEOPLE = "/portal/admin/people"


def token_of(client: Client) -> str:
    return field_of(client.get("/portal/account").text, "form_token")


def act(client: Client, staff_id: str, action: str, **form: str) -> tuple[int, str]:
    sent = {"form_token": token_of(client), **form}
    response = client.post(f"{PEOPLE}/{staff_id}/{action}", sent)
    return response.status_code, html.unescape(response.text)


def role_of(world: World, staff_id: str) -> str:
    return next(row.role for row in world.rows(models.Staff) if row.id == staff_id)


def test_the_list_names_staff_roles_and_factors_and_no_patient(world: World, admin: Client) -> None:
    page = admin.get(PEOPLE).text
    for words in ("Ada Whitfield", "Ines Admin", "Clinician", "Authenticator app"):
        assert words in page
    for hidden in ("Robin", "Okafor", "@clinic.example"):
        assert hidden not in page


@pytest.mark.parametrize("role", ["clinician", "supervisor", "annotator", "contact", "duty"])
def test_only_admins_find_the_page(world: World, client: Client, role: str) -> None:
    world.add_clinician("bo@clinic.example", "Bo", role)
    client.sign_in("bo@clinic.example")
    assert client.get(PEOPLE).status_code == 404
    status, _ = act(client, world.ada, "disable")
    assert status == 404
    sent = {"form_token": token_of(client), "name": "X", "email": "x@y.example", "role": "admin"}
    assert client.post(f"{PEOPLE}/invite", sent).status_code == 404
    assert "/portal/admin" not in client.get("/portal/account").text


def test_it_asks_for_the_code_again(world: World, admin: Client) -> None:
    world.clock.now += staff.FRESH_LIMIT * 1.01
    assert admin.get(PEOPLE).headers["location"].startswith("/portal/confirm?")
    response = admin.post(f"{PEOPLE}/{world.ada}/disable", {"form_token": token_of(admin)})
    assert response.status_code == 307
    assert response.headers["location"].startswith(
        "/portal/confirm?next=%2Fportal%2Fadmin%2Fpeople&"
    )
    assert role_of(world, world.ada) == "clinician"
    assert not any(row.disabled_at for row in world.rows(models.Staff))


def test_somebody_is_invited(world: World, admin: Client, client: Client) -> None:
    sent = {"form_token": token_of(admin), "name": "Noor", "email": OTHER, "role": "supervisor"}
    page = admin.post(f"{PEOPLE}/invite", sent).text
    (link,) = re.findall(r"<code>http://127.0.0.1:8080(/portal/invitation/\S+?)</code>", page)
    assert link not in admin.get(PEOPLE).text
    assert client.get(link).status_code == 200
    with world.begin() as tx:
        made = (
            tx.session.query(models.Staff).filter_by(email_hash=people.email_hash(tx, OTHER)).one()
        )
        assert (made.role, made.clinic_id) == ("supervisor", world.clinic)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"email": EMAIL}, "an account for this address"),
        ({"name": " "}, "give a name"),
        ({"email": "nonsense"}, "give a name"),
        ({"email": "two@x.example, more@x.example"}, "give a name"),
        ({"email": "no@dot"}, "give a name"),
        ({"role": "owner"}, "no such role"),
    ],
)
def test_invitations_that_make_no_sense_are_refused(
    world: World, admin: Client, form: dict[str, str], says: str
) -> None:
    before = len(world.rows(models.Staff))
    sent = {"name": "Noor", "email": OTHER, "role": "clinician", **form}
    response = admin.post(f"{PEOPLE}/invite", {"form_token": token_of(admin), **sent})
    assert response.status_code == 422
    assert says in response.text
    assert len(world.rows(models.Staff)) == before


def test_a_changed_role_ends_the_sessions(world: World, admin: Client, signed_in: Client) -> None:
    assert act(admin, world.ada, "role", role="supervisor")[0] == 303
    assert role_of(world, world.ada) == "supervisor"
    assert signed_in.get("/portal").status_code == 303


def test_a_disabled_person_is_out_and_comes_back_when_enabled(
    world: World, admin: Client, signed_in: Client
) -> None:
    assert act(admin, world.ada, "disable")[0] == 303
    assert signed_in.get("/portal").status_code == 303
    assert signed_in.sign_in().status_code == 422
    assert act(admin, world.ada, "enable")[0] == 303
    assert signed_in.sign_in().status_code == 303


def test_somebody_is_signed_out_everywhere_and_may_come_back(
    world: World, admin: Client, signed_in: Client
) -> None:
    assert act(admin, world.ada, "sign-out")[0] == 303
    assert signed_in.get("/portal").status_code == 303
    assert signed_in.sign_in().status_code == 303


def test_a_reset_takes_the_factors_and_gives_a_link(world: World, admin: Client) -> None:
    status, page = act(admin, world.ada, "reset")
    assert status == 200
    assert re.search(r"<code>\S+/portal/invitation/\S+</code>", page)
    assert not [row for row in world.rows(Factor) if row.staff_id == world.ada]
    assert "not set up yet" in page


@pytest.mark.parametrize("action", ["role", "disable", "enable", "reset", "sign-out"])
def test_nobody_changes_their_own_account_there(
    world: World, admin: Client, ines: str, action: str
) -> None:
    status, page = act(admin, ines, action, role="clinician")
    assert status == 422
    assert "Nobody changes their own account" in page
    assert role_of(world, ines) == "admin"
    assert admin.get(PEOPLE).status_code == 200


@pytest.mark.parametrize("action", ["role", "disable", "enable", "reset", "sign-out"])
def test_people_of_another_clinic_are_not_there(world: World, admin: Client, action: str) -> None:
    with world.begin() as tx:
        other = people.add_clinic(
            tx, name="Elsewhere", timezone="UTC", phone="1", urgent_phone="1", urgent_text="1"
        )
        far = people.add_staff(
            tx, other, name="Far", email="far@x.example", password_hash=password_hash()
        )
    assert act(admin, far, action, role="admin")[0] == 404
    assert act(admin, "f" * 32, action, role="admin")[0] == 404
    assert "Far" not in admin.get(PEOPLE).text


def test_two_admins_change_each_other(world: World, admin: Client) -> None:
    omar = world.add_clinician(OTHER, "Omar", "admin")
    assert act(admin, omar, "role", role="clinician")[0] == 303
    assert role_of(world, omar) == "clinician"
