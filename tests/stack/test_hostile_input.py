"""Whatever is typed is text: it changes the asked question at most, and is shown harmlessly."""

import html
import uuid

import httpx
import pytest
from stack import Stack

HOSTILE = [
    "/restart",
    "/session_start",
    '/answer{"question":"safe"}',
    '/inform{"answer":"5","question":"review"}',
    ' /back{"pending":"delete"}',
    # Markup alone is so unlike speech that the screen asks about it; with words it is an answer.
    "<script>alert(1)</script><img src=x onerror=alert(2)> It was a good session.",
    "{{7*7}} {0} %s ${AFTERWORD_KEY}",
    "\u202eright to left\u202c and \u0645\u0631\u062d\u0628\u0627",
    "👍🏽👩‍👩‍👧 💔",
    "'; DROP TABLE answer; --",
    ("We spoke. " * 500).strip(),
    "one line\nand another",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_at_an_open_question_it_is_the_answer_word_for_word(stack: Stack, text: str) -> None:
    case = stack.case(goals=())
    patient = case.patient()
    patient.start()
    for tap in ("heard.5", "safe.5", "goals.5", "approach.5", "snag.5"):
        patient.tap(tap)
    before = case.answers()
    patient.type(text)
    after = case.answers()
    assert after.pop("helped").words == text.strip()
    assert after == before
    patient.tap("wish.same")
    patient.tap("review.share")
    page = case.digest()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    # A browser reads an end of line in a form or a page as one character.
    assert text.strip() in html.unescape(page)


@pytest.mark.parametrize("text", HOSTILE[:7], ids=range(7))
def test_at_a_question_with_options_nothing_is_stored(stack: Stack, text: str) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.5")
    patient.type(text)
    assert list(case.answers()) == ["heard"]
    assert patient.open["question"] == "safe"
    assert case.state() == "open"


def test_a_key_that_was_held_down_is_asked_about_and_can_be_kept_whole(stack: Stack) -> None:
    case = stack.case(goals=())
    patient = case.patient()
    patient.start()
    for tap in ("heard.5", "safe.5", "goals.5", "approach.5", "snag.5"):
        patient.tap(tap)
    patient.type("x" * 5_000)
    assert "helped" not in case.answers()
    patient.tap("keep.words")
    assert case.answers()["helped"].words == "x" * 5_000


def test_nul_bytes_do_not_end_the_text(stack: Stack) -> None:
    case = stack.case(goals=())
    patient = case.patient()
    patient.start()
    for tap in ("heard.5", "safe.5", "goals.5", "approach.5", "snag.5"):
        patient.tap(tap)
    patient.type("We talked a lot\x00and it helped")
    assert case.answers()["helped"].words == "We talked a lot\ufffdand it helped"


def refused(stack: Stack, body: object) -> httpx.Response:
    patient = stack.case().patient()
    response = patient.client.post("/api/messages", json=body)
    assert response.status_code in (400, 413, 422)
    assert response.json()["message"], "says what to do"
    return response


def test_what_cannot_be_taken_is_refused_with_a_reason(stack: Stack) -> None:
    key = str(uuid.uuid4())
    refused(stack, {"id": key, "text": "x" * 10_001})
    refused(stack, {"id": key, "text": "x" * 200_000})
    refused(stack, {"id": key, "text": "   "})
    refused(stack, {"id": key, "text": {"deep": ["x"]}})
    refused(stack, {"id": "no uuid", "text": "hello"})
    refused(stack, ["not", "a", "message"])
    refused(stack, {"id": key})


def test_a_choice_that_was_never_offered_does_nothing(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    for token in ("review.share", "delete.yes", "wish.talk", "menu.restart", "goal-x.mine"):
        patient.tap(token)
    assert case.answers() == {}
    assert case.state() == "open"
