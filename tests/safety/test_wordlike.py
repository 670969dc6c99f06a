"""What is not words is not shown to the model: it has learned from sentences only."""

from collections.abc import Sequence

import pytest
from statements import screener

from afterword.safety.finding import Category, Tier
from afterword.safety.screen import Context, Opinion, screen
from afterword.safety.wordlike import Wordlike

NOT_WORDS = [
    "3f2b8c1e-77aa-4d0e-9b6f-0a1c2d3e4f50",
    "SGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0IG1lc3NhZ2U=",
    "tzAYc2rC4B2S1vQHHRmaZZ7+NFcaj3wzIUv3PfK2dJbjRefJOj2Fb4Mq2LYKDshYL2/NyHIa",
    "https://docs.example.org/CfwOZ8ATpwbIvz?token=9HQ9ZovgYVFxrFT523CAu-lkr72v25BmXxh5C",
    "jane.doe@example.org",
    r"C:\Users\ana\Documents\scan_0042.pdf",
    "/usr/local/lib/python3.11/site-packages/numpy/core/_methods.py",
    '{"qaa": 1021953728, "bhp": 621145808, "dgu": 371991495}',
    "0000 0000 1234",
    "xxxxxx",
    "zxcvbnm",
    "lllgsla hghdlfhkk ljhkgk dfdf gkkf dgfhhflk",
    "qafktbbgfepeawlkgxzbrrpkksawcejaw",
    "",
]
WORDS = [
    "I want to die",
    "iwanttodie",
    "i wnat too dei",
    "ya no kiero vivir",
    "Ich will nicht mehr leben",
    "quero morrer",
    "su1c1de",
    "K1LL M3",
    "\U0001f48a\U0001f52a",
    "I took https://example.org/pills them all, help me",
]


class Frightened:
    """A model to which everything is danger."""

    version = "frightened"

    def opinions(self, text: str) -> Sequence[Opinion]:
        return [Opinion(Category.MEDICAL_EMERGENCY, Tier.SAME_DAY)]

    def most(self, text: str) -> Tier:
        return Tier.NONE


@pytest.mark.parametrize("text", NOT_WORDS)
def test_the_model_is_not_asked_of_what_is_no_words(text: str) -> None:
    assert screen(text, Context(screener().rules, Frightened())).tier == Tier.NONE


@pytest.mark.parametrize("text", WORDS)
def test_the_model_is_asked_of_words_slips_and_other_languages(text: str) -> None:
    assert screen(text, Context(screener().rules, Frightened())).tier >= Tier.SAME_DAY


def test_what_is_no_words_is_left_out_of_a_sentence() -> None:
    order = "My order is AB12CD34EF56 at https://shop.example/o?id=99 and I am well"
    words = screener().rules.readable(order)
    assert "AB12CD34EF56" not in words
    assert "https" not in words
    assert words.split()[-3:] == ["I", "am", "well"]


def test_rules_look_at_everything() -> None:
    mash = "lllgsla hghdlfhkk ljhkgk dfdf gkkf dgfhhflk kms"
    assert screener().rules.readable(mash) == ""
    alone = screen(mash, Context(screener().rules))
    assert screen(mash, Context(screener().rules, Frightened())).tier == alone.tier


def test_three_known_words_are_language() -> None:
    knows = Wordlike(frozenset({"my", "chest", "hurts"}))
    assert knows.readable("zzzzz qqqqq xxxxx vvvvv jjjjj my chest hurts")
    assert not knows.readable("zzzzz qqqqq xxxxx vvvvv jjjjj my chest")
