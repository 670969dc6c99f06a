"""At the review only words that say so, and nothing else, decide what is shared."""

import pytest
from factory import lexicon

from afterword.reflection.sharing import decision


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ("share", "share"),
        ("yes, share it all please", "share"),
        ("all good, send it to her", "share"),
        ("only the ratings please", "ratings"),
        ("send it, only the ratings", "ratings"),
        ("please keep it private, thanks", "private"),
        ("dont send any of it", "private"),
    ],
)
def test_words_that_say_so_decide(text: str, decided: str) -> None:
    assert decision(text, lexicon()) == decided


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "should I share?",
        "share?",
        "no share",
        "I don't know, share",
        "I press share and nothing happens",
        "share it or keep it private",
        "not sure I want to share it",
    ],
)
def test_anything_besides_decides_nothing(text: str) -> None:
    assert decision(text, lexicon()) is None


@pytest.mark.parametrize(
    ("text", "decided"),
    [("sí, compártelo todo", "share"), ("no mandes nada por favor", "private"), ("sí", None)],
)
def test_spanish_decides_alike(text: str, decided: str | None) -> None:
    assert decision(text, lexicon("es")) == decided
