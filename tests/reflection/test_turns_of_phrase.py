"""Turns of phrase in which a human is sure how much is meant, and those that look like them."""

import pytest
from factory import adaptive, lexicon, question

from afterword.problems import DataProblem
from afterword.reflection.lexicon import build_lexicon, tokens
from afterword.reflection.plan import Plan
from afterword.reflection.reading import is_degree, read_option
from afterword.reflection.sharing import decision


def read(text: str, of: str = "heard", language: str = "en") -> tuple[list[str], bool]:
    reading = read_option(question(of), text, lexicon(language))
    return [option.id for option in reading.options], reading.sure


@pytest.mark.parametrize(
    ("text", "of", "language", "option"),
    [
        # Emphatic no, and what is said in its place.
        ("Absolutely not.", "heard", "en", "1"),
        ("big no", "safe", "en", "1"),
        ("hell no", "safe", "en", "1"),
        ("hell no", "snag", "en", "5"),
        ("not a jot", "snag", "en", "5"),
        ("absolutely none", "snag", "en", "5"),
        ("did he heck", "heard", "en", "1"),
        ("no. two different planets", "goals", "en", "1"),
        ("we were worlds apart", "goals", "en", "1"),
        ("hated it lol", "approach", "en", "1"),
        ("nope we're good", "snag", "en", "5"),
        ("nope didnt suit me", "approach", "en", "1"),
        ("En general sí, aunque no en todo", "heard", "es", "3"),
        ("Rotundamente no.", "heard", "es", "1"),
        ("claro que no", "heard", "es", "1"),
        ("ni de coña", "safe", "es", "1"),
        ("me vino fatal", "approach", "es", "1"),
        ("no, qué va", "snag", "es", "5"),
        # What could not have been better, or worse.
        ("couldnt of been heard better", "heard", "en", "5"),
        ("couldn't have felt safer", "safe", "en", "5"),
        ("could not have been more aligned", "goals", "en", "5"),
        ("couldn't have listened better if she tried", "heard", "en", "5"),
        ("couldn't have felt less safe", "safe", "en", "1"),
        ("no pudo escucharme mejor", "heard", "es", "5"),
        ("no pude sentirme más segura", "safe", "es", "5"),
        ("no me pudo venir peor", "approach", "es", "1"),
        # What would not be changed.
        ("Wouldn't change a thing", "approach", "en", "5"),
        ("wudnt change anything", "approach", "en", "5"),
        ("perfecto, no cambiaría nada", "approach", "es", "5"),
        # Denied twice, as people do.
        ("she didn't miss a thing", "heard", "en", "5"),
        ("no me sentí insegura en ningún momento, plena confianza", "safe", "es", "5"),
        ("toda la confianza del mundo", "safe", "es", "5"),
        # How many write it.
        ("yeh a lot", "heard", "en", "4"),
        ("verry much", "approach", "en", "4"),
        ("alot tbh", "heard", "en", "4"),
        ("mui bien, muxo", "approach", "es", "4"),
        # Part of it.
        ("some of it got thru, most didnt", "heard", "en", "2"),
        ("bits did bits didnt", "approach", "en", "2"),
        ("algunas cosas sí, la mayoría no", "heard", "es", "2"),
        ("hasta cierto punto", "heard", "es", "2"),
    ],
)
def test_a_turn_of_phrase_is_certain(text: str, of: str, language: str, option: str) -> None:
    assert read(text, of, language) == ([option], True)


@pytest.mark.parametrize(
    ("text", "of", "language"),
    [
        ("couldn't get more than a word in", "heard", "en"),
        ("couldn't have felt more judged", "safe", "en"),
        ("couldn't have been better", "snag", "en"),
        ("could have been better", "heard", "en"),
        ("couldn't say it was better", "heard", "en"),
        ("no podía más", "approach", "es"),
        ("no pude estar más nerviosa", "safe", "es"),
        ("wouldn't change a thing", "snag", "en"),
        ("she wouldn't change the subject", "heard", "en"),
        ("cambiaría cosas", "approach", "es"),
        ("perfect", "snag", "en"),
        ("almost perfect", "approach", "en"),
        ("nothing is perfect", "approach", "en"),
        ("i felt awful", "safe", "en"),
        ("not worlds apart", "goals", "en"),
        ("i didn't hate it", "approach", "en"),
        ("definitely not bad", "heard", "en"),
        ("absolutely not sure", "heard", "en"),
        ("no perfect", "heard", "en"),
        ("no he was great", "heard", "en"),
        ("no she didn't miss anything", "heard", "en"),
        ("no he didn't judge me", "heard", "en"),
        ("no i didn't feel unsafe", "safe", "en"),
        ("she didn't take in a word", "snag", "en"),
        ("always on his phone", "heard", "en"),
        ("casi perfecto", "approach", "es"),
        ("no me vino fatal", "approach", "es"),
        ("nada que ver", "snag", "es"),
        ("very bad", "approach", "en"),
        ("muy mal", "approach", "es"),
    ],
)
def test_what_only_looks_like_one_is_not_certain(text: str, of: str, language: str) -> None:
    assert not read(text, of, language)[1]


@pytest.mark.parametrize(
    ("text", "of", "option"),
    [
        ("no she didnt really get what i was on about", "heard", "1"),
        ("no he never listens, he types", "heard", "1"),
        ("5/5 would overshare again", "safe", "5"),
        ("not really, felt like talking to a wall", "heard", "1"),
    ],
)
def test_what_is_said_beside_it_is_kept(text: str, of: str, option: str) -> None:
    reading = read_option(question(of), text, lexicon("en"))
    assert (reading.option and reading.option.id) == option
    assert reading.words == text


@pytest.mark.parametrize("text", ["5/5 goals reached", "4/5 would come again", "5/5 sessions late"])
def test_a_count_of_something_is_no_rating(text: str) -> None:
    assert not read(text, "goals")[1]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("no. two different planets", "en"),
        ("couldnt have been safer", "en"),
        ("me vino fatal", "es"),
        ("no, qué va", "es"),
    ],
)
def test_it_is_an_answer_whatever_else_it_may_be_taken_for(text: str, language: str) -> None:
    assert is_degree(text, lexicon(language))


def test_one_line_of_a_list_may_stand_for_several_phrases() -> None:
    known = lexicon("en").groups["none"]
    assert {tokens("hell no"), tokens("god no"), tokens("absolutely not")} <= known
    assert all("(" not in word and "|" not in word for phrase in known for word in phrase)


def test_a_list_that_becomes_empty_is_refused() -> None:
    with pytest.raises(DataProblem):
        build_lexicon({"quantities": {"none": ["(|)"]}})


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("send the numbers but keep my words out of it", "en"),
        ("share but without my writing", "en"),
        ("solo los puntos, lo que escribí no", "es"),
        ("manda los numeritos pero lo q escribi no", "es"),
    ],
)
def test_the_numbers_are_shared_without_the_words(text: str, language: str) -> None:
    assert decision(text, lexicon(language)) == "ratings"


@pytest.mark.parametrize("text", ["share the numbers and my words", "keep my words", "the numbers"])
def test_sharing_that_is_left_open_is_asked_back(text: str) -> None:
    assert decision(text, lexicon("en")) is None


def test_a_comma_in_a_not_now_changes_nothing() -> None:
    assert lexicon("es").has("not_now", "no, gracias, otro día")
    assert lexicon("en").has("not_now", "no, thanks, another time")
    assert not lexicon("es").has("keep_private", "no, compartir")


def test_a_yes_behind_an_option_agrees_to_it() -> None:
    assert read("Mostly what matters to me, yes", "goals")[0] == ["3"]


def test_no_problem_is_praise_and_no_refusal() -> None:
    assert read("No probs there", "safe") == read("good", "safe")


@pytest.mark.parametrize(
    ("text", "language"), [("barely", "en"), ("very little", "en"), ("muy poco", "es")]
)
def test_hardly_is_not_really_or_partly(text: str, language: str) -> None:
    asked = Plan(adaptive(), {}).question("heard", {})
    assert asked is not None
    reading = read_option(asked, text, lexicon(language))
    assert ([option.id for option in reading.options], reading.sure) == (["1", "2"], False)
