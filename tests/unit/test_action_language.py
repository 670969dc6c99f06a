"""The action that switches the language, without Rasa around it."""

from collections.abc import Iterator
from typing import Any

import pytest
from factory import Clinic, adaptive, core, english, lexicon, rated
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import desk as desks
from actions.action_language import ActionLanguage
from actions.desk import Desk
from actions.talk import gather
from afterword.access.actors import Actor
from afterword.locales import load
from afterword.phrasing import Phrasing
from afterword.records import models, reflections, wordings

SPANISH = load("es").section("bot")
ENGLISH = english().section("bot")


@pytest.fixture
def desk(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    languages = ("en", "es")
    made = Desk(
        records=clinic.records,
        phrasing=Phrasing(
            {language: load(language) for language in languages},
            {("core", 1): core(), ("core", 2): adaptive()},
        ),
        lexicons={language: lexicon(language) for language in languages},
    )
    monkeypatch.setattr(desks, "_desk", made)
    yield made


@pytest.fixture
def reflection(clinic: Clinic) -> str:
    """One that was begun, with questions in two languages."""
    reflection_id = clinic.reflect(rated("heard", 4), sharing=None)
    with clinic.records.begin() as tx:
        tx.session.get_one(models.Reflection, reflection_id).instrument_version = 2
    return reflection_id


def tracker_of(clinic: Clinic, reflection_id: str, text: str, **slots: Any) -> Tracker:
    with clinic.records.read() as tx:
        found = reflections.by_id(tx, reflection_id)
    assert found is not None
    heard = {"text": text, "intent": {"name": "ask_language"}, "metadata": {"message": "m1"}}
    slots = {"question": "safe"} | slots
    return Tracker(found.conversation, slots, heard, [], False, None, {}, "action_listen")


def run(clinic: Clinic, reflection_id: str, text: str, **slots: Any) -> tuple[list[str], Any]:
    dispatcher = CollectingDispatcher()
    tracker = tracker_of(clinic, reflection_id, text, **slots)
    events = ActionLanguage().run(dispatcher, tracker, {})
    return [str(message["text"]) for message in dispatcher.messages], events


def language_of(clinic: Clinic, reflection_id: str) -> str:
    with clinic.records.read() as tx:
        found = reflections.by_id(tx, reflection_id)
    assert found is not None
    return found.language


def test_it_says_so_in_the_new_language_and_keeps_the_answers(
    clinic: Clinic, desk: Desk, reflection: str
) -> None:
    answers = clinic.answers(reflection)
    said, events = run(clinic, reflection, "en español por favor")
    assert said == [SPANISH("language_now")]
    assert language_of(clinic, reflection) == "es"
    assert clinic.answers(reflection) == answers
    assert {"event": "slot", "timestamp": None, "name": "pending", "value": None} in events
    # The question that was open is asked in the new language.
    with clinic.records.read() as tx:
        talk = gather(tx, desk, tracker_of(clinic, reflection, ""))
    question = talk.asker.plan.question("safe", talk.answers)
    assert question is not None
    asked = talk.asker.prompt(question, talk.answers, short=True, keep=False)
    assert asked.text == adaptive().items["safe"].again["es"]
    said, _ = run(clinic, reflection, "English please")
    assert said == [ENGLISH("language_now")]


def test_the_assistant_says_what_the_clinic_wrote(
    clinic: Clinic, desk: Desk, reflection: str
) -> None:
    with clinic.records.begin(by=Actor.operator("test")) as tx:
        words = {"language": "es", "text": "De acuerdo, seguimos en español."}
        wordings.change(tx, clinic.id, key="bot.language_now", **words)
    said, _ = run(clinic, reflection, "en español por favor")
    assert said == ["De acuerdo, seguimos en español."]


@pytest.mark.parametrize("text", ["do you speak English?", "can you do French"])
def test_it_says_what_else_it_speaks(
    clinic: Clinic, desk: Desk, reflection: str, text: str
) -> None:
    said, _ = run(clinic, reflection, text)
    assert said == [ENGLISH("language_same", others="Español")]
    assert language_of(clinic, reflection) == "en"


def test_with_questions_in_one_language_it_says_that(clinic: Clinic, desk: Desk) -> None:
    reflection = clinic.reflect(rated("heard", 4), sharing=None)
    said, _ = run(clinic, reflection, "español")
    assert said == [ENGLISH("language_only")]
    assert language_of(clinic, reflection) == "en"


def test_go_on_or_stop_here_stays_open(clinic: Clinic, desk: Desk, reflection: str) -> None:
    said, events = run(clinic, reflection, "español", pending="safety")
    assert said == [SPANISH("language_now")]
    assert events == []


def test_days_and_months_are_in_the_language(clinic: Clinic, desk: Desk, reflection: str) -> None:
    clinic.book(starts_at=clinic.clock.now)
    spoken = {}
    for language in ("en", "es"):
        with clinic.records.begin() as tx:
            reflections.set_language(tx, reflection, language)
        with clinic.records.read() as tx:
            talk = gather(tx, desk, tracker_of(clinic, reflection, ""))
        spoken[language] = talk.until()
    assert spoken == {
        "en": " before Tuesday 17 November, 09:00",
        "es": " antes del martes 17 de noviembre, 09:00",
    }
