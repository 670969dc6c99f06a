"""A digest is in the clinic's language, whatever language its patient answered in."""

import re
from datetime import timedelta

import pytest
from factory import adaptive

from afterword.access.actors import Actor
from afterword.locales import load
from afterword.portal.digests import DigestMaker
from afterword.records import models, reflections
from afterword.reflection.answers import Answer, AnswerState, Sharing

from .factory import NOW, WEEK, Client, World, rated, said

WORDS = "Me sentí escuchada, pero me faltó tiempo."
WISH = "Más tiempo al final"


@pytest.fixture
def coming(world: World) -> str:
    """The coming appointment of a patient who answered in Spanish, in the middle of it."""
    world.context.instruments["core", 2] = adaptive()
    reflection = world.reflect(
        world.book(NOW - WEEK),
        rated("heard", 2),
        Answer("heard_why", AnswerState.ANSWERED, "pace"),
        Answer("safe", AnswerState.DECLINED),
        sharing=None,
        at=NOW - WEEK / 2,
    )
    with world.begin() as tx:
        tx.session.get_one(models.Reflection, reflection).instrument_version = 2
        reflections.set_language(tx, reflection, "es")
        for number, answer in enumerate((rated("snag", 2, "Un poco"), said("better", WORDS))):
            reflections.record_answer(tx, reflection, answer, f"m{number}")
        reflections.record_answer(tx, reflection, said("wish", WISH), "m9")
        reflections.share(tx, reflection, Sharing.ALL)
    return world.book(NOW + timedelta(hours=1))


def test_options_are_in_the_clinics_language_and_words_as_they_were_typed(
    signed_in: Client, coming: str
) -> None:
    page = signed_in.get(f"/portal/appointments/{coming}").text
    for english in ("Heard", "Partly", "We moved on too fast", "Rather not say", "Some"):
        assert english in page
    for typed in (WORDS, WISH, "Un poco"):
        assert typed in page
    for spanish in ("En parte", "Escucha", "Prefiero no decirlo", "Algo"):
        assert not re.search(rf"\b{spanish}\b", page)


def test_the_same_digest_can_be_made_in_spanish(world: World, coming: str) -> None:
    maker = DigestMaker(world.context.instruments, load("es"), world.context.screener)
    with world.records.read(by=Actor.staff(world.ada)) as tx:
        made = maker.digest_for(tx, world.ada, coming)
    assert made is not None
    digest = made[1]
    assert [(line.label, line.answer) for line in digest.items] == [
        ("Escucha", "En parte"),
        ("Confianza para hablar", "Prefiere no decirlo"),
        ("Tensión", "Algo"),
    ]
    assert digest.headline == "Se ha compartido una tensión: Algo."
    assert {quote.text for quote in digest.words} == {"Un poco", WORDS}
    assert digest.wish is not None
    assert digest.wish.text == WISH
    assert all(opener.text.startswith("«") for opener in digest.openers)
    assert digest.openers
