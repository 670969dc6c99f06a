"""What an admin sets for the clinic, and what is refused: nobody in danger is to be let down."""

import html

import pytest

from afterword.access.actors import Actor
from afterword.records import clinics, contacts, models, people, staff
from afterword.records.access_models import AuditRow
from afterword.safety.finding import Route
from afterword.safety.recipients import Case, Kind, recipients

from .factory import EMAIL, Client, World, field_of, password_hash

CLINIC = "/portal/admin/clinic"
DETAILS = {
    "name": "Harbour Clinic",
    "timezone": "Europe/London",
    "country": "gb-eng",
    "phone": "+44 20 7946 0100",
    "urgent_phone": "+44 20 7946 0101",
    "urgent_text": "Call us at any hour.",
    "website": "https://harbour.example/help",
    "embed_origins": "https://www.harbour.example\nhttps://harbour.example:8443",
    "forward_concerns": "always",
}
DEE = {"contact_name": "Dee Safe", "contact_email": "dee@clinic.example"}


def act(client: Client, action: str, **form: str) -> tuple[int, str]:
    token = field_of(client.get("/portal/account").text, "form_token")
    response = client.post(f"{CLINIC}/{action}", {"form_token": token, **form})
    return response.status_code, html.unescape(response.text)


def add(client: Client, kind: Kind, name: str, email: str, **form: str) -> tuple[int, str]:
    given = {"contact_kind": str(kind), "contact_name": name, "contact_email": email}
    return act(client, "contact", **given, **form)


def page(client: Client) -> str:
    response = client.get(CLINIC)
    assert response.status_code == 200
    return html.unescape(response.text)


def present(world: World) -> list[tuple[Kind, str]]:
    with world.records.read() as tx:
        return [(one.kind, one.name) for one in contacts.of_clinic(tx, world.clinic)]


def told_of_a_concern(world: World) -> set[str | None]:
    """The accounts that a concern of Robin's about Ada reaches."""
    with world.records.read() as tx:
        case = Case(Route.SAFEGUARDING, contacts.treating(tx, world.robin), world.ada)
        found = recipients(contacts.recipients_of(tx, world.clinic), case, backup=True)
        return {one.staff_id for one in found}


def test_details_are_kept_and_shown_to_patients(world: World, admin: Client) -> None:
    assert act(admin, "details", **DETAILS)[0] == 303
    (row,) = world.rows(models.Clinic)
    kept = {name: getattr(row, name) for name in DETAILS}
    origins = "https://www.harbour.example https://harbour.example:8443"
    assert kept == DETAILS | {"embed_origins": origins}
    shown = page(admin)
    for value in DETAILS.values():
        assert value in shown


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "  ", "Give a name"),
        ("name", "x" * 201, "Give a name"),
        ("timezone", "London", "Europe/London"),
        ("timezone", "../../etc/passwd", "Europe/London"),
        ("timezone", "", "Europe/London"),
        ("country", "xx", "Choose a country"),
        ("phone", "call us", "phone number of digits"),
        ("urgent_phone", "", "for urgent help"),
        ("urgent_phone", "javascript:alert(1)", "for urgent help"),
        ("urgent_text", "", "what to do when it is urgent"),
        ("urgent_text", "x" * 601, "600 characters"),
        ("website", "javascript:alert(1)", "https:// in front"),
        ("website", "harbour.example", "https:// in front"),
        ("website", "https://", "https:// in front"),
        ("embed_origins", "https://harbour.example/page", "without a path"),
        ("embed_origins", "* ", "without a path"),
        ("embed_origins", "https://harbour.example; script-src *", "without a path"),
        ("forward_concerns", "never", "a concern about a clinician"),
    ],
)
def test_what_does_not_fit_is_not_kept_and_said(
    world: World, admin: Client, field: str, value: str, says: str
) -> None:
    (before,) = world.rows(models.Clinic)
    status, shown = act(admin, "details", **DETAILS | {field: value})
    assert status == 422
    assert says in shown
    # What was typed besides is still there to go on with.
    assert field == "urgent_text" or DETAILS["urgent_text"] in shown
    (after,) = world.rows(models.Clinic)
    assert after.name == before.name
    assert after.urgent_phone == before.urgent_phone
    assert getattr(after, field) == getattr(before, field)


@pytest.mark.parametrize("typed", ["9-12:30, 13.30 – 17", "09:00–12:30;13:30 to 17:00"])
def test_hours_are_typed_in_plain_words(world: World, admin: Client, typed: str) -> None:
    given = {"mon": typed, "fri": "22:00-24:00", "holidays": "2026-12-25, 2026-01-01"}
    assert act(admin, "hours", **given)[0] == 303
    with world.records.read() as tx:
        hours = contacts.hours_of(tx.session.get_one(models.Clinic, world.clinic))
    assert [len(day) for day in hours.week] == [2, 0, 0, 0, 1, 0, 0]
    shown = page(admin)
    assert 'value="09:00–12:30, 13:30–17:00"' in shown
    assert 'value="22:00–24:00"' in shown
    assert 'value="2026-01-01, 2026-12-25"' in shown


def test_what_the_page_shows_is_taken_as_it_stands(world: World, admin: Client) -> None:
    act(admin, "hours", mon="00:00-24:00", tue="8-9, 20:00-06:00")
    kept = world.rows(models.Clinic)[0].duty_hours
    shown = page(admin)
    given = {day: field_of(shown.replace(f'id="{day}" ', ""), day) for day in ("mon", "tue", "wed")}
    assert act(admin, "hours", **given)[0] == 303
    assert world.rows(models.Clinic)[0].duty_hours == kept


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("tue", "all day", "Tue: write hours"),
        ("sun", "25-26", "Sun: write hours"),
        ("sun", "9-9", "Sun: write hours"),
        ("mon", "09:75-10:00", "Mon: write hours"),
        ("mon", "09:00-24:30", "Mon: write hours"),
        ("holidays", "Christmas", "2026-12-25"),
    ],
)
def test_hours_that_cannot_be_read_change_nothing(
    world: World, admin: Client, field: str, typed: str, says: str
) -> None:
    before = world.rows(models.Clinic)[0].duty_hours
    status, shown = act(admin, "hours", **{"wed": "9-17", field: typed})
    assert status == 422
    assert says in shown
    assert f'value="{typed}"' in shown
    assert world.rows(models.Clinic)[0].duty_hours == before


def test_without_hours_nobody_is_promised_a_time(world: World, admin: Client) -> None:
    assert act(admin, "hours", mon="")[0] == 303
    assert "patients are told no time" in page(admin)


def test_each_kind_is_missed_until_there_is_somebody(world: World, admin: Client) -> None:
    missing = {
        Kind.DUTY: "when a patient is in danger",
        Kind.SAFEGUARDING: "A concern about a clinician reaches nobody",
        Kind.PRIVACY: "when a record is opened in an emergency",
    }
    for kind, words in missing.items():
        assert words in page(admin)
        assert add(admin, kind, f"Somebody for {kind}", f"{kind}@clinic.example")[0] == 303
        assert words not in page(admin)
    assert "Nothing is missing" in page(admin)
    with world.records.read() as tx:
        assert contacts.problems_of(tx) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"contact_kind": "friend"}, "what the contact is told of"),
        ({"contact_name": " "}, "contact’s name"),
        ({"contact_email": "nowhere"}, "e-mail address"),
        ({"contact_email": "a@b.example, c@d.example"}, "e-mail address"),
        ({"contact_staff": "0" * 32}, "not one of the clinic"),
        ({"contact_email2": "dee@clinic.example"}, "contact’s name"),
    ],
)
def test_a_contact_who_could_not_be_told_is_refused(
    world: World, admin: Client, change: dict[str, str], says: str
) -> None:
    status, shown = act(admin, "contact", **{"contact_kind": "duty", **DEE, **change})
    assert status == 422
    assert says in shown
    assert present(world) == []


@pytest.mark.parametrize(
    "who", [{"contact_staff": "ada"}, {"contact_email": EMAIL}, {"contact_email": EMAIL.upper()}]
)
def test_no_way_leads_a_concern_to_the_clinician_whom_it_is_about(
    world: World, admin: Client, who: dict[str, str]
) -> None:
    given = {**DEE, **who, "contact_name": "Nobody special"}
    if "contact_staff" in given:
        given["contact_staff"] = world.ada
    alone = {"contact_kind": "safeguarding", **given}
    status, shown = act(admin, "contact", **alone)
    assert (status, present(world)) == (422, [])
    assert "only themselves" in shown
    # With somebody else she may be one of them, for the patients of others.
    second = {f"{name}2": value for name, value in DEE.items() if "contact_staff" not in who}
    second = second or {"contact_name2": "Dee Safe", "contact_email2": "dee@elsewhere.example"}
    assert act(admin, "contact", **alone, **second)[0] == 303
    assert len(present(world)) == 2
    assert told_of_a_concern(world) == {None}
    dee = next(row for row in world.rows(models.Contact) if row.staff_id is None)
    status, shown = act(admin, "remove", contact=dee.id)
    assert status == 422
    assert "Add another safeguarding contact before" in shown
    assert told_of_a_concern(world) == {None}


def test_a_removed_contact_is_gone_and_its_absence_is_said(world: World, admin: Client) -> None:
    add(admin, Kind.DUTY, "Bo Duty", "bo@clinic.example")
    shown = page(admin)
    assert "Bo Duty" in shown
    assert act(admin, "remove", contact=field_of(shown, "contact"))[0] == 303
    assert "Bo Duty" not in page(admin)
    assert "when a patient is in danger" in page(admin)


def test_each_change_leaves_a_row_with_what_it_was_for(
    world: World, admin: Client, ines: str
) -> None:
    act(admin, "details", **DETAILS)
    act(admin, "hours", mon="9-17")
    add(admin, Kind.DUTY, "Bo Duty", "bo@clinic.example")
    (made,) = world.rows(models.Contact)
    act(admin, "remove", contact=made.id)
    left = [
        (row.purpose, row.object_kind, row.object_id)
        for row in world.rows(AuditRow)
        if row.action == "manage_clinic" and row.actor_id == ines and row.outcome == "allowed"
    ]
    assert left == [
        ("clinic details", "clinic", world.clinic),
        ("hours of duty", "clinic", world.clinic),
        ("contacts", "clinic", world.clinic),
        ("contacts", "contact", made.id),
    ]


@pytest.mark.parametrize("action", ["details", "hours", "contact", "remove"])
def test_a_change_asks_for_the_code_again(world: World, admin: Client, action: str) -> None:
    world.clock.now += staff.FRESH_LIMIT * 1.01
    token = field_of(admin.get("/portal/account").text, "form_token")
    response = admin.post(f"{CLINIC}/{action}", {"form_token": token, **DETAILS, **DEE})
    assert response.status_code == 307
    assert response.headers["location"].startswith(
        "/portal/confirm?next=%2Fportal%2Fadmin%2Fclinic&"
    )
    assert world.rows(models.Clinic)[0].urgent_text == "Call us."
    assert present(world) == []


@pytest.mark.parametrize("role", ["clinician", "supervisor", "annotator", "contact"])
def test_only_admins_find_the_page(world: World, client: Client, role: str) -> None:
    world.add_clinician("bo@clinic.example", "Bo", role)
    client.sign_in("bo@clinic.example")
    assert client.get(CLINIC).status_code == 404
    assert act(client, "details", **DETAILS)[0] == 404
    assert world.rows(models.Clinic)[0].country == "us"


def test_contacts_of_another_clinic_are_not_there(world: World, admin: Client) -> None:
    with world.begin() as tx:
        other = people.add_clinic(
            tx, name="Elsewhere", timezone="UTC", phone="1", urgent_phone="1", urgent_text="1"
        )
        far = people.add_staff(
            tx, other, name="Far", email="far@x.example", password_hash=password_hash()
        )
        theirs = contacts.add_contact(
            tx, other, kind="duty", name="Far Duty", email="far@x.example", staff_id=far
        )
    assert "Far Duty" not in page(admin)
    for unknown in (theirs, "f" * 32, "", "'"):
        assert act(admin, "remove", contact=unknown)[0] == 404
    status, _ = act(admin, "contact", contact_kind="duty", **DEE, contact_staff=far)
    assert status == 422
    with world.records.read(by=Actor.operator("test")) as tx:
        assert [one.name for one in clinics.desk(tx, other).contacts] == ["Far Duty"]


def test_it_opens_where_nothing_is_set_or_cannot_be_read(world: World, admin: Client) -> None:
    with world.begin() as tx:
        row = tx.session.get_one(models.Clinic, world.clinic)
        row.country, row.duty_hours = "", "nonsense"
    shown = page(admin)
    assert "No country is set" in shown
    assert "cannot be read" in shown
    assert "Choose a country" in shown
