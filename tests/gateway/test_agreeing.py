"""What a patient agrees to: in which words, kept with them, and taken back."""

import hashlib
import uuid
from datetime import timedelta

import pytest
from patient import SAY, Patient

from afterword.locales import languages, load
from afterword.records import consents, invitations
from afterword.records.consents import ConsentWithdrawn, Subject, Wording

KNOWN = {
    ("en", Subject.REFLECTION): (1, "ac9a50f27cfb"),
    ("en", Subject.TRAINING): (1, "cdb432066a09"),
    ("es", Subject.REFLECTION): (1, "bc2c7e4f6eb2"),
    ("es", Subject.TRAINING): (1, "5081d2e84a5f"),
}
"""Version and fingerprint of the words of each consent."""


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
