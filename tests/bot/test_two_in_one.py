"""An answer and a request in one message: neither is lost. Rasa is not needed."""

from typing import Any

import pytest

from afterword.reflection.parts import parts_of
from bot.request_share import request_share
from bot.two_in_one import combine


def intent(name: str, confidence: float = 0.95, **more: Any) -> dict[str, Any]:
    return {"name": name, "confidence": confidence, **more}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("mostly", []),
        ("Mostly. Who can see this?", ["Mostly", "Who can see this?"]),
        ("mostly but can I stop now", ["mostly", "can I stop now"]),
        ("ok start, how long is it", ["ok start", "how long is it"]),
        ("it was fine, who reads this", ["it was fine", "who reads this"]),
        ("en parte, ¿quién lo ve? quiero parar", ["en parte, ¿quién lo ve", "quiero parar"]),
        ("word " * 80 + ". stop", []),
    ],
)
def test_a_message_is_cut_where_another_thought_begins(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_a_request_behind_an_answer_is_heard() -> None:
    whole = intent("answer")
    parts = [intent("answer", text="mostly"), intent("ask_who_sees", text="who can see this")]
    assert combine(whole, parts, "choice") == (whole, "ask_who_sees")


def test_an_answer_before_a_request_is_kept() -> None:
    whole = intent("stop", 0.9)
    parts = [
        intent("answer", instead_of="rated_mostly", text="mostly"),
        intent("stop", text="stop now"),
    ]
    found, also = combine(whole, parts, "choice")
    assert (found["name"], found["instead_of"], also) == ("answer", "stop", "stop")


def test_who_declines_and_asks_is_not_asked_the_same_again() -> None:
    whole = intent("ask_who_sees")
    parts = [
        intent("rather_not_say", text="I'd rather not say"),
        intent("ask_who_sees", text="who reads it"),
    ]
    found, also = combine(whole, parts, "extent")
    assert (found["name"], also) == ("rather_not_say", "ask_who_sees")
    unsure = [intent("rather_not_say", 0.6, text="that's private"), parts[1]]
    assert combine(whole, unsure, "extent")[0]["name"] == "ask_who_sees"


@pytest.mark.parametrize(
    ("part", "expects"),
    [
        # Some words at a question with options are no rating; a few at an open one no answer.
        (intent("answer", text="well then"), "choice"),
        (intent("answer", text="well"), "text"),
        (intent("answer", 0.3, instead_of="rated_mostly", text="mostly"), "choice"),
    ],
)
def test_a_request_with_a_few_words_more_stays_a_request(
    part: dict[str, Any], expects: str
) -> None:
    whole = intent("stop")
    assert combine(whole, [part, intent("stop", text="stop")], expects) == (whole, None)


def test_a_reason_after_a_request_is_no_answer_at_an_open_question() -> None:
    whole = intent("ask_who_sees")
    asked = intent("ask_who_sees", text="does HR get this?")
    reason = intent("answer", text="i work for the hospital")
    assert combine(whole, [asked, reason], "text") == (whole, None)
    answer = intent("answer", text="what helped was that he let me finish for once")
    found, also = combine(whole, [asked, answer], "text")
    assert (found["name"], also) == ("answer", "ask_who_sees")
    found, also = combine(whole, [reason, asked], "text")
    assert (found["name"], also) == ("answer", "ask_who_sees")


def test_a_question_about_health_is_an_answer_to_an_open_question_too() -> None:
    whole = intent("medical_question")
    found, also = combine(whole, [], "text")
    assert (found["name"], also) == ("answer", "medical_question")
    assert combine(whole, [], "extent") == (whole, None)


def test_an_unsure_second_request_is_left_alone() -> None:
    whole = intent("answer")
    assert combine(whole, [intent("stop", 0.5, text="to stop")], "text") == (whole, None)


@pytest.mark.parametrize("name", ["back", "thanks"])
def test_thanks_and_going_back_are_heard_after_an_answer(name: str) -> None:
    whole = intent("answer")
    assert combine(whole, [intent(name, text="and thanks")], "scale") == (whole, name)


def test_thanks_as_a_whole_message_take_no_answer_from_it() -> None:
    whole = intent("thanks")
    parts = [intent("answer", degree=True, text="mostly"), intent("thanks", text="thanks")]
    assert combine(whole, parts, "scale") == (whole, None)


def test_an_answer_before_going_back_is_kept_and_a_no_is_none() -> None:
    back = intent("back", text="can we go back one")
    said, also = combine(intent("back"), [intent("answer", degree=True, text="2"), back], "scale")
    assert (said["name"], also) == ("answer", "back")
    refused = intent("answer", degree=True, text="no")
    assert combine(intent("back"), [refused, back], "scale") == (intent("back"), None)


def test_how_much_to_delete_is_no_answer() -> None:
    wipe, whole = intent("stop_delete", text="wipe it"), intent("stop_delete")
    parts = [wipe, intent("answer", degree=True, text="all of it")]
    assert combine(whole, parts, "scale") == (whole, None)
    parts = [intent("answer", degree=True, text="mostly"), wipe]
    assert combine(whole, parts, "scale")[1] == "stop_delete"


@pytest.mark.parametrize(
    ("said", "first", "second"),
    [
        (("technical_problem", "ask_human"), "technical_problem", "ask_human"),
        (("ask_human", "technical_problem"), "ask_human", "technical_problem"),
        # A wish to leave is asked about, so beside a request less is enough for it.
        (("stop", "ask_human"), "stop", "ask_human"),
        # Nothing said beside something else changes the language.
        (("ask_if_human", "ask_language"), "ask_language", "ask_if_human"),
        (("stop", "stop_delete"), "stop_delete", "stop"),
        (("thanks", "ask_who_sees"), "ask_who_sees", "thanks"),
    ],
)
def test_of_two_requests_both_are_heard_in_the_order_they_were_said(
    said: tuple[str, str], first: str, second: str
) -> None:
    parts = [intent(name, 0.7, text=name) for name in said]
    for name in said:
        if name != "thanks":
            found, also = combine(intent(name), parts, "choice")
            assert (found["name"], also) == (first, second)


def test_a_word_of_starting_before_a_question_starts() -> None:
    parts = [intent("answer", go=True, text="ok"), intent("ask_if_human", text="are you a bot")]
    found, also = combine(intent("ask_if_human"), parts, None)
    assert (found["name"], also) == ("start", "ask_if_human")


@pytest.mark.parametrize("name", ["skip", "correct", "rather_not_say"])
def test_what_is_about_the_answer_itself_is_no_second_request(name: str) -> None:
    whole = intent("answer")
    assert combine(whole, [intent(name, text="go back")], "choice") == (whole, None)


def share(*ranking: tuple[str, float]) -> float:
    ranked = [intent(name, confidence) for name, confidence in ranking]
    return request_share(ranked[0], ranked, lambda name: name not in ("answer", "skip"), 0.4)


def test_a_message_that_is_one_of_two_requests_surely_is_a_request() -> None:
    assert share(("help", 0.6), ("repeat", 0.38), ("answer", 0.02)) == pytest.approx(0.98)


def test_answers_take_their_part_from_the_requests() -> None:
    assert share(("help", 0.5), ("answer", 0.4), ("repeat", 0.1)) == pytest.approx(0.6)


def test_what_no_request_leads_counts_by_itself() -> None:
    assert share(("skip", 0.5), ("help", 0.3), ("repeat", 0.2)) == 0.5
    assert share(("help", 0.35), ("repeat", 0.33), ("stop", 0.32)) == 0.35
