"""One slip of the finger is put right; what is a word stays as it is."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.safety.mending import Mender
from afterword.safety.normal import normal_form, stretched_readings

RISK = [
    "kill",
    "myself",
    "suicide",
    "die",
    "want",
    "to",
    "my",
    "life",
    "end",
    "i",
    "overdose",
    "hurt",
]
KNOWN = ["hill", "diet", "mill", "fill", "hunt", "went", "file", "tie"]
MENDER = Mender(RISK, KNOWN)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("suicde", "suicide"), ("suiicide", "suicide"), ("sucidie", "sucidie")),
        *(("siucide", "suicide"), ("suicise", "suicide"), ("mysef", "myself")),
        *(("kll", "kill"), ("klil", "kill"), ("kilk", "kill"), ("jull", "jull")),
        *(
            ("idw", "idw"),
            ("dei", "die"),
            ("diee", "die"),
            ("hrt", "hurt"),
            ("overdoes", "overdose"),
        ),
        *(
            ("killmyself", "kill myself"),
            ("endmylife", "end my life"),
            ("iwanttodie", "i want to die"),
        ),
        *(("kiiiilll", "kill"), ("dieee", "die"), ("suiiiicide", "suicide")),
        *(("k*ll", "kill"), ("s**cide", "suicide"), ("su*cide", "suicide"), ("f*ck", "f*ck")),
    ],
)
def test_what_is_made_of_a_word(typed: str, meant: str) -> None:
    assert MENDER.mend(typed) == meant


@pytest.mark.parametrize("word", [*RISK, *KNOWN])
def test_a_word_that_is_known_stays(word: str) -> None:
    assert MENDER.mend(word) == word


@pytest.mark.parametrize("word", ["", "i", "xy", "5pm", "emoji_knife", "x" * 5000, "ñandu", "kı"])
def test_what_cannot_be_mended_stays(word: str) -> None:
    assert MENDER.mend(word) == word


@given(st.text(alphabet=string.ascii_lowercase, max_size=30))
def test_it_is_mended_into_risk_words_or_not_at_all(word: str) -> None:
    mended = MENDER.mend(word)
    assert mended in (word, *stretched_readings(word)) or set(mended.split()) <= set(RISK) | set(
        KNOWN
    )


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN))
def test_known_words_are_never_changed_in_a_text(one: str, other: str) -> None:
    assert normal_form(f"{one}, {other}", MENDER.mend) == f"{one} , {other}"


def test_the_word_that_more_patterns_name_is_likelier() -> None:
    assert Mender({"hurt": 9, "hart": 1}, []).mend("hlrt") == "hurt"
    assert Mender({"hurt": 1, "hart": 9}, []).mend("hlrt") == "hart"


def test_few_miss_the_first_letter() -> None:
    assert Mender(["pain", "rain"], []).mend("paim") == "pain"


def test_nothing_is_mended_without_risk_words() -> None:
    assert Mender([], []).mend("suicde") == "suicde"
