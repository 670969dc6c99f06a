"""The patient's own code: what it opens, for how long, and that without it nothing is shown."""

import json
import re
import uuid
from datetime import timedelta

from factory import cheap_hash
from patient import DANGER, SAY, WORDS, WRONG, Patient
from sqlalchemy import select
from stand_in import Clinic
from starlette.testclient import TestClient

from afterword.access.actors import Actor
from afterword.hashing import hash_secret
from afterword.records import codes, inbox, models
from afterword.records.rights_models import PatientCode


def test_everything_needs_the_code(patient: Patient) -> None:
    patient.has_code().answers()
    for name in ("everything.json", "everything.html"):
        assert patient.get(f"/mine/{name}").status_code == 303
    patient.enters()
    found = patient.get("/mine/everything.json").json()
    assert found["person"]["name"] == "Rosa Lind"
    assert [one["text"] for one in found["goals"]] == ["Go to the <b>market</b> on my own"]
    assert found["reflections"][0]["answers"][0]["words"] == WORDS
    assert len(found["appointments"]) == 2
    assert "Rosa Lind" in patient.get("/mine/everything.html").text
    assert patient.get("/mine/secret.json").status_code == 404


def test_the_code_shows_who_read_what(patient: Patient) -> None:
    patient.has_code().answers()
    patient.clinic.read_by_clinician(patient.token)
    patient.enters()
    assert re.search(r"Dr Ada Okafor\W: marked what you shared as read", patient.sees())
    reads = patient.get("/mine/everything.json").json()["reads"]
    assert {"read_all_own", "confirm_digest", "manage_clinic"} <= {one["did"] for one in reads}


def test_a_code_opens_its_own_patient_only(clinic: Clinic, client: TestClient) -> None:
    one, other = Patient(clinic, client).has_code(), Patient(clinic, client).has_code()
    one.enters()
    key = client.cookies.get("unlocked")
    assert key
    client.cookies.clear()
    reply = client.get(f"/f/{other.token}/mine", headers={"X-Afterword-Unlock": key})
    assert "Rosa Lind" not in reply.text
    assert (
        "Rosa Lind" in client.get(f"/f/{one.token}/mine", headers={"X-Afterword-Unlock": key}).text
    )


def test_the_key_is_for_this_link_and_for_no_script(patient: Patient) -> None:
    patient.has_code()
    cookie = patient.enters().headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert f"Path=/f/{patient.token}" in cookie
    assert "Max-Age=1800" in cookie


def test_the_code_is_good_for_half_an_hour(patient: Patient) -> None:
    patient.has_code().enters()
    assert "Rosa Lind" in patient.sees()
    _later(patient, minutes=29)
    assert "Rosa Lind" in patient.sees()
    _later(patient, minutes=31)
    assert "Rosa Lind" not in patient.sees()


def test_after_five_wrong_codes_there_is_a_pause_for_the_right_one_too(patient: Patient) -> None:
    patient.has_code()
    for _ in range(5):
        reply = patient.enters(WRONG)
        assert reply.status_code == 422
    assert "15 minutes" in reply.text
    reply = patient.enters()
    assert reply.status_code == 422
    assert "too many wrong codes" in reply.text
    _later(patient, minutes=14)
    assert patient.enters().status_code == 422
    _later(patient, minutes=16)
    assert patient.enters(WRONG).status_code == 422
    assert patient.enters().status_code == 303


def test_a_right_code_forgets_the_wrong_ones(patient: Patient) -> None:
    patient.has_code()
    for _ in range(3):
        for _ in range(4):
            patient.enters(WRONG)
        assert patient.enters().status_code == 303


def test_a_new_code_ends_the_one_before_and_what_it_opened(patient: Patient) -> None:
    patient.has_code().enters()
    with patient.records.begin() as tx:
        codes.give(tx, patient.patient_id, cheap_hash("12345678"))
    assert "Rosa Lind" not in patient.sees()
    assert patient.enters().status_code == 422
    assert patient.enters("1234-5678").status_code == 303


def test_a_code_that_costs_what_ours_cost_opens_and_is_kept_as_that_hash(patient: Patient) -> None:
    """The others have a cheaper one."""
    with patient.records.begin(by=Actor.operator("tests")) as tx:
        codes.give(tx, patient.patient_id, hash_secret("47110815"))
    assert patient.enters().status_code == 303
    with patient.records.read() as tx:
        stored = tx.session.scalar(select(PatientCode.code_hash))
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_closing_ends_it_on_every_device(patient: Patient) -> None:
    patient.has_code().enters()
    key = patient.client.cookies["unlocked"]
    patient.does("lock")
    patient.client.cookies.clear()
    reply = patient.client.get(f"/f/{patient.token}/mine", headers={"X-Afterword-Unlock": key})
    assert "Rosa Lind" not in reply.text


# The shared phone


def test_with_the_code_asked_each_time_the_link_shows_nothing(patient: Patient) -> None:
    patient.answers()
    patient.locks()
    for path in ("", "/embed", "/form", "/form/review", "/mine", "/mine/reflection.json"):
        reply = patient.get(path)
        assert reply.status_code == 401, path
        assert "Elm Street" not in reply.text
        assert "Okafor" not in reply.text
        assert "pace" not in reply.text
        assert SAY("code_heading") in reply.text
        assert "999" in reply.text, "help is on every page"
    reply = patient.client.get(
        "/api/conversation", headers={"Authorization": f"Bearer {patient.token}"}
    )
    assert (reply.status_code, reply.json()) == (
        401,
        {"error": "locked", "message": SAY("locked")},
    )


def test_the_code_opens_page_form_and_api(patient: Patient) -> None:
    patient.answers(sharing=None)
    patient.locks()
    assert patient.enters(to="").headers["location"] == f"/f/{patient.token}"
    page = patient.get("").text
    key = re.search(r'data-key="([^"]+)"', page)[1]
    assert patient.get("/form").status_code == 200
    headers = {"Authorization": f"Bearer {patient.token}", "X-Afterword-Unlock": key}
    patient.client.cookies.clear()
    assert patient.client.get("/api/conversation", headers=headers).status_code == 200
    sent = {"id": str(uuid.uuid4()), "text": "hello"}
    assert patient.client.post("/api/messages", json=sent, headers=headers).status_code == 202


def test_in_a_frame_the_page_itself_carries_the_key(patient: Patient) -> None:
    patient.locks()
    reply = patient.enters(to="embed")
    assert reply.status_code == 200
    assert "set-cookie" not in reply.headers
    assert "https://elm.example" in reply.headers["content-security-policy"]
    assert re.search(r'data-key="[^"]{20,}"', reply.text)


def test_the_page_carries_no_key_where_none_is_asked_for(patient: Patient) -> None:
    patient.has_code().enters()
    assert "data-key" not in patient.get("").text


def test_danger_is_answered_while_the_page_is_locked(patient: Patient) -> None:
    patient.locks()
    headers = {"Authorization": f"Bearer {patient.token}"}
    sent = {"id": str(uuid.uuid4()), "text": DANGER}
    reply = patient.client.post("/api/messages", json=sent, headers=headers)
    assert reply.status_code == 401
    assert "999" in json.dumps(reply.json()["safety"])
    harmless = {"id": str(uuid.uuid4()), "text": "It went well"}
    reply = patient.client.post("/api/messages", json=harmless, headers=headers)
    assert (reply.status_code, "safety" in reply.json()) == (401, False)
    with patient.records.read() as tx:
        assert len(tx.session.scalars(select(models.Alert)).all()) == 1
        assert tx.session.scalars(select(models.Inbox)).all() == [], "nothing is kept"
        assert inbox.last_texts(tx, patient.reflection_id, 5) == ()


def test_danger_on_the_form_is_answered_while_it_is_locked(patient: Patient) -> None:
    patient.locks()
    data = {"id": str(uuid.uuid4()), "shown": "heard", "words.heard": DANGER}
    reply = patient.client.post(f"/f/{patient.token}/form", data=data)
    assert reply.status_code == 401
    assert "tel:999" in reply.text
    assert 'role="alert"' in reply.text
    assert patient.clinic.answers(patient.token) == {}


def test_asking_each_time_can_be_switched_off_again(patient: Patient) -> None:
    patient.locks().enters()
    patient.does("each_time")
    patient.client.cookies.clear()
    assert patient.get("").status_code == 200


def test_without_the_code_nobody_switches_it_on_or_off(patient: Patient) -> None:
    patient.has_code().does("each_time", on="1")
    assert patient.get("").status_code == 200
    patient.locks().does("each_time")
    assert patient.get("").status_code == 401


def _later(patient: Patient, *, minutes: float) -> None:
    """The clock of the clinic, so long after the test began."""
    patient.records.clock = lambda: patient.start + timedelta(minutes=minutes)
