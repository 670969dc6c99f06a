"""Keys struck at random are known as such, and whatever somebody may have meant is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.reflection.nonsense import is_nonsense


@pytest.mark.parametrize(
    "text",
    [
        "talking",
        "how she explained the next step",
        "Excellent!",
        "text me",
        "my strengths",
        "the lengths he went to",
        "catchphrase",
        "Afghanistan",
        "rhythm",
        "dr Pavlov",
        "Wojciech",
        "a sooo good talk",
        "nooooo",
        "aaaaah",
        "it was loooong",
        "asdf, sorry, the cat: talking helped",
    ],
)
def test_words_are_no_nonsense(text: str) -> None:
    assert not is_nonsense(text)


@pytest.mark.parametrize(
    "text",
    ["ok thx", "idk tbh", "brb", "CBT", "emdr", "ptsd", "ADHD", "pls", "thnks", "hmmmm", "pfff"],
)
def test_abbreviations_and_sounds_are_no_nonsense(text: str) -> None:
    assert not is_nonsense(text)


@pytest.mark.parametrize(
    "text",
    [
        "Que me escuchó sin juzgarme",
        "explícate",
        "excelente",
        "muchoooo",
        "jajajaja",
        "no sé, la verdad",
        "ñoño",
        "cigüeña",
        "xq si",
        "tqm",
    ],
)
def test_spanish_is_no_nonsense(text: str) -> None:
    assert not is_nonsense(text)


@pytest.mark.parametrize(
    "text", ["👍", "😢😢", "❤️", "🤷🏽‍♀️", ":)", ":-(", ":) :)", "^_^", "<3", "4", "7/10", "½", "💯"]
)
def test_emoji_faces_and_numbers_are_no_nonsense(text: str) -> None:
    assert not is_nonsense(text)


@pytest.mark.parametrize(
    "text",
    ["хорошо", "谢谢", "ありがとう", "شكرا", "תודה", "धन्यवाद", "감사합니다", "Ευχαριστώ", "cảm ơn"],
)
def test_other_scripts_are_no_nonsense(text: str) -> None:
    assert not is_nonsense(text)


@pytest.mark.parametrize("text", ["", "  ", "?", "...", "?!", "¿¡", "…"])
def test_nothing_and_what_waits_is_left_to_others(text: str) -> None:
    assert not is_nonsense(text)


@pytest.mark.parametrize(
    "text",
    [
        "asdf",
        "asdkjfh",
        "ASDFGH",
        "asdasd",
        "qwerty",
        "qwertyuiop",
        "zxcvbn",
        "hjkl",
        "jkjkjkjkjk mmmnnb",
        "ghjghjghj",
        "wqeoiruy zz",
        "lkjsdf lkjsdf",
        "dfgdfg4dfg",
        "qwdqw 34r5 ftgh",
        "ñlkñlkñlk",
        "aaaaaaa",
        "qqqqqqq",
        "jjjjjjjjfff",
        "xcvbnm,.",
        ";;;;;[[[",
        "##$%^&",
        "$$%&/()=",
        "--",
        "........,,,;;",
    ],
)
def test_keys_struck_at_random_are_nonsense(text: str) -> None:
    assert is_nonsense(text)


@given(st.text(max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(is_nonsense(text), bool)


@given(st.text(max_size=30))
def test_a_word_that_can_be_read_is_enough(text: str) -> None:
    assert not is_nonsense(f"{text} talking")


@pytest.mark.parametrize("text", ["a" * 20_000, "bc" * 10_000, ":) " * 7_000 + "#", "n g" * 7_000])
def test_a_long_text_costs_no_time(text: str) -> None:
    start = time.process_time()
    is_nonsense(text)
    assert time.process_time() - start < 0.5
