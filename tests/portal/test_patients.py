"""Admins look after patients, caseloads and appointments; what patients write is not theirs."""

import html
from collections.abc import Iterator
from datetime import timedelta

import pytest

from afterword.records import consents, invitations, models, reflections, staff
from afterword.records.consents import Subject, Wording

from .factory import NOW, WEEK, Client, World, said

ADMIN = "alex@clinic.example"
WORDS = "words that are not for admins"
LIST = "/portal/admin/patients"


@pytest.fixture
def alex(world: World) -> Iterator[Client]:
    world.add_clinician(ADMIN, "Alex Admin", "admin")
    client = world.client()
    client.sign_in(ADMIN)
    yield client
    client.close()


def post(client: Client, path: str, **form: str) -> tuple[int, str]:
    token = client.get(LIST).text.partition('name="form_token" value="')[2].partition('"')[0]
    response = client.post(path, {"form_token": token, **form})
    return response.status_code, response.headers.get("location", response.text)


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return html.unescape(response.text)


def test_a_patient_is_added_assigned_and_booked(world: World, alex: Client) -> None:
    status, page = post(alex, LIST, name="Kim  Lund", language="es")
    assert status == 303
    assert "Kim Lund" in text_of(alex, LIST)
    assert post(alex, f"{page}/assign", staff=world.ada, **{"from": "2026-11-01"})[0] == 303
    assert post(alex, f"{page}/book", staff=world.ada, at="2026-11-17T15:00")[0] == 303
    shown = text_of(alex, page)
    assert "Ada Whitfield" in shown and "Tue 17 Nov, 15:00" in shown
    ada = world.client()
    ada.sign_in()
    assert "Kim Lund" in text_of(ada, "/portal")
    ada.close()


def test_an_assignment_that_ends_takes_the_patient_off_the_list(
    world: World, alex: Client, signed_in: Client
) -> None:
    world.book(NOW + timedelta(hours=2))
    assert "Robin Okafor" in text_of(signed_in, "/portal")
    assert post(alex, f"{LIST}/{world.robin}/end", staff=world.ada)[0] == 303
    assert "Robin Okafor" not in text_of(signed_in, "/portal")


def test_an_appointment_is_cancelled(world: World, alex: Client, signed_in: Client) -> None:
    key = world.book(NOW + timedelta(hours=2))
    assert post(alex, f"{LIST}/{world.robin}/cancel", appointment=key)[0] == 303
    assert "Robin Okafor" not in text_of(signed_in, "/portal")


def test_a_link_is_shown_once_and_works(world: World, alex: Client) -> None:
    key = world.book(NOW - WEEK)
    status, shown = post(alex, f"{LIST}/{world.robin}/link", appointment=key)
    token = shown.partition("/f/")[2].partition("<")[0]
    assert status == 200
    with world.records.read() as tx:
        assert invitations.resolve(tx, token) is not None
    assert token not in text_of(alex, f"{LIST}/{world.robin}")


def test_no_link_is_made_once_the_patient_has_begun(world: World, alex: Client) -> None:
    key = world.book(NOW - WEEK)
    token, reflection = world.link(key)
    with world.records.begin() as tx:
        reflections.begin(tx, reflection)
    status, shown = post(alex, f"{LIST}/{world.robin}/link", appointment=key)
    assert (status, "/f/" in shown) == (422, False)
    assert "has begun to write" in shown
    with world.records.read() as tx:
        assert invitations.resolve(tx, token) is not None, "the patient's own link still works"


def test_no_link_is_made_for_who_took_back_that_they_are_asked(world: World, alex: Client) -> None:
    key = world.book(NOW - WEEK)
    _, reflection = world.link(key)
    with world.records.begin() as tx:
        words = Wording(Subject.REFLECTION, 1, "en", "what I agree to")
        consents.give(tx, reflection, words, "form")
        consents.withdraw(tx, reflection, Subject.REFLECTION)
    status, shown = post(alex, f"{LIST}/{world.robin}/link", appointment=key)
    assert status == 422
    assert "taken back that they are asked" in shown


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("assign", {"staff": "ada", "from": "2026-11-01"}),
        ("assign", {"staff": "nobody", "from": "2026-11-01"}),
        ("assign", {"staff": "bo", "from": "soon"}),
        ("assign", {"staff": "bo", "from": "2026-11-02", "until": "2026-11-01"}),
        ("book", {"staff": "ada", "at": "soon"}),
        ("book", {"staff": "alex", "at": "2026-11-18T15:00"}),
        ("cancel", {"appointment": "past"}),
        ("link", {"appointment": "coming"}),
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(
    world: World, alex: Client, action: str, form: dict[str, str]
) -> None:
    ids = {
        "ada": world.ada,
        "bo": world.add_clinician("bo@clinic.example", "Bo"),
        "past": world.book(NOW - WEEK),
        "coming": world.book(NOW + WEEK),
    }
    sent = {name: ids.get(value, value) for name, value in form.items()}
    tables = (models.Caseload, models.Appointment, models.Invitation)
    before = [[vars(row)["id"] for row in world.rows(table)] for table in tables]
    status, shown = post(alex, f"{LIST}/{world.robin}/{action}", **sent)
    assert status == 422
    assert 'role="alert"' in shown
    assert [[vars(row)["id"] for row in world.rows(table)] for table in tables] == before


@pytest.mark.parametrize(
    ("minutes", "status"), [(-50, 303), (-49, 422), (0, 422), (49, 422), (50, 303)]
)
@pytest.mark.parametrize("who", ["the clinician", "the patient"])
def test_nobody_has_two_appointments_at_a_time(
    world: World, alex: Client, who: str, minutes: int, status: int
) -> None:
    other = world.add_clinician("bo@clinic.example", "Bo")
    patient = world.add_patient("Kim Doe", world.ada) if who == "the clinician" else world.robin
    clinician = world.ada if who == "the clinician" else other
    there = world.book(NOW + WEEK, patient, clinician)
    at = f"{NOW + WEEK + timedelta(minutes=minutes) - timedelta(hours=5):%Y-%m-%dT%H:%M}"
    book = f"{LIST}/{world.robin}/book"
    found, shown = post(alex, book, staff=world.ada, at=at)
    assert found == status
    if status == 422:
        assert "another appointment of one of them" in shown
        with world.begin() as tx:
            tx.session.get_one(models.Appointment, there).status = "cancelled"
        assert post(alex, book, staff=world.ada, at=at)[0] == 303


@pytest.mark.parametrize("action", ["assign", "end", "link"])
def test_who_reads_is_not_changed_without_the_code(world: World, alex: Client, action: str) -> None:
    key = world.book(NOW - WEEK)
    bo = world.add_clinician("bo@clinic.example", "Bo")
    world.clock.now += staff.FRESH_LIMIT * 1.01
    before = [len(world.rows(one)) for one in (models.Caseload, models.Invitation)]
    form = {"staff": world.ada if action == "end" else bo, "from": "2026-11-01", "appointment": key}
    status, to = post(alex, f"{LIST}/{world.robin}/{action}", **form)
    assert status == 307
    assert to.startswith(f"/portal/confirm?next=%2Fportal%2Fadmin%2Fpatients%2F{world.robin}&")
    assert [len(world.rows(one)) for one in (models.Caseload, models.Invitation)] == before
    assert [row.ends_on for row in world.rows(models.Caseload)] == [None]


def test_no_answer_stands_on_these_pages(world: World, alex: Client) -> None:
    world.reflect(world.book(NOW - WEEK), said("helped", WORDS))
    for path in (LIST, f"{LIST}/{world.robin}"):
        assert WORDS not in text_of(alex, path)


def test_another_clinics_admin_is_nobody_here(world: World, alex: Client) -> None:
    with world.begin() as tx:
        row = tx.session.query(models.Clinic).one()
        other = models.Clinic(
            **{column.name: getattr(row, column.name) for column in models.Clinic.__table__.columns}
            | {"id": "0" * 32}
        )
        tx.session.add(other)
        tx.session.flush()
        tx.session.query(models.Staff).filter_by(role="admin").update({"clinic_id": other.id})
    assert "Robin" not in text_of(alex, LIST)
    assert alex.get(f"{LIST}/{world.robin}").status_code == 404
    assert post(alex, f"{LIST}/{world.robin}/end", staff=world.ada)[0] == 404
