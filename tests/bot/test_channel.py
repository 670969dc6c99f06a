"""The signed channel, through a real Rasa server."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from bot_harness import CLEAR, Actions, Rasa, texts


def body(default: str, **what: object) -> bytes:
    fields = {"conversation": default, "message": str(uuid.uuid4()), "safety": CLEAR, **what}
    return json.dumps(fields).encode()


def test_unsigned_calls_are_refused(rasa: Rasa, conversation: str) -> None:
    content = body(conversation, text="hello")
    for headers in (
        {},
        rasa.headers(content + b" "),
        rasa.headers(content, at=time.time() - 301),
        rasa.headers(content, at=time.time() + 310),
        {**rasa.headers(content), "X-Afterword-Timestamp": "now"},
        {**rasa.headers(content), "X-Afterword-Signature": "ä" * 10},
    ):
        raw = {name: value.encode() for name, value in headers.items()}
        response = httpx.post(rasa.url("turn"), content=content, headers=raw)
        assert response.status_code == 401, headers


@pytest.mark.parametrize(
    "fields",
    [
        {"conversation": "default", "text": "x"},
        {"conversation": None, "text": "x"},
        {"message": "not-an-id", "text": "x"},
        {"message": 7, "text": "x"},
        {"text": ""},
        {"text": "  "},
        {"text": ["x"]},
        {"text": "x", "choice": "menu.start"},
        {"text": "x", "metadata": {}},
        {"text": "x", "safety": None},
        {"text": "x", "safety": {"held": False}},
        {"text": "x", "safety": {**CLEAR, "tier": "low"}},
        {"text": "x", "safety": {**CLEAR, "tier": ["none"]}},
        {"text": "x", "safety": {**CLEAR, "route": "clinician"}},
        {"text": "x", "safety": {**CLEAR, "held": 0}},
        {"text": "x", "safety": {**CLEAR, "screen": ""}},
        {"text": "x", "safety": {**CLEAR, "screen": "x" * 201}},
        {"text": "x", "safety": {**CLEAR, "words": "x"}},
        {"choice": "menu.start", "safety": {**CLEAR, "held": None}},
        {"choice": "/start"},
        {},
    ],
)
def test_other_shapes_are_refused(rasa: Rasa, conversation: str, fields: dict[str, object]) -> None:
    response = rasa.post("turn", body(conversation, **fields))
    assert response.status_code == 400
    assert response.json()["error"] == "shape"


def test_a_long_text_is_refused_and_the_longest_is_not(rasa: Rasa, conversation: str) -> None:
    assert rasa.send(conversation, text="x" * 10_001).status_code == 413
    assert rasa.send(conversation, text="\U0001f600" * 10_000).status_code == 200


def test_ready_names_the_model_and_nothing_else_is_served(rasa: Rasa) -> None:
    ready = httpx.get(rasa.url("ready")).json()
    assert ready["ready"] is True
    assert ready["model"]
    for path in ("/status", "/model", "/conversations/x/tracker", "/webhooks/rest/webhook"):
        assert httpx.get(f"http://127.0.0.1:{rasa.port}{path}").status_code == 404


def test_a_message_of_text_buttons_and_custom_is_one_reply(rasa: Rasa, conversation: str) -> None:
    welcome, question = rasa.say(conversation, choice="menu.start")
    assert welcome == {"kind": "say", "text": "Welcome.", "choices": []}
    assert question["question"] == "heard"
    assert question["choices"] == [
        {"token": "heard.3", "title": "No", "style": "option"},
        {"token": "heard.4", "title": "Mostly", "style": "option"},
    ]


def test_a_repeated_message_gets_the_same_replies_and_runs_nothing(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    start, tap = str(uuid.uuid4()), str(uuid.uuid4())
    first = rasa.send(conversation, start, choice="menu.start").json()
    second = rasa.send(conversation, tap, choice="heard.4").json()
    before = len(actions.calls)
    assert rasa.send(conversation, tap, choice="heard.4").json() == second
    assert rasa.send(conversation, start, choice="menu.start").json() == first
    assert len(actions.calls) == before
    assert actions.heard(conversation) == [("heard", "Mostly")]


@pytest.mark.parametrize("typed", ["mostly", " MOSTLY. ", "4", "mostly  yes!"])
def test_a_typed_title_or_word_is_that_choice(
    rasa: Rasa, actions: Actions, conversation: str, typed: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, text=typed)
    assert actions.heard(conversation) == [("heard", typed.strip())], "kept as it was typed"
    assert actions.choices(conversation)[-1] == "heard.4"


def test_a_choice_that_was_not_offered_is_refused(rasa: Rasa, conversation: str) -> None:
    assert rasa.send(conversation, choice="heard.4").status_code == 422
    rasa.say(conversation, choice="menu.start")
    for token in ("heard.9", "delete.yes", "menu.loop", "menu.restart", "menu.session_start"):
        response = rasa.send(conversation, choice=token)
        assert (response.status_code, response.json()) == (422, {"error": "choice_not_offered"})


def test_a_choice_of_an_earlier_turn_is_taken(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    rasa.say(conversation, choice="heard.3")
    assert actions.heard(conversation) == [("heard", "Mostly"), ("heard", "No")]


@pytest.mark.parametrize(
    "command",
    ["/restart", "/session_start", '/help{"answer":"x"}', "  /back", '/answer{"erased":true}'],
)
def test_typed_commands_are_only_text(
    rasa: Rasa, actions: Actions, conversation: str, command: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    assert texts(rasa.say(conversation, text=command)) == ["It is closed."]
    assert actions.heard(conversation)[-1] == ("note", command.strip())


def test_at_an_open_question_only_a_clear_digression_is_one(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    long = "i need help with help at home and my mother can you help me"
    assert texts(rasa.say(conversation, text=long)) == ["It is closed."]
    assert actions.heard(conversation)[-1] == ("note", long)


def test_a_digression_comes_back_to_the_question(rasa: Rasa, conversation: str) -> None:
    rasa.say(conversation, choice="menu.start")
    replies = rasa.say(conversation, choice="menu.help")
    assert texts(replies) == ["Here is help.", "Question heard"]


def test_a_failing_action_keeps_nothing_and_the_retry_lands_right(
    rasa: Rasa, well: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    message = str(uuid.uuid4())
    for broken in ("validate_reflection_form", "action_ask_answer"):
        well.broken = {broken}
        response = rasa.send(conversation, message, choice="heard.4")
        assert (response.status_code, response.json()) == (503, {"error": "turn_failed"})
    well.broken = set()
    well.answers.clear()
    replies = rasa.send(conversation, message, choice="heard.4").json()["replies"]
    assert texts(replies) == ["Question note"]
    assert well.heard(conversation) == [("heard", "Mostly")]


def test_an_action_server_that_is_down_keeps_nothing(
    rasa: Rasa, well: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    secret = "canary-down-7c1"
    well.hang_up()
    try:
        assert rasa.send(conversation, text=secret).status_code == 503
    finally:
        well.listen()
    assert texts(rasa.say(conversation, text="all fine")) == ["It is closed."]
    assert well.heard(conversation) == [("heard", "Mostly"), ("note", "all fine")]
    assert secret not in rasa.log()


def test_two_at_once_are_served_one_after_the_other(
    rasa: Rasa, well: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    well.slow = {"validate_reflection_form": 0.2}
    well.overlapped = False
    message = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(rasa.send, conversation, message, choice="heard.4") for _ in range(4)]
    assert {one.result().text for one in sent} == {sent[0].result().text}
    assert well.heard(conversation) == [("heard", "Mostly")]
    assert not well.overlapped


def test_a_turn_goes_on_when_its_caller_hangs_up(
    rasa: Rasa, well: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    well.slow = {"action_ask_answer": 0.6}
    message = str(uuid.uuid4())
    content = json.dumps(
        {"conversation": conversation, "message": message, "choice": "heard.4"}
    ).encode()
    with pytest.raises(httpx.ReadTimeout):
        rasa.post("turn", content, timeout=0.2)
    assert rasa.post("turn", content).status_code == 200
    assert well.heard(conversation) == [("heard", "Mostly")]


def test_rules_without_an_end_are_a_failure(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    assert rasa.send(conversation, text="loop the loop").status_code == 503
    assert actions.called("action_loop", conversation) > 1
    assert texts(rasa.say(conversation, choice="menu.start")) == ["Welcome.", "Question heard"]


def test_silence_is_a_failure(rasa: Rasa, conversation: str) -> None:
    # No rule of the small assistant knows help outside the form.
    assert rasa.send(conversation, choice="menu.help").status_code == 503
    assert "the bot said nothing" in rasa.log()
