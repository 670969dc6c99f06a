"""Slips of the finger are put right where only one word can be meant."""

import pytest
from factory import lexicon, question

from afterword.reflection.reading import read_option


def options(text: str, of: str = "heard", language: str = "en") -> tuple[list[str], bool]:
    reading = read_option(question(of), text, lexicon(language))
    return [option.id for option in reading.options], reading.sure


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("mostky", "3"),
        ("mosty i think", "3"),
        ("partyl", "2"),
        ("compleatly", "5"),
        ("completly", "5"),
    ],
)
def test_a_slip_in_a_word_is_read_as_the_word(text: str, option: str) -> None:
    assert options(text) == ([option], True)


@pytest.mark.parametrize("text", ["party", "hallway", "noting", "lost", "same"])
def test_another_word_is_no_slip(text: str) -> None:
    assert options(text) == ([], False)


def test_spanish_slips_are_put_right_too() -> None:
    assert options("completamnte", language="es") == (["5"], True)
