"""Your data: what a patient sees of it, takes along, takes back and deletes, without a script."""

import json
import re
import uuid
from html import unescape

import pytest
from patient import CODE, DANGER, SAY, WORDS, WRONG, Patient
from sqlalchemy import select

from afterword.gateway.late import play_in_once
from afterword.locales import languages, load
from afterword.records import models, reflections
from afterword.records.tombstones import Tombstones


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
    for told in ("mine_erased", "mine_erased_chat", "mine_keep_reads", "mine_erased_proof"):
        assert SAY(told) in reply.text
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
