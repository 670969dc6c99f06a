"""A patient talks with the assistant over HTTP, the clinician reads what was shared."""

import html
from typing import Any

import pytest
from case import Case
from stack import Stack

from afterword.reflection.answers import AnswerState, Visibility

WORDS = "We laughed about the bus, and then it was easier to say things."
WISH = "Please ask about my sister"


def text_of(lines: list[dict[str, Any]]) -> str:
    return "\n".join(line["text"] for line in lines)


def test_by_taps_alone_up_to_the_digest(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    goal = f"goal-{case.goal_ids[0]}"
    opening = patient.start()
    for said in (
        "not a person",
        "two minutes",
        "Dr Test can read",
        "Nobody reads them live",
        "999",
    ):
        assert said in text_of(opening)
    taps = {"heard": "2", "safe": "5", "goals": "4", goal: "unsure", "approach": "decline"}
    for question, option in (taps | {"snag": "skip"}).items():
        assert patient.open["question"] == question
        patient.tap(f"{question}.{option}")
    assert patient.open["question"] == "heard_why", "one follow-up on the lowest low answer"
    patient.tap("heard_why.pace")
    assert patient.open["question"] == "helped"
    patient.tap("helped.skip")
    patient.tap("wish.practical")
    assert patient.open["kind"] == "review"
    assert not case.digest().count("We moved on too fast"), "nothing is shown before sharing"
    patient.tap("review.share")
    answers = case.answers()
    assert {key: answer.value for key, answer in answers.items() if answer.value} == {
        "heard": "2",
        "safe": "5",
        "goals": "4",
        goal: "unsure",
        "heard_why": "pace",
        "wish": "practical",
    }
    assert answers["approach"].state is AnswerState.DECLINED
    assert answers["snag"].state is AnswerState.SKIPPED
    page = case.digest()
    for shown in ("We moved on too fast", "Something practical", "Rather not say", "Skipped"):
        assert shown in page


def test_by_typing_alone(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    for typed in (
        "hello",
        "start",
        "kinda",
        "4",
        "completely",
        "yes",
        "mostly but he was late",
        "no strain at all",
        "I felt that he moved on a bit quickly",
        WORDS,
        WISH,
    ):
        patient.type(typed)
    assert patient.open["kind"] == "review"
    patient.type("share it")
    answers = case.answers()
    assert [answers[key].value for key in ("heard", "safe", "goals", "approach", "snag")] == [
        *("2", "4", "5", "3", "5")
    ]
    assert answers["approach"].words == "mostly but he was late"
    assert answers["heard_why"].words == "I felt that he moved on a bit quickly"
    assert (answers["helped"].words, answers["wish"].words) == (WORDS, WISH)
    page = html.unescape(case.digest())
    assert WORDS in page
    assert WISH in page


def test_words_that_stand_for_an_option_are_read_back(stack: Stack) -> None:
    patient = stack.case().patient()
    patient.start()
    assert "Partly" in text_of(patient.type("sort of"))


def shared(stack: Stack, decision: str) -> tuple[Case, str]:
    case = stack.case()
    patient = case.patient()
    patient.answer_all({"heard": "1", "snag": "2"} | {"helped": "skip"})
    patient.tap("change.helped")
    patient.type("only for me " + WORDS)
    patient.tap(f"review.{decision}")
    return case, html.unescape(case.digest())


def test_ratings_only_shows_ratings_and_no_word(stack: Stack) -> None:
    case, page = shared(stack, "ratings")
    assert "Not really" in page
    assert WORDS not in page
    assert case.answers()["helped"].visibility is Visibility.PRIVATE


def test_keeping_private_shows_nothing(stack: Stack) -> None:
    case, page = shared(stack, "private")
    assert "Nothing was shared" in page
    assert WORDS not in page
    assert "Not really" not in page
    assert case.state() == "private"


def test_the_patient_sees_that_it_was_read(stack: Stack) -> None:
    case, _ = shared(stack, "share")
    patient = case.patient()
    state = patient.client.get("/api/conversation").json()
    assert state["read"] is None, "opening the digest is not reading it"
    with case.clinician() as client:
        path = f"/portal/appointments/{case.appointment_id}"
        page = client.get(path).text
        token = page.split('name="form_token" value="')[1].split('"')[0]
        form = {"form_token": token, "reflection": case.reflection_id}
        assert client.post(f"{path}/read", data=form).status_code == 303
    read = patient.client.get("/api/conversation").json()["read"]
    assert read["by"] == "Dr Test"


def test_review_changes_and_removes(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.answer_all({"heard": "5"})
    patient.tap("change.heard")
    assert patient.open["question"] == "heard"
    patient.tap("heard.3")
    patient.tap("remove.safe")
    patient.tap("review.share")
    answers = case.answers()
    assert answers["heard"].value == "3"
    assert (answers["safe"].state, answers["safe"].value) == (AnswerState.SKIPPED, None)


@pytest.mark.parametrize(
    ("typed", "question", "value"),
    [("make heard a 4", "heard", "4"), ("I meant mostly", "safe", "3")],
)
def test_a_correction_in_plain_words(stack: Stack, typed: str, question: str, value: str) -> None:
    case = stack.case()
    patient = case.patient()
    for tap in ("menu.start", "heard.1", "safe.1"):
        patient.tap(tap)
    said = patient.type(typed)
    assert "Changed" in text_of(said)
    assert case.answers()[question].value == value
    assert patient.open["question"] == "goals", "the open question stays open"


def test_back_shows_the_question_before_with_its_answer(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.2")
    patient.tap("menu.back")
    assert patient.open["question"] == "heard"
    assert "Partly" in patient.open["text"]
    patient.tap("heard.5")
    assert patient.open["question"] == "safe"
    assert case.answers()["heard"].value == "5"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("who can see this?", "sees what you choose to share"),
        ("why are you asking me that", "hard to say in the room"),
        ("can I talk to a real person", "01632 960 001"),
        ("what's the weather like tomorrow", "I can only pass on"),
    ],
)
def test_a_digression_is_answered_and_the_question_asked_again(
    stack: Stack, typed: str, answer: str
) -> None:
    case = stack.case()
    patient = case.patient()
    asked = patient.start()[-1]["text"]
    said = patient.type(typed)
    assert answer in text_of(said)
    assert patient.open["question"] == "heard"
    assert len(said[-1]["text"]) < len(asked), "in short form"
    assert case.answers() == {}


@pytest.mark.parametrize("typed", ["what do you mean, take in?", "how does this work"])
def test_what_the_question_means_is_said_to_who_asks(stack: Stack, typed: str) -> None:
    case = stack.case()
    patient = case.patient()
    asked = patient.start()[-1]["text"]
    said = patient.type(typed)
    assert "In other words: what you most wanted to talk about" in text_of(said)
    assert said[-1]["text"] == asked, "in full"
    assert case.answers() == {}


def test_skip_and_rather_not_say_by_words(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.type("skip this one")
    patient.type("I'd rather not say")
    states = [answer.state for answer in case.answers().values()]
    assert states == [AnswerState.SKIPPED, AnswerState.DECLINED]


def test_what_is_not_understood_is_never_guessed_and_can_be_kept(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    first = patient.type("like a song on an old radio")
    second = patient.type("same as the chair, really")
    assert first[0]["text"] != second[0]["text"]
    assert case.answers() == {}
    patient.tap("keep.words")
    answer = case.answers()["heard"]
    assert (answer.value, answer.words) == (None, "same as the chair, really")


def test_finish_later_and_come_back_on_another_device(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.4")
    assert "kept" in text_of(patient.type("I'll finish this later"))
    other = case.patient()
    assert "Welcome back" in text_of(other.start())
    assert other.open["question"] == "safe"
    assert case.answers()["heard"].value == "4"


def test_stop_and_delete_asks_once_and_really_deletes(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.4")
    patient.tap("menu.stop_delete")
    patient.type("hm wait")
    assert case.state() == "open", "only a clear yes deletes"
    patient.tap("menu.stop_delete")
    said = patient.tap("delete.yes")
    assert "deleted" in text_of(said)
    assert case.state() == "deleted"
    assert case.answers() == {}
    body = {"id": "3f0e8a52-6a5c-4b8e-9a35-0d6c8f2f9f11", "text": "more"}
    assert patient.client.post("/api/messages", json=body).status_code in (409, 410, 422)


def test_a_shared_reflection_can_be_taken_back_until_it_was_opened(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.answer_all({})
    patient.tap("review.share")
    patient.tap("closed.take_back")
    assert case.state() == "open"
    patient.tap("review.share")
    case.digest()
    assert "opened" in text_of(patient.tap("closed.take_back"))
    assert case.state() == "shared"


def test_a_tap_on_an_old_choice_corrects_that_question(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.1")
    patient.tap("heard.5")
    assert {key: answer.value for key, answer in case.answers().items()} == {"heard": "5"}
    assert patient.open["question"] == "safe"
