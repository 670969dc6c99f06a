"""What a word was done to: the same verb with a medicine and with a thing of every day.

By rules alone: the model has its own say, and may be missing.
"""

from __future__ import annotations

from functools import cache

import pytest

from afterword.safety.finding import Tier
from afterword.safety.screen import Context, screen
from afterword.screening.rulefiles import load_rules

THINGS = (
    *("notes", "breaks", "sessions", "photos", "risks", "deep breaths", "wrong turns", "days off"),
    *("long walks home", "cookies", "detours to get here", "selfies, honestly", "naps this week"),
)
MEDICINES = (
    *("", "pills", "of them", "tablets", "sleeping tablets", "paracetamol", "blood pressure pills"),
    *("zopiclone", "nordazepams", "of my mum's heart tablets", "little white ones", "last night"),
    *("and feel sick", ", help", "at once", "by accident", "scared now", "on purpose"),
)
COSAS = ("notas", "fotos", "decisiones", "clases de yoga", "siestas largas", "vueltas para llegar")
MEDICINAS = ("", "pastillas", "clonas", "pastillas blancas", "anoche", "de golpe", "quetiapinas")
EVERYDAY = (
    "my roommate took too much luggage",
    "I took everything in and thought about it",
    "I took a whole box of tissues",
    "I had an overdose of family this Christmas",
    "I overdosed on self-help books",
    "I shot him an email",
    "I can't breathe laughing",
    "I couldn't breathe with that mask on",
    "I collapsed on the couch after work",
    "I never want to wake up on Mondays",
    "I don't want to live with my parents any more",
    "I don't want to wake up so early",
    "I wanted to die when my skirt ripped",
    "my coach kicked my butt in training",
    "my therapist pushed me out of my comfort zone",
    "he asked me out of the blue how I slept",
    "she told me to stop being so hard on myself",
    "she undressed the problem layer by layer",
    "he threatened to quit the gym",
    "the nurse hurt my arm taking blood",
    "I bought a rope for the tent",
    "I banged my head on the cupboard",
    "I burnt my arm ironing",
    "old wounds opened in the session",
    "I punished myself with an extra lap",
    "I starve for attention sometimes",
    "tonight is the night, my first date",
    "I can't feel my legs after leg day",
    "my pulse was 100 after the stairs",
    "me tomé todo el tiempo del mundo",
    "me tragué todas las series",
    "me tomé todas las vacaciones de golpe",
    "me lo tomé todo muy a pecho",
    "quiero cortar el azúcar",
    "me dio un golpe de realidad",
    "me estoy ahogando en papeles",
    "me pegó su acento",
    "mi gato me arañó el brazo",
    "mi hijo me pega cuando jugamos",
    "mi psicóloga me empujó a salir de mi zona",
    "mi terapeuta me desnudó el alma",
    "perdí el conocimiento de inglés que tenía",
    "no quiero despertarme los lunes",
    "no quiero estar aquí, quiero estar en la playa",
    "voy a matar a mi hermano si se come mi pastel",
    "me va a dar un infarto con este perro",
    "me falta el aire de tanto reír",
    "estoy al borde de un ataque de nervios con la boda",
    "tengo la soga al cuello con los plazos",
    "no estaré en navidad, volamos a España",
)
DANGER = (
    "I took way too much last night",
    "I've taken all of them",
    "I took so many pills",
    "took everything in the cabinet",
    "I took too many sweets and pills",
    "I drank a bottle of bleach",
    "I can't breathe and my chest hurts",
    "I never want to wake up",
    "I don't want to live in this world",
    "I bought a rope",
    "tonight is the night I end it",
    "I banged my head against the wall",
    "my therapist pushed me to have sex",
    "my therapist pushed me onto the sofa",
    "he threatened to tell my husband",
    "I will kill myself in 20 minutes",
    "I will kill myself at 15:00",
    "he hit me around 19:00",
    "me tomé todas",
    "me tragué todas las pilas",
    "me tomé todas las amitriptilinas",
    "me tomé demasiadas para dormir",
    "tenía 20 pastillas y me las tomé",
    "I took the whole bottle of kalms",
    "I've just taken far too many",
    "I burned my arm on the stove on purpose",
    "me voy a matar en 10 minutos",
    "me desmayé a los 10 minutos de tomar la pastilla",
    "tengo el pulso en 190",
    "tengo el pulso en 200",
    "tengo sexo con una niña de 13",
    "me toca a mi hija de 13",
    "quiero matarme con las pastillas de 80",
    "hoy tengo 40 de fiebre con la clozapina",
    "mi marido me pega cuando juega el Madrid",
    "me va a dar un infarto con este dolor en el pecho",
    "no quiero despertar",
)
PAST = (
    "I tried to kill myself at 15",
    "I tried to kill myself in 2009",
    "en 1998 quise matarme",
    "quise matarme en el 98",
    "en el año 98 quise matarme",
    "me quise matar a los 15",
    "mi tío me violó cuando tenía 12",
)


@cache
def context() -> Context:
    return Context(load_rules())


def tier(text: str) -> Tier:
    return screen(text, context()).tier


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("who", ["I took too many", "my sister took too many", "she took so many"])
def test_a_thing_is_no_medicine(who: str, thing: str) -> None:
    assert tier(f"{who} {thing}") < Tier.CHECK


@pytest.mark.parametrize("medicine", MEDICINES)
@pytest.mark.parametrize("who", ["I took too many", "I've taken too many"])
def test_what_may_be_a_medicine_stays_one(who: str, medicine: str) -> None:
    assert tier(f"{who} {medicine}") >= Tier.SAME_DAY


@pytest.mark.parametrize("thing", COSAS)
def test_a_thing_is_no_medicine_in_spanish(thing: str) -> None:
    assert tier(f"tomé demasiadas {thing}") < Tier.CHECK


@pytest.mark.parametrize("medicine", MEDICINAS)
def test_what_may_be_a_medicine_stays_one_in_spanish(medicine: str) -> None:
    assert tier(f"me tomé demasiadas {medicine}") >= Tier.SAME_DAY


@pytest.mark.parametrize("text", EVERYDAY)
def test_nobody_is_called_for_a_manner_of_speaking(text: str) -> None:
    assert tier(text) < Tier.SAME_DAY


@pytest.mark.parametrize("text", DANGER)
def test_the_same_words_in_earnest_are_found(text: str) -> None:
    assert tier(text) >= Tier.SAME_DAY


@pytest.mark.parametrize("text", PAST)
def test_a_year_and_an_age_are_still_the_past(text: str) -> None:
    assert tier(text) == Tier.NOTE
