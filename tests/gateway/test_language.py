"""The patient's pages in another language: chosen before the start, followed in the middle."""

import re
from pathlib import Path
from typing import Any

import pytest
from factory import adaptive
from stand_in import Clinic, screener
from starlette.testclient import TestClient
from talking import post, talk

from afterword.gateway.app import make_context
from afterword.locales import load
from afterword.records import inbox, models, reflections

SPANISH = load("es").section("page")
ENGLISH = load("en").section("page")


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """The clinic with questions in two languages."""
    before = clinic.context
    instruments = [adaptive(), *before.phrasing.shipped.instruments.values()]
    clinic.context = make_context(before.settings, before.records, instruments, screener())
    return clinic


def bilingual(clinic: Clinic) -> str:
    """A link to a reflection whose questions are in English and Spanish."""
    token = clinic.link()
    with clinic.records.begin() as tx:
        row = tx.session.get_one(models.Reflection, clinic.reflection_id(token))
        row.instrument_version = 2
    return token


def choose(client: TestClient, token: str, **fields: str) -> Any:
    return client.post(f"/f/{token}/language", data=fields)


def page(client: TestClient, token: str, end: str = "") -> str:
    reply = client.get(f"/f/{token}{end}")
    assert reply.status_code == 200
    return reply.text


def test_before_the_start_a_patient_chooses_without_a_script(
    client: TestClient, clinic: Clinic
) -> None:
    token = bilingual(clinic)
    before = page(client, token)
    assert '<html lang="en">' in before
    form = re.search(r'<form method="post" action="([^"]+)">(.*?)</form>', before, re.DOTALL)
    assert form is not None
    assert '<button class="quiet" name="language" value="es" lang="es">Español</button>' in form[2]
    reply = client.post(form[1], data={"language": "es"})
    assert (reply.status_code, reply.headers["location"]) == (303, f"/f/{token}")
    after = page(client, token)
    assert '<html lang="es">' in after
    assert SPANISH("landing_heading") in after
    assert SPANISH("start") in after
    assert 'href="/help?lang=es"' in after
    # Still the landing page, and the way back.
    assert 'data-begun=""' in after
    assert 'value="en" lang="en">English</button>' in after


def test_the_form_and_its_end_are_in_the_language_too(client: TestClient, clinic: Clinic) -> None:
    token = bilingual(clinic)
    choose(client, token, language="es")
    form = page(client, token, "/form")
    assert SPANISH("form_intro") in form
    assert "¿Dr Ada Okafor entendió lo que te importaba?" in form
    assert "En general sí" in form
    shown = re.search(r'name="shown" value="([^"]+)"', form)
    assert shown is not None
    saved = client.post(f"/f/{token}/form", data={"shown": shown[1], "pick.heard": "3"})
    assert saved.status_code == 303
    review = page(client, token, "/form/review")
    assert "En general sí" in review
    client.post(f"/f/{token}/form/review", data={"decision": "share"})
    clinic.read_by_clinician(token)
    read = talk(client, token).json()
    assert re.search(r"leyó esto el \d+ de [a-z]+ de \d{4}\.", read["notice"]["title"])


def test_inside_a_clinics_page_it_leads_back_there(client: TestClient, clinic: Clinic) -> None:
    token = bilingual(clinic)
    assert '<input type="hidden" name="embedded" value="1">' in page(client, token, "/embed")
    reply = choose(client, token, language="es", embedded="1")
    assert reply.headers["location"] == f"/f/{token}/embed"
    assert '<html lang="es">' in page(client, token, "/embed")


@pytest.mark.parametrize("language", ["fr", "", "../es", "ES"])
def test_a_language_that_the_questions_lack_changes_nothing(
    client: TestClient, clinic: Clinic, language: str
) -> None:
    token = bilingual(clinic)
    assert choose(client, token, language=language).status_code == 303
    assert clinic.reflection(token).language == "en"


def test_questions_in_one_language_offer_no_other(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    assert "/language" not in page(client, token)
    choose(client, token, language="es")
    assert clinic.reflection(token).language == "en"


def test_who_wants_what_the_questions_lack_still_gets_the_questions(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    with clinic.records.begin() as tx:
        reflections.set_language(tx, clinic.reflection_id(token), "es")
    assert "Did Dr Ada Okafor take in what mattered to you?" in page(client, token, "/form")


def test_a_link_that_does_not_work_and_a_body_that_is_none(
    client: TestClient, clinic: Clinic
) -> None:
    assert choose(client, "x" * 43, language="es").status_code == 404
    token = bilingual(clinic)
    for body in (b"\xff\xfe=%", b"language=es&" + b"x" * 2000):
        assert client.post(f"/f/{token}/language", content=body).status_code == 413
    assert clinic.reflection(token).language == "en"


def test_the_page_hears_of_a_switch_in_the_middle(client: TestClient, clinic: Clinic) -> None:
    token = bilingual(clinic)
    post(client, token, choice="menu.start")
    seen = talk(client, token).json()
    assert seen["language"] == "en"
    with clinic.records.begin() as tx:
        accepted = inbox.accept(tx, clinic.reflection_id(token), "a", "text", {"text": "español"})
        line = {"text": "De acuerdo", "choices": [], "kind": "say", "progress": {"at": 1, "of": 9}}
        inbox.finish(tx, accepted.inbox_id, [line])
        reflections.set_language(tx, clinic.reflection_id(token), "es")
    news = talk(client, token, after=seen["cursor"]).json()
    assert news["language"] == "es"
    assert news["messages"][-1]["place"] == "1 de 9"
    # It loads itself again: the chat, not the landing page, with its own texts in Spanish.
    after = page(client, token)
    assert 'data-begun="1"' in after
    assert SPANISH("menu_skip") in after
    assert ENGLISH("menu_stop_delete") not in after


def test_script_and_page_agree_on_how_a_switch_is_seen() -> None:
    script = (Path(__file__).parents[2] / "afterword/gateway/static/patient.js").read_text()
    assert "language !== news.language && !mine.length" in script


@pytest.mark.parametrize("language", ["en", "es"])
def test_help_is_in_the_language_of_the_page(client: TestClient, language: str) -> None:
    reply = client.get("/help", params={"lang": language})
    assert f'<html lang="{language}">' in reply.text
    assert load(language)("page.title") in reply.text
