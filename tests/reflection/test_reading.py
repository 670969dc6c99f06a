"""A typed answer is understood where it is certain, and never guessed."""

import re
import string
import time
from functools import cache

import pytest
from factory import lexicon, question
from hypothesis import assume, example, given
from hypothesis import strategies as st

from afterword.reflection.choosing import phrases
from afterword.reflection.instrument import Kind
from afterword.reflection.lexicon import normalise
from afterword.reflection.reading import UNCLEAR, read_option

SCALE, STRAIN, WHY, GOAL = "heard", "snag", "heard_why", "goal"
EVERY = (SCALE, STRAIN, WHY, GOAL, "wish")


def read(text: str, of: str = SCALE) -> str | None:
    option = read_option(question(of), text, lexicon()).option
    return option and option.id


@pytest.mark.parametrize(
    ("text", "option"),
    [
        # Numbers count from the first option.
        ("1", "1"),
        ("4", "4"),
        ("four", "4"),
        ("a 4", "4"),
        ("4/5", "4"),
        ("4 out of 5", "4"),
        ("3 of 5", "3"),
        ("i would say 4", "4"),
        ("I'd say a 2", "2"),
        ("４", "4"),
        ("5!!", "5"),
        # Labels and what people type for them.
        ("Mostly", "3"),
        ("MOSTLY.", "3"),
        ("  very   much ", "4"),
        ("“mostly”", "3"),
        ("kinda", "2"),
        ("sort of", "2"),
        ("a bit", "2"),
        ("not at all", "1"),
        ("not really", "1"),
        ("nope", "1"),
        ("100%", "5"),
        ("yes, completely", "5"),
        # Hedges around one.
        ("i think mostly", "3"),
        ("mostly i guess", "3"),
        ("probably a lot", "4"),
        ("it was not really, tbh", "1"),
        ("No, I did not.", "1"),
        ("i did not feel heard at all", "1"),
        ("hmm, kind of", "2"),
        ("yeah mostly", "3"),
        ("maybe 3", "3"),
    ],
)
def test_a_clear_answer_is_understood(text: str, option: str) -> None:
    assert read(text) == option


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("mostly, but he was late", "3"),
        ("Mostly but he was not on time", "3"),
        ("completely; she remembered my dog", "5"),
        ("kinda (it was loud)", "2"),
        ("a lot because we had time", "4"),
    ],
)
def test_an_answer_with_more_to_it_keeps_the_words(text: str, option: str) -> None:
    reading = read_option(question(SCALE), f" {text}\n", lexicon())
    assert reading.option is not None
    assert (reading.option.id, reading.words) == (option, text)


@pytest.mark.parametrize(
    "text",
    [
        # Two at once.
        "3 or 4",
        "3-4",
        "3, 4",
        "between 3 and 4",
        "mostly or very much",
        "mostly, or very much",
        "mostly, or kind of",
        "mostly, maybe a little",
        "partly, partly completely",
        "the last two",
        "the first two",
        "between the second and the third",
        "the first or the second",
        # Of which, or of nothing.
        "that one",
        "yes, that's the one",
        "what?",
        "what do you mean",
        "-4",
        "- 4",
        # Other scales.
        "7/10",
        "4/10",
        "4 out of 10",
        "8",
        "0",
        "6",
        "55",
        "4.5",
        "80%",
        # Negated.
        "not mostly",
        "mostly not",
        "mostly, not",
        "mostly, no",
        "very, not",
        "never mostly",
        "I don't think mostly",
        # Says something else.
        "session 4",
        "in session 4 we talked about my father",
        "he said that 5 times",
        "for 3 weeks",
        "on the 4th",
        "yes",
        "ok",
        "good",
        "asdf",
        "???",
        "🙂",
        "the most",
        "mostlyish",
        "partly-time job",
        "he listened mostly to himself",
        # Nothing, a lot, hostile.
        "",
        " \n\t",
        "mostly. " + "and then we talked about my week at length " * 10,
        "4" * 5000,
        "4/" + "5" * 5000,
        "mostly" * 1500,
        "/answer{\"heard\": \"5\"}",
        "'; DROP TABLE answer; --",
        "{clinician.__class__}",
        "%s%n",
        "mostly\u202eyltsom",
    ],
)  # fmt: skip
def test_what_is_not_certain_stays_unclear(text: str) -> None:
    assert read_option(question(SCALE), text, lexicon()).option is None


@pytest.mark.parametrize(
    ("of", "text", "option"),
    [
        (STRAIN, "a lot", "1"),
        (STRAIN, "no", "5"),
        (STRAIN, "none at all", "5"),
        (STRAIN, "hardly any, but he was late", "4"),
        (STRAIN, "5", "5"),
        (WHY, "out of time", "time"),
        (WHY, "we ran out of time", "time"),
        (WHY, "2", "pace"),
        (WHY, "two", "pace"),
        (WHY, "2/4", None),
        (GOAL, "yes", "mine"),
        (GOAL, "dunno", "unsure"),
        (GOAL, "no longer", "not_mine"),
        (GOAL, "still mine, but it is hard", "mine"),
        (GOAL, "4", None),
    ],
)
def test_the_same_word_means_what_this_question_offers(
    of: str, text: str, option: str | None
) -> None:
    assert read(text, of) == option


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("3 o 4 no sé", ["3", "4"]),
        ("entre 3 y 4", ["3", "4"]),
        ("de 3 a 4", ["3", "4"]),
        ("entre la segunda y la tercera", ["2", "3"]),
        ("nota: 4 de 5", ["4"]),
        ("3ª opción", ["3"]),
        ("mayormente", ["3"]),
        ("7/10", ["3", "4"]),
        ("no del todo", ["3", "4"]),
        ("¿qué?", []),
    ],
)
def test_spanish_is_read_alike(text: str, options: list[str]) -> None:
    found = read_option(question(SCALE), text, lexicon("es"))
    assert [option.id for option in found.options] == options


@pytest.mark.parametrize("of", EVERY)
def test_every_label_word_and_number_is_understood_as_its_own_option(of: str) -> None:
    item = question(of).item
    for at, option in enumerate(item.options, start=1):
        for typed in (*phrases(option, "en"), str(at)):
            assert read(typed, of) == option.id, typed
    assert read(str(len(item.options) + 1), of) is None


@pytest.mark.parametrize(
    "text", ["." * 10_000 + "a", "! " * 5_000 + "x", "a" + " ," * 5_000 + "a", "i think " * 1250]
)
def test_a_long_strange_text_costs_no_time(text: str) -> None:
    start = time.process_time()
    assert read(text) is None
    assert time.process_time() - start < 0.1


@cache
def named(of: str) -> re.Pattern[str]:
    """Any phrase, digit or number word of a question."""
    item = question(of).item
    known = {phrase for option in item.options for phrase in phrases(option, "en")}
    known |= set(["one", "two", "three", "four", "five", "six", "seven"][: len(item.options)])
    known |= {word for group in lexicon().groups.values() for phrase in group for word in phrase}
    known |= {*lexicon().grades, *lexicon().words("negators"), "heard", "mattered", "strain"}
    return re.compile(rf"\d|{'|'.join(map(re.escape, known))}")


PHRASES = sorted(
    {
        phrase
        for of in EVERY
        for option in question(of).item.options
        for phrase in phrases(option, "en")
    }
)
PIECES = st.sampled_from(
    [
        *PHRASES,
        *[
            "1",
            "3",
            "4",
            "5",
            "7",
            "10",
            "0",
            "/",
            "-",
            ",",
            ".",
            ";",
            "or",
            "of",
            "out",
            "but",
            "not",
            "no",
            "never",
            "and",
            "I",
            "think",
            "session",
        ],
    ]
)
LIKELY = st.lists(PIECES, max_size=6).map(" ".join)
ANY_TEXT = st.one_of(st.text(max_size=200), st.text(string.printable, max_size=60), LIKELY)
QUESTIONS = st.sampled_from(EVERY)


@given(QUESTIONS, ANY_TEXT)
@example(SCALE, "4/" + "9" * 5000)
@example(SCALE, "²")
@example(SCALE, "٤")
def test_reading_never_fails(of: str, text: str) -> None:
    reading = read_option(question(of), text, lexicon())
    assert reading.option is None or reading.option in question(of).item.options
    assert reading.words is None or reading.words == text.strip()


@given(QUESTIONS, ANY_TEXT)
def test_no_option_comes_from_a_text_that_names_none(of: str, text: str) -> None:
    if named(of).search(normalise(text)) is None:
        assert read_option(question(of), text, lexicon()) == UNCLEAR


@given(
    QUESTIONS,
    LIKELY,
    st.text(" \n\t", max_size=4),
    st.text(" .!?,;:…\"'()", max_size=4),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
)
def test_case_spaces_and_punctuation_around_it_change_nothing(
    of: str, text: str, before: str, after: str, case: object
) -> None:
    assert callable(case)
    dressed = before + case(text) + after
    plain = read_option(question(of), text, lexicon()).option
    assert read_option(question(of), dressed, lexicon()).option == plain


@given(st.integers(min_value=6) | st.integers(max_value=0), st.integers(min_value=6))
def test_a_number_of_another_scale_is_never_taken_for_ours(number: int, of: int) -> None:
    assume(number not in (0, of, 10, 100))  # Ten of ten is all of it, and so is a ten alone.
    for text in (f"{number}", f"{number}/{of}", f"{number} out of {of}", f"3/{of}"):
        assert read(text) is None


@given(
    st.sampled_from([item for item in EVERY if question(item).item.kind is Kind.SCALE]), st.data()
)
def test_two_options_are_never_one(of: str, data: st.DataObject) -> None:
    options = question(of).item.options
    one, other = data.draw(st.permutations(options))[:2]
    text = f"{one.label['en']} or {other.label['en']}"
    assert read(text, of) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(
            (text, "en")
            for text in ("very good", "mostly fine", "we got on very well", "very calm")
        ),
        *((text, "en") for text in ("quite good", "completely fine", "pretty good between us")),
        *(
            (text, "es")
            for text in ("muy bien", "bastante bien", "en general bien", "muy tranquila")
        ),
    ],
)
def test_how_good_it_was_is_not_how_much_strain_there_was(text: str, language: str) -> None:
    """It was stored as *A lot*, the other way round."""
    found = read_option(question(STRAIN), text, lexicon(language))
    assert [option.id for option in found.options] == ["4", "5"]
    assert not found.sure


@pytest.mark.parametrize("text", ["very comfortable", "very easy between us"])
def test_ease_with_a_degree_is_no_amount_of_strain(text: str) -> None:
    assert read_option(question(STRAIN), text, lexicon()) == UNCLEAR


@pytest.mark.parametrize(
    ("text", "option"), [("none 🙂", "5"), ("a lot of strain", "1"), ("some, sadly", "2")]
)
def test_how_much_strain_there_was_is_read_as_before(text: str, option: str) -> None:
    assert read(text, STRAIN) == option


@pytest.mark.parametrize(
    ("text", "of", "language"),
    [
        *((text, "safe", "en") for text in ("very unsafe", "a lot of fear", "completely ignored")),
        *((text, "safe", "es") for text in ("muy insegura", "mucho miedo", "bastante incómoda")),
        *((text, STRAIN, "en") for text in ("lots of trust", "a lot of laughs")),
        *((text, STRAIN, "es") for text in ("mucha confianza", "mucho respeto")),
    ],
)
def test_how_much_of_the_opposite_is_not_how_much(text: str, of: str, language: str) -> None:
    """ "Very unsafe" was stored as *Very much*, and "mucha confianza" as *Mucha*."""
    assert read_option(question(of), text, lexicon(language)) == UNCLEAR
