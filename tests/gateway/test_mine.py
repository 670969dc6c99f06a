"""Your data: what a patient sees of it, takes along, takes back and deletes, without a script."""

import hashlib
import json
import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from stand_in import Clinic
from starlette.testclient import TestClient

from afterword.access.actors import Actor
from afterword.gateway.late import play_in_once
from afterword.hashing import hash_secret
from afterword.locales import languages, load
from afterword.records import codes, consents, inbox, invitations, models, reflections
from afterword.records.consents import ConsentWithdrawn, Subject, Wording
from afterword.records.rights_models import PatientCode
from afterword.records.tombstones import Tombstones
from afterword.reflection.answers import Answer, AnswerState, Sharing

CODE, WRONG = "4711 0815", "00000000"
HASH = hash_secret("47110815")
WORDS = "I liked the <i>pace</i>"
SAY = load("en").section("page")
KNOWN = {
    ("en", Subject.REFLECTION): (1, "ac9a50f27cfb"),
    ("en", Subject.TRAINING): (1, "cdb432066a09"),
    ("es", Subject.REFLECTION): (1, "bc2c7e4f6eb2"),
    ("es", Subject.TRAINING): (1, "5081d2e84a5f"),
}
"""Version and fingerprint of the words of each consent."""


class Patient:
    """Somebody with a link, and a browser that keeps cookies."""

    def __init__(self, clinic: Clinic, client: TestClient) -> None:
        self.clinic, self.client = clinic, client
        self.token = clinic.link()
        self.start = clinic.records.clock()
        self.reflection_id = clinic.reflection_id(self.token)
        self.patient_id = clinic.reflection(self.token).patient_id

    @property
    def records(self) -> Any:
        return self.clinic.records

    def has_code(self) -> "Patient":
        with self.records.begin(by=Actor.operator("tests")) as tx:
            codes.give(tx, self.patient_id, HASH)
        return self

    def answers(self, words: str = WORDS, sharing: Sharing | None = Sharing.ALL) -> None:
        with self.records.begin() as tx:
            reflections.begin(tx, self.reflection_id)
            answer = Answer("heard", AnswerState.ANSWERED, "4", words)
            reflections.record_answer(tx, self.reflection_id, answer, str(uuid.uuid4()))
            if sharing:
                reflections.share(tx, self.reflection_id, sharing)

    def get(self, path: str = "/mine") -> Any:
        return self.client.get(f"/f/{self.token}{path}")

    def sees(self, path: str = "/mine") -> str:
        """The text of a page, without its marks."""
        reply = self.get(path)
        assert reply.status_code == 200, reply.status_code
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", reply.text)).split())

    def does(self, do: str, **fields: str) -> Any:
        return self.client.post(f"/f/{self.token}/mine", data={"do": do, **fields})

    def enters(self, code: str = CODE, to: str = "mine") -> Any:
        return self.client.post(f"/f/{self.token}/code", data={"code": code, "to": to})

    def locks(self) -> "Patient":
        """Wants the code each time, and leaves."""
        self.has_code()
        self.enters()
        self.does("each_time", on="1")
        self.client.cookies.clear()
        return self


@pytest.fixture
def patient(clinic: Clinic, client: TestClient) -> Patient:
    return Patient(clinic, client)


def test_the_link_alone_shows_this_reflection_and_not_the_person(patient: Patient) -> None:
    patient.answers()
    text = patient.sees()
    assert WORDS in text
    assert "Dr Ada Okafor can see this." in text
    assert SAY("mine_read_nobody") in text
    assert "Rosa Lind" not in text, "the link is no proof of who holds it"
    assert SAY("mine_code_none") in text


def test_it_says_who_opened_it_and_when(patient: Patient) -> None:
    patient.answers()
    patient.clinic.read_by_clinician(patient.token)
    text = patient.sees()
    assert re.search(r"Dr Ada Okafor\W opened it on \d+ \w+ \d{4}, \d\d:\d\d", text)
    assert re.search(r"Dr Ada Okafor\W marked it as read on", text)


def test_what_was_written_makes_no_markup(patient: Patient) -> None:
    patient.answers()
    for path in ("/mine", "/mine/reflection.html"):
        assert "<i>" not in patient.get(path).text


def test_it_says_how_long_things_are_kept(patient: Patient) -> None:
    terms = patient.clinic.context.settings.terms
    text = patient.sees()
    assert f"{SAY('mine_keep_messages')}: {terms['messages']} days" in text
    assert terms["words"] == 2 * 365
    assert f"{SAY('mine_keep_words')}: 2 years" in text


@pytest.mark.parametrize("language", languages())
def test_every_page_is_there_in_every_language(patient: Patient, language: str) -> None:
    patient.has_code().answers()
    patient.clinic.context.phrasing.shipped.catalogues[language] = load(language)
    with patient.records.begin() as tx:
        reflections.set_language(tx, patient.reflection_id, language)
    say = load(language).section("page")
    assert say("mine_heading") in patient.sees()
    patient.enters()
    text = patient.sees()
    assert say("mine_reads") in text
    assert say("did_read_all_own") in patient.sees()


def test_the_data_can_be_taken_along(patient: Patient) -> None:
    patient.answers()
    reply = patient.get("/mine/reflection.json")
    assert reply.headers["content-disposition"] == 'attachment; filename="reflection.json"'
    (reflection,) = reply.json()["reflections"]
    (answer,) = reflection["answers"]
    assert (answer["words"], answer["value"], answer["visibility"]) == (WORDS, "4", "shared")
    assert answer["asked"] and answer["chosen"]
    page = patient.get("/mine/reflection.html")
    assert page.headers["content-disposition"].startswith("attachment")
    assert "pace" in page.text
    assert "/static/" not in page.text, "it is read without us"


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
        codes.give(tx, patient.patient_id, hash_secret("12345678"))
    assert "Rosa Lind" not in patient.sees()
    assert patient.enters().status_code == 422
    assert patient.enters("1234-5678").status_code == 303


def test_the_code_is_kept_as_a_slow_hash(patient: Patient) -> None:
    patient.has_code()
    with patient.records.read() as tx:
        assert tx.session.scalar(select(PatientCode.code_hash)).startswith("$argon2id$")


def test_closing_ends_it_on_every_device(patient: Patient) -> None:
    patient.has_code().enters()
    key = patient.client.cookies["unlocked"]
    patient.does("lock")
    patient.client.cookies.clear()
    reply = patient.client.get(f"/f/{patient.token}/mine", headers={"X-Afterword-Unlock": key})
    assert "Rosa Lind" not in reply.text


def test_taking_back_and_deleting_start_here(patient: Patient) -> None:
    patient.answers()
    assert 'value="take_back"' in patient.get().text
    patient.clinic.read_by_clinician(patient.token)
    assert 'value="take_back"' not in patient.get().text
    reply = patient.client.post(f"/f/{patient.token}/form/review", data={"decision": "delete"})
    assert SAY("delete_ask") in reply.text


def test_everything_is_deleted_with_the_code_given_twice(patient: Patient) -> None:
    patient.has_code().answers()
    patient.enters()
    assert SAY("mine_erase_text") in patient.does("erase").text
    assert patient.does("erase_yes", code=WRONG).status_code == 422
    assert patient.clinic.answers(patient.token)
    reply = patient.does("erase_yes", code=CODE)
    assert SAY("mine_erased") in reply.text
    proof = json.loads(unescape(re.search(r"<pre[^>]*>(.*)</pre>", reply.text, re.S)[1]))
    assert proof["patient"] == patient.patient_id
    assert proof["rows_deleted"]["answer"] == 1
    assert patient.get("").status_code == 404
    with patient.records.read() as tx:
        assert tx.session.get(models.Patient, patient.patient_id) is None
    file = Tombstones(patient.clinic.context.settings.tombstone_file)
    assert list(file.read()) == [proof["tombstone"]]


def test_nothing_is_deleted_with_the_link_alone(patient: Patient) -> None:
    patient.has_code().answers()
    assert patient.does("erase_yes", code=CODE).status_code == 303
    assert patient.clinic.answers(patient.token)


def test_what_waits_on_the_disk_goes_with_the_patient(patient: Patient) -> None:
    """Words that came while the database was away are not played in after the erasure."""
    context = patient.has_code().clinic.context
    context.spool.keep(patient.token, str(uuid.uuid4()), DANGER, "page")
    patient.enters()
    patient.does("erase_yes", code=CODE)
    play_in_once(context)
    assert list(context.spool.waiting()) == []
    with patient.records.read() as tx:
        assert tx.session.scalars(select(models.Inbox)).all() == []
        assert tx.session.scalars(select(models.Alert)).all() == []


def test_what_came_by_a_locked_link_while_the_database_was_away_is_told_and_not_kept(
    patient: Patient,
) -> None:
    context = patient.locks().clinic.context
    context.spool.keep(patient.token, str(uuid.uuid4()), DANGER, "page")
    play_in_once(context)
    with patient.records.read() as tx:
        assert tx.session.scalars(select(models.Inbox)).all() == []
        assert len(tx.session.scalars(select(models.Alert)).all()) == 1


# Consent


def test_starting_on_the_form_notes_what_was_agreed_to(patient: Patient) -> None:
    words = f"{SAY('landing_share')} {SAY('landing_live')} {SAY('consent_reflection')}"
    assert words in patient.sees("/form")
    for part in ("landing_share", "landing_live", "consent_reflection"):
        assert SAY(part) in patient.sees("")
    data = {"id": str(uuid.uuid4()), "shown": "heard", "pick.heard": "4"}
    patient.client.post(f"/f/{patient.token}/form", data=data)
    (agreed,) = patient.get("/mine/reflection.json").json()["consents"]
    assert (agreed["text"], agreed["version"], agreed["channel"]) == (words, 1, "form")
    assert agreed["withdrawn_at"] is None
    assert words in patient.sees()


def test_looking_at_it_is_no_consent(patient: Patient) -> None:
    patient.sees("")
    patient.sees("/form")
    assert patient.get("/mine/reflection.json").json()["consents"] == []


def agrees(patient: Patient) -> None:
    patient.client.post(
        f"/f/{patient.token}/form",
        data={"id": str(uuid.uuid4()), "shown": "heard", "pick.heard": "4"},
    )


def test_who_takes_it_back_is_asked_and_shown_nothing_more(patient: Patient) -> None:
    agrees(patient)
    patient.client.post(
        f"/f/{patient.token}/form/review",
        data={"id": str(uuid.uuid4()), "decision": "share"},
    )
    assert patient.clinic.reflection(patient.token).state == "shared"
    assert patient.does("withdraw").status_code == 303
    assert patient.clinic.reflection(patient.token).state == "private"
    assert {one.visibility for one in patient.clinic.answers(patient.token).values()} == {"private"}
    assert SAY("done_private") in patient.sees("/form")
    with patient.records.begin() as tx, pytest.raises(ConsentWithdrawn):
        invitations.invite(
            tx,
            patient.clinic.appointments[patient.token],
            instrument="core",
            instrument_version=1,
            expires_at=tx.now + timedelta(days=1),
        )
    (agreed,) = patient.get("/mine/reflection.json").json()["consents"]
    assert agreed["withdrawn_at"] is not None


def test_who_opens_it_again_agrees_again(patient: Patient) -> None:
    agrees(patient)
    patient.does("withdraw")
    patient.client.post(
        f"/f/{patient.token}/form/review",
        data={"id": str(uuid.uuid4()), "decision": "take_back"},
    )
    found = patient.get("/mine/reflection.json").json()["consents"]
    assert [one["withdrawn_at"] is None for one in found] == [False, True]


def test_who_took_it_back_can_agree_again_without_opening_anything(patient: Patient) -> None:
    agrees(patient)
    assert SAY("mine_agree") not in patient.sees()
    patient.does("withdraw")
    assert SAY("mine_agree") in patient.sees()
    patient.does("agree")
    assert SAY("mine_agree") not in patient.sees()
    assert patient.clinic.reflection(patient.token).state == "private"
    with patient.records.read() as tx:
        assert consents.holds(tx, patient.reflection_id, Subject.REFLECTION)


def test_training_is_allowed_only_by_who_ticks_it(patient: Patient) -> None:
    def allowed() -> bool:
        with patient.records.read() as tx:
            return consents.training_allowed(tx, patient.patient_id)

    agrees(patient)
    assert not allowed()
    assert "checked" not in patient.get().text
    patient.does("training", on="1")
    assert allowed()
    assert "checked" in patient.get().text
    patient.does("training")
    assert not allowed()


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("subject", Subject)
def test_words_of_a_consent_change_only_with_its_version(language: str, subject: Subject) -> None:
    """Whoever changes the words counts the version up, here and in the texts of all languages."""
    wording = Wording.of(subject, language, load(language).section("page"))
    assert (wording.version, _fingerprint(wording.text)) == KNOWN[language, subject]


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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


DANGER = "I am going to kill myself tonight"


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
