"""How easy a text is to read is measured about right."""

import pytest

from afterword.wording.reading import (
    EASY,
    EASY_IN_SPANISH,
    ease,
    grade,
    spanish_syllables,
    syllables,
)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("see", 1), ("people", 2), ("computer", 3), ("shared", 1), ("minutes", 2), ("goes", 1)),
        *(("answered", 2), ("wanted", 2), ("something", 3), ("yes", 1), ("the", 1), ("while", 1)),
        *(("little", 2), ("clinic", 2), ("session", 2), ("anything", 3), ("everything", 3)),
    ],
)
def test_syllables_are_counted_about_right(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= (1 if word in {"something"} else 0)


def test_hard_texts_would_be_found() -> None:
    hard = "Your therapeutic relationship is evaluated confidentially and individually."
    assert grade(hard) > 12 > EASY
    assert grade("You can skip any question that you do not like.") < EASY


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("respuesta", 3), ("día", 2), ("leído", 3), ("quien", 1), ("pregunta", 3), ("muy", 1)),
        *(("sesión", 2), ("guía", 2), ("ciudad", 2), ("clínica", 3), ("y", 1), ("ahora", 3)),
    ],
)
def test_spanish_syllables_are_counted_right(word: str, count: int) -> None:
    assert spanish_syllables(word) == count


def test_hard_spanish_would_be_found() -> None:
    hard = "La relación terapéutica se evaluará confidencialmente y con total individualización."
    assert ease(hard) < 20 < EASY_IN_SPANISH
    assert ease("Puedes saltar la pregunta que no te guste.") > EASY_IN_SPANISH
