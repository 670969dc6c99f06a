"""Praise, and an assistant that acts a person, are found."""

import re

import pytest

from afterword.wording.tone import ACTS_A_PERSON, PRAISE


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (PRAISE, "Great, thank you for sharing"),
        (PRAISE, "Well done."),
        (PRAISE, "Muy bien, gracias por contarlo."),
        (ACTS_A_PERSON, "I understand how you feel."),
        (ACTS_A_PERSON, "I am a person, too"),
        (ACTS_A_PERSON, "Entiendo cómo te sientes."),
        (ACTS_A_PERSON, "Soy una persona, como tú."),
    ],
)
def test_praise_and_pretence_would_be_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
    assert not ACTS_A_PERSON.search("I am a computer program, not a person.")
    assert not ACTS_A_PERSON.search("Soy un programa, no una persona.")
