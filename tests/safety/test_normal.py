"""The normal form: what is typed in many ways reads the same."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.safety.normal import LONGEST, normal_form, stretched_readings


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        # Case, width, what cannot be seen, other alphabets
        ("KiLL", "kill"),
        ("ｋｉｌｌ ｍｅ", "kill me"),
        ("ki\u200bl\u2060l", "kill"),
        ("k\u3164ill \u00admy\ufeffself", "kill myself"),
        ("ki\x08ll", "kill"),
        ("k\u0456ll mys\u0435lf", "kill myself"),
        ("\ufb01nd", "find"),
        # Signs for letters
        ("k1ll mys3lf", "kill myself"),
        ("su1c1de", "suicide"),
        ("$uicide 5uicide", "suicide suicide"),
        ("ki11 k!ll", "kill kill"),
        ("h4ng", "hang"),
        # Spaced and stretched letters
        ("k i l l myself", "kill myself"),
        ("k.i.l.l  m-y-s-e-l-f", "kill myself"),
        ("k i l l   m y s e l f", "kill myself"),
        ("i want to d i e", "i want to die"),
        ("dieeeee", "die"),
        ("nooo pleaseee", "no please"),
        # Breaks
        ("Stop. Now!", "stop . now ."),
        ("well, (no) - yes: ok", "well , no , yes , ok"),
        ("one?! ... two", "one . two"),
        ("one\ntwo", "one . two"),
        ("¿Qué? ¡No!", "que . no ."),
        # Openings that are no words
        ("/restart now", "restart now"),
        ("3. he hit me", "he hit me"),
        ("2) he hit me", "he hit me"),
        ("- he hit me", "he hit me"),
        ("\u2022 he hit me", "he hit me"),
        ("**he** hit me", "he hit me"),
        # Spanish
        ("Mamá, ¿mañana también?", "mama , manana tambien"),
        ("pingüino", "pinguino"),
        # Emoji
        ("me \U0001f52a", "me emoji_knife"),
        ("me\U0001f48a\U0001f48a", "me emoji_pills emoji_pills"),
        ("ok \U0001f602\U0001f3fd", "ok emoji_laugh"),
        ("ok \u2764\ufe0f bye", "ok bye"),
        ("", ""),
        ("...", ""),
    ],
)
def test_how_it_reads(text: str, normal: str) -> None:
    assert normal_form(text).rstrip(" .") == normal.rstrip(" .")


@pytest.mark.parametrize("sign", "'\u2018\u2019\u201b\u2032\u02bc\u02bb\u02b9\u00b4`\uff07\u055a")
def test_every_apostrophe_is_one(sign: str) -> None:
    assert normal_form(f"I{sign}m sure I don{sign}t") == "im sure i dont"


@pytest.mark.parametrize(
    "text",
    [
        *("5pm", "10am", "7 10", "4th", "1st", "3rd", "50mg", "100mcg", "5mg", "20s", "3x", "16yo"),
        *("b4", "4ever", "4u", "2a", "phq9", "gad7", "mp3", "covid19", "1ra", "3er", "2do", "30"),
    ],
)
def test_times_and_amounts_stay(text: str) -> None:
    assert normal_form(text) == text
    assert normal_form("7/10") == "7 10"


@pytest.mark.parametrize("text", ["i am a man", "u r a star", "plan b or c", "d.", "a. b"])
def test_single_letters_that_are_words_stay_words(text: str) -> None:
    assert normal_form(text) == text.replace(".", " .").replace("  ", " ")


def test_a_stretched_word_may_be_read_with_double_letters() -> None:
    assert stretched_readings("kiiilll") == ["kiill", "kiil", "kill", "kil"]
    assert stretched_readings("die") == ["die"]


def test_only_words_are_mended() -> None:
    seen: list[str] = []
    normal_form("Kill, me. Now!", lambda word: seen.append(word) or word)
    assert [word for word in seen if word.isalpha()] == ["kill", "me", "now"]


@given(st.text())
def test_any_text_has_a_normal_form(text: str) -> None:
    normal = normal_form(text)
    assert normal == " ".join(normal.split())
    assert "'" not in normal and "," not in normal[:1] and "." not in normal[:1]


WORDS = st.lists(
    st.sampled_from(
        ["i", "want", "to", "die", "don't", "kill", "me,", "no.", "quiero", "morir", "está", "5pm"]
    )
)


@given(WORDS.map(" ".join))
def test_a_normal_form_is_its_own(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "a1",
        "a ",
        ". ",
        "'",
        " -",
        "a*",
        "@a",
        "a.",
        "(1)",
        "é",
        "$",
        "|a",
        "k!",
        "\n",
        "i i ",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    began = time.process_time()
    normal_form(piece * LONGEST)
    assert time.process_time() - began < 0.2
