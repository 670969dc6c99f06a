"""Wherever the dialogue stands, a plain statement is answered at once and never taken as an answer.

Rasa hangs while it is said and answered: nothing of the answer may wait for it.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from case import Case, Patient
from stack import Stack

from afterword.reflection.answers import AnswerState

PLAIN = "I want to kill myself"
PLAIN_ES = "quiero matarme"
CONCERN = "my therapist kissed me"
STATEMENTS = {"danger": PLAIN, "danger-es": PLAIN_ES, "concern": CONCERN}

GOAL = "goal-*"
"""Stands for the question on the one goal that was agreed on."""
RATED = ("heard.1", "safe.5", "goals.5", f"{GOAL}.unsure", "approach.5", "snag.5")
ALL = (*RATED, "heard_why.pace", "helped.skip", "wish.same")


@dataclass(frozen=True)
class State:
    """What has been tapped (or typed, after `>`) so far, and which question is open then.

    `keeps`: an answer is asked for, so the words may be kept as one.
    """

    steps: tuple[str, ...]
    open: str | None
    keeps: bool = False


def question(after: int, name: str) -> State:
    return State(("menu.start", *RATED[:after]), name, keeps=True)


STATES = {
    "before the start": State((), None),
    "question heard": question(0, "heard"),
    "question of a goal": question(3, GOAL),
    "follow-up": question(6, "heard_why"),
    "open question": State(("menu.start", *ALL[:7]), "helped", keeps=True),
    "review": State(("menu.start", *ALL), "review"),
    "asked whether to delete": State(("menu.start", "heard.1", "menu.stop_delete"), "safe"),
    "paused": State(("menu.start", "heard.1", "menu.pause"), "safe"),
    "asked whether to keep words": State(
        ("menu.start", "heard.1", ">somewhere in the upper half"), "safe", keeps=True
    ),
}
# They differ from others only in their names, so one statement is enough.
ALIKE = {
    "question safe": question(1, "safe"),
    "question goals": question(2, "goals"),
    "question approach": question(4, "approach"),
    "question snag": question(5, "snag"),
    "wish": State(("menu.start", *ALL[:8]), "wish", keeps=True),
}
ENDED = {
    "shared": State(("menu.start", *ALL, "review.share"), None),
    "kept private": State(("menu.start", *ALL, "review.private"), None),
}
EVERY = [
    pytest.param(state, words, id=f"{name} - {kind}")
    for name, state in STATES.items()
    for kind, words in STATEMENTS.items()
] + [pytest.param(state, PLAIN, id=f"{name} - danger") for name, state in ALIKE.items()]


def reaches(stack: Stack, state: State) -> tuple[Case, Patient]:
    case = stack.case()
    case.contact("duty")
    case.contact("safeguarding")
    patient = case.patient()
    for step in state.steps:
        step = own(case, step)
        patient.type(step[1:]) if step.startswith(">") else patient.tap(step)
    if state.open is not None:
        assert patient.open["question"] == own(case, state.open)
    return case, patient


def own(case: Case, text: str) -> str:
    return text.replace(GOAL, f"goal-{case.goal_ids[0]}")


def says(stack: Stack, patient: Patient, words: str) -> list[dict[str, Any]]:
    """Says it while Rasa hangs; the lines of safety that stand there right afterwards."""
    before = len(patient.sees())
    with stack.hanging("rasa"):
        patient.post({"text": words}, str(uuid.uuid4()))
        new = patient.sees()[before:]
    assert new[0]["text"] == words
    assert new[0]["state"] == "done", "it has had its answer"
    assert {line["kind"] for line in new[1:]} == {"safety"}
    return new[1:]


def tokens(lines: list[dict[str, Any]]) -> set[str]:
    return {choice["token"] for line in lines for choice in line["choices"]}


def goes_on(case: Case, patient: Patient, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Taps through the choices under the lines until the questions go on."""
    offered = tokens(said)
    if "safety.forward_no" in offered:
        offered = {
            choice["token"]
            for line in patient.tap("safety.forward_no")
            for choice in line["choices"]
        }
    assert offered >= {"safety.go_on", "safety.stop"}
    return [line for line in patient.tap("safety.go_on") if line["kind"] != "safety"]


def raised(words: str) -> list[tuple[str, str, str]]:
    if words == CONCERN:
        return [("safeguarding", "same_day", "sealed")]
    return [("duty", "same_day", "open")]


def answers_that_help(words: str, said: list[dict[str, Any]]) -> None:
    text = " ".join(line["text"] for line in said)
    links = [link["href"] for line in said for link in line["contacts"]]
    if words == CONCERN:
        assert "not your fault" in text
    else:
        assert links[0] == "tel:999"
        assert "tel:116123" in links
    assert ("Soy un programa" in text) == (words == PLAIN_ES)


@pytest.mark.parametrize(("state", "words"), EVERY)
def test_it_is_answered_at_once_and_the_open_question_comes_back(
    stack: Stack, state: State, words: str
) -> None:
    case, patient = reaches(stack, state)
    before = case.answers()
    said = says(stack, patient, words)
    answers_that_help(words, said)
    assert case.alerts() == raised(words)
    case.settled()
    assert case.answers() == before, "it is no answer"
    assert case.state() == ("open" if state.steps else "invited")
    lines = goes_on(case, patient, said)
    assert case.answers() == before
    if state.open is None:
        assert [choice["token"] for choice in lines[-1]["choices"]] == ["menu.start"]
        lines = patient.start()
    assert lines[-1]["question"] == own(case, state.open or "heard")
    offered = [choice["token"] for choice in lines[-1]["choices"]]
    assert ("keep.words" in offered) == (state.keeps and words != CONCERN)


@pytest.mark.parametrize("words", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.parametrize("state", ENDED.values(), ids=ENDED)
def test_after_the_end_it_is_answered_and_nothing_opens_again(
    stack: Stack, state: State, words: str
) -> None:
    case, patient = reaches(stack, state)
    before, ended = case.answers(), case.state()
    said = says(stack, patient, words)
    answers_that_help(words, said)
    assert case.alerts() == raised(words)
    goes_on(case, patient, said)
    case.settled()
    assert (case.answers(), case.state()) == (before, ended)


@pytest.mark.parametrize("words", STATEMENTS.values(), ids=STATEMENTS)
def test_after_everything_was_deleted_it_is_answered_and_told(stack: Stack, words: str) -> None:
    case, patient = reaches(stack, State(("menu.start", "menu.stop_delete", "delete.yes"), None))
    body = {"id": str(uuid.uuid4()), "text": words}
    with stack.hanging("rasa"):
        reply = patient.client.post("/api/messages", json=body)
    assert reply.status_code == 422
    answers_that_help(words, reply.json()["safety"])
    assert case.alerts() == raised(words)
    assert (case.answers(), case.state()) == ({}, "deleted")


def test_the_words_become_an_answer_only_by_keep_my_words(stack: Stack) -> None:
    case, patient = reaches(stack, STATES["question heard"])
    said = says(stack, patient, PLAIN)
    goes_on(case, patient, said)
    assert case.answers() == {}
    patient.tap("keep.words")
    answer = case.answers()["heard"]
    assert (answer.state, answer.value, answer.words) == (AnswerState.ANSWERED, None, PLAIN)


def test_an_old_keep_my_words_keeps_nothing_of_a_concern(stack: Stack) -> None:
    case, patient = reaches(stack, STATES["asked whether to keep words"])
    before = case.answers()
    said = says(stack, patient, CONCERN)
    patient.tap("keep.words")
    goes_on(case, patient, said)
    patient.tap("keep.words")
    assert case.answers() == before


def test_stopping_asks_nothing_and_pushes_nobody(stack: Stack) -> None:
    case, patient = reaches(stack, ALIKE["question safe"])
    says(stack, patient, PLAIN)
    lines = patient.tap("safety.stop")
    assert [line["kind"] for line in lines if line["kind"] != "safety"] == ["say"]
    assert case.state() == "open"
    again = patient.start()
    assert again[-1]["question"] == "safe", "coming back is possible"


def test_the_next_tap_on_an_option_is_an_answer_again(stack: Stack) -> None:
    case, patient = reaches(stack, ALIKE["question safe"])
    says(stack, patient, PLAIN)
    patient.tap("safe.4")
    assert case.answers()["safe"].value == "4"
    assert patient.open["question"] == "goals"


def test_another_language_is_heard_behind_a_safe_message(stack: Stack) -> None:
    """These questions are in English alone; that is said, and the choice stays."""
    case, patient = reaches(stack, ALIKE["question safe"])
    before = case.answers()
    says(stack, patient, PLAIN)
    lines = [one for one in patient.type("prefiero en español") if one["kind"] != "safety"]
    assert lines[0]["text"] == "I can only speak English here."
    offered = [choice["token"] for choice in lines[-1]["choices"]]
    assert offered == ["safety.go_on", "safety.stop"]
    assert case.answers() == before
