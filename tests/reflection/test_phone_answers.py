"""What tired people type on phones: rules that were learnt from lines that were read wrong."""

import pytest
from factory import adaptive, asker, by_question, lexicon, question, rated

from afterword.reflection.exchange import ASIDE_LINES, Heard, Open, Outcome, Pending
from afterword.reflection.plan import Question
from afterword.reflection.reading import is_degree, read_option
from afterword.reflection.turns import take

GIVEN = by_question(*(rated(name, 2) for name in ("heard", "safe", "goals", "approach")))


def read(text: str, of: str = "heard", language: str = "en") -> tuple[list[str], bool]:
    reading = read_option(question(of), text, lexicon(language))
    return [option.id for option in reading.options], reading.sure


@pytest.mark.parametrize(
    ("text", "of", "option"),
    [
        ("Completely - no homework this time", "heard", "5"),
        ("3 - missed the point about my supervisor", "heard", "3"),
        ("the 4th", "approach", "4"),
        ("opt 3", "heard", "3"),
        ("👎", "heard", "1"),
        ("partly 😕 too fast", "heard", "2"),
        ("not really\nhe was on his phone", "heard", "1"),
        ("no he didnt, i told him twice", "heard", "1"),
        ("partly she was in a hurry", "heard", "2"),
        ("partly i dont see so well today", "heard", "2"),
        ("some he was in a hurry", "snag", "2"),
        ("nope all good", "snag", "5"),
        ("half of it", "heard", "2"),
        ("it was 50/50", "heard", "2"),
        ("5 n we agreed on the homework too", "goals", "5"),
        ("3 ngl the eyes closed thing was kinda odd", "approach", "3"),
        ("5 loved the drawing bit, not drawn since school", "approach", "5"),
        ("4 out of 5 from me", "approach", "4"),
        ("3 out of the 5", "approach", "3"),
        ("5 love that he draws it out on the whiteboard", "approach", "5"),
        ("choice two", "approach", "2"),
        ("goin with 3", "safe", "3"),
        ("4, would of been 5 if she'd let me finish", "heard", "4"),
        ("the first wan", "approach", "1"),
        ("fourr", "heard", "4"),
        ("partly cause I dont trust they wont hear about it", "safe", "2"),
        ("knot really", "approach", "1"),
        ("nearly nothing at all", "snag", "4"),
        ("0 strain", "snag", "5"),
        ("ill say 4", "heard", "4"),
        ("never felt safe for a second", "safe", "1"),
        ("none ta", "snag", "5"),
        ("put me down as a three", "heard", "3"),
        ("for the greater part", "heard", "3"),
        ("suits me right down to the ground", "approach", "5"),
        ("I like worksheets, I'm a nerd. 5", "approach", "5"),
        ("of course, flat out, 5", "heard", "5"),
    ],
)
def test_an_option_is_read_with_what_stands_around_it(text: str, of: str, option: str) -> None:
    assert read(text, of) == ([option], True)


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("mostly he talked about himself", "heard"),
        ("partly my fault", "heard"),
        ("completely the wrong person", "heard"),
        ("not that I can think of, maybe a small thing", "snag"),
        ("not a lot", "snag"),
        ("couldnt be better", "snag"),
        ("pretty much", "heard"),
        ("more or less", "heard"),
        ("quite", "heard"),
        ("not much", "heard"),
        ("not much", "snag"),
        ("can't complain", "heard"),
        ("it'll do", "approach"),
        ("is 5 good or bad on this one", "snag"),
        ("no bad", "heard"),
        ("2 of us were late", "goals"),
        ("yes we are one in this", "goals"),
        ("4 would have been a 5 but he was late", "heard"),
        ("would have been a 5", "heard"),
        ("4 going on 5", "safe"),
        ("jury's out", "approach"),
        ("not rlly sure we were", "goals"),
    ],
)
def test_what_may_mean_something_else_is_not_certain(text: str, of: str) -> None:
    assert not read(text, of)[1]


@pytest.mark.parametrize(
    ("text", "of", "options"),
    [
        ("it was 50/50", "heard", ["2", "3"]),
        ("somewhat", "goals", ["2", "3"]),
        ("somewhat", "snag", ["2", "3"]),
        ("kind of", "snag", ["2", "3"]),
        ("reasonably", "safe", ["3", "4"]),
        ("pretty well", "heard", ["3", "4"]),
        ("heaps", "approach", ["4", "5"]),
        ("not that i noticed", "snag", ["4", "5"]),
        ("really well actually", "heard", ["4", "5"]),
        ("near enough", "goals", ["3", "4"]),
        ("a smidge", "snag", ["3", "4"]),
        ("value = 2", "approach", ["2"]),
        ("0", "snag", ["5"]),
        ("0", "heard", ["1"]),
    ],
)
def test_what_readers_take_for_different_options_is_shown_back(
    text: str, of: str, options: list[str]
) -> None:
    reading = read_option(Question(of, adaptive().items[of]), text, lexicon())
    assert ([option.id for option in reading.options], reading.sure) == (options, False)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("mucha", "4"),
        ("en parte sí y en parte no", "2"),
        ("jeneralmente si", "3"),
        ("total", "5"),
        ("deltodo", "5"),
        ("la verdad q no", "1"),
        ("mitad y mitad", "2"),
        ("la primera de la lista", "1"),
        ("ponele un tres", "3"),
        ("va con 4", "4"),
        ("la vdd q no", "1"),
        ("no me sentí segura para nada", "1"),
    ],
)
def test_spanish_agrees_in_gender_and_says_no_twice(text: str, option: str) -> None:
    assert read(text, "safe", "es") == ([option], True)


def test_praise_in_a_clause_of_its_own_is_kept() -> None:
    reading = read_option(question("snag"), "none at all, she is great", lexicon())
    assert (reading.sure, reading.words) == (True, "none at all, she is great")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I don't want to say", "en"),
        ("Strain? What is meant by strain?", "en"),
        ("por qué importa si tuve confianza", "es"),
        ("se me traba", "es"),
    ],
)
def test_words_of_the_question_alone_are_no_degree(text: str, language: str) -> None:
    assert not is_degree(text, lexicon(language))


def turn(text: str, at: str, **more: str) -> Outcome:
    return take(Heard(text, "answer", **more), Open(at), GIVEN, asker())


def test_a_request_beside_an_answer_leaves_the_answer_certain() -> None:
    text = "mostly and can I talk to a person after"
    assert turn(text, "snag").store == ()
    assert turn("not really and can I talk to someone", "safe", also="ask_human").store == (
        rated("safe", 1, "not really and can I talk to someone"),
    )
    # The one to go back is no number.
    assert turn("2 and can we go back one", "safe", also="back").store == (
        rated("safe", 2, "2 and can we go back one"),
    )


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("how long is this survey, and do I have to answer all of it?", "help"),
        ("session got cancelled, he was ill. So there's nothing to rate?", "wrong_session"),
        ("I can't choose anything, only white with a circle that turns", "technical_problem"),
    ],
)
def test_a_request_that_answers_nothing_is_served_and_the_question_stays(
    text: str, also: str
) -> None:
    outcome = turn(text, "heard", also=also, guess=also)
    assert (outcome.store, outcome.open, outcome.short) == ((), Open("heard"), True)
    assert [line.key for line in outcome.say] == [ASIDE_LINES[also]]


def test_words_beside_a_request_that_only_leads_somewhere_else_are_offered_to_be_kept() -> None:
    text = "she looked at her phone the whole time. who reads this?"
    outcome = turn(text, "heard", also="ask_who_sees")
    assert outcome.open is not None
    assert (outcome.open.pending, outcome.open.draft) == (Pending.KEEP, text)


def test_a_question_about_health_is_kept_for_the_clinician_and_not_answered() -> None:
    text = "why am I still so tired"
    outcome = turn(text, "wish", also="medical_question")
    assert [answer.words for answer in outcome.store] == [text]
    assert [line.key for line in outcome.say] == ["kept_words", "medical"]
    # Nothing is said to be kept where nothing was written.
    outcome = turn("skip", "wish", also="medical_question")
    assert [line.key for line in outcome.say] == ["medical"]


def test_leaving_without_an_answer_is_asked_about() -> None:
    outcome = turn("the kettle is on, I have to run", "heard", also="pause", guess="pause")
    assert (outcome.store, outcome.open) == ((), Open("heard", Pending.PAUSE))


def test_going_back_after_an_answer_stores_it_first() -> None:
    outcome = turn("a lot. can I go back", "goals", also="back")
    assert outcome.store == (rated("goals", 4, "a lot. can I go back"),)
    assert outcome.open == Open("safe")


def test_what_was_taken_for_a_correction_corrects_the_answer_it_names() -> None:
    text = "approach was completely, I tapped wrong"
    assert turn(text, "snag", guess="correct").store == (rated("approach", 5),)
    # Of the open question it is the answer.
    assert turn("heard mostly", "heard", guess="correct").store == (rated("heard", 3),)
