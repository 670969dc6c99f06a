"""What follows a safe message in the shipped assistant: Rasa, its model and the actions.

Without the gateway: the turns are sent as the worker sends them, by the worker's own client.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from bot_harness import CLEAR, HELD, texts
from case import Case
from stack import Stack
from waiting import wait_for

from afterword import services
from afterword.gateway.turns import Assistant, TurnRefused
from afterword.locales import load
from afterword.records import reflections

pytestmark = pytest.mark.stack

WORDS = "canary-words-9b3 that were answered with a safe message"
SAFEGUARDING = {**HELD, "route": "safeguarding"}
LINE = load("en").section("bot")


class Assistants(Stack):
    """Actions and Rasa, without the web process and the worker."""

    def __enter__(self) -> Assistants:
        self._thread.start()
        for service in services.app_services(self.settings, self.ports, self.vault):
            if service.name == "actions":
                self.supervisor.start(service)
        self.start_rasa()
        return self


@pytest.fixture(scope="module")
def assistants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistants]:
    with Assistants(tmp_path_factory.mktemp("assistants")) as running:
        yield running


class Talk:
    """One patient, through the worker's client."""

    def __init__(self, stack: Assistants) -> None:
        self.stack = stack
        self.case: Case = stack.case(goals=())
        with stack.records.read() as tx:
            found = reflections.by_id(tx, self.case.reflection_id)
        assert found is not None
        self.conversation = found.conversation
        self.replies: list[dict[str, Any]] = []

    def tap(self, token: str, **more: Any) -> list[str]:
        return self._send({"choice": token, **more})

    def type(self, text: str) -> list[str]:
        return self._send({"text": text, "safety": CLEAR})

    def held(self, text: str = WORDS, safety: dict[str, Any] = HELD) -> None:
        assert self._send({"text": text, "safety": safety}) == []

    @property
    def choices(self) -> list[str]:
        return [choice["token"] for choice in self.replies[-1]["choices"]]

    def answers(self) -> dict[str, str | None]:
        return {name: one.value or one.words for name, one in self.case.answers().items()}

    def to_words(self) -> Talk:
        """Opens the reflection and answers up to the first question that wants words."""
        self.tap("menu.start")
        while self.replies[-1]["input"] != "text":
            self.tap(self.choices[-3])
        return self

    def _send(self, body: dict[str, Any]) -> list[str]:
        key = services.channel_key(self.stack.vault)
        url = f"http://127.0.0.1:{self.stack.ports.rasa}"

        async def turn() -> dict[str, Any]:
            assistant = Assistant(url, key)
            try:
                return await assistant.turn(self.conversation, str(uuid.uuid4()), body)
            finally:
                await assistant.close()

        self.replies = asyncio.run(turn())["replies"]
        return texts(self.replies)


@pytest.fixture
def talk(assistants: Assistants) -> Talk:
    return Talk(assistants)


@pytest.fixture
def at_words(talk: Talk) -> Talk:
    return talk.to_words()


def test_the_worker_passes_on_what_the_screen_found(talk: Talk) -> None:
    talk.tap("menu.start")
    with pytest.raises(TurnRefused, match="not_screened"):
        talk._send({"text": "mostly"})
    talk._send({"text": "mostly", "safety": CLEAR, "of-the-gateway": "alone"})
    assert talk.answers() == {"heard": "3"}


def test_going_on_asks_the_same_question_and_offers_the_words(at_words: Talk) -> None:
    question, before = at_words.replies[-1]["question"], at_words.answers()
    at_words.held()
    assert at_words.answers() == before
    at_words.tap("safety.go_on")
    assert at_words.replies[-1]["question"] == question
    assert "keep.words" in at_words.choices
    at_words.tap("keep.words")
    assert at_words.answers() == {**before, question: WORDS}


def test_held_words_are_an_answer_only_when_they_are_kept(at_words: Talk) -> None:
    question, before = at_words.replies[-1]["question"], at_words.answers()
    at_words.held()
    at_words.type("yes")
    assert (at_words.replies[-1]["question"], at_words.answers()) == (question, before)
    at_words.type("he was kind")
    assert at_words.answers() == {**before, question: "he was kind"}


def test_words_about_the_clinician_are_not_offered(at_words: Talk) -> None:
    at_words.held(safety=SAFEGUARDING)
    assert at_words.tap("safety.forward_yes", safety=SAFEGUARDING) == []
    at_words.tap("safety.go_on")
    assert "keep.words" not in at_words.choices


def test_support_and_help_leave_the_question_where_it_was(at_words: Talk) -> None:
    question = at_words.replies[-1]["question"]
    at_words.held()
    for token in ("safety.support", "safety.help_now"):
        assert at_words.tap(token, safety={**HELD, "tier": "none", "route": None}) == []
    at_words.tap("safety.go_on")
    assert at_words.replies[-1]["question"] == question
    assert "keep.words" in at_words.choices


@pytest.mark.parametrize("way", ["tap", "stop", "no", "Stop here", "parar"])
def test_stopping_is_said_and_nothing_is_asked(at_words: Talk, way: str) -> None:
    before = at_words.answers()
    at_words.held()
    said = at_words.tap("safety.stop") if way == "tap" else at_words.type(way)
    assert said == [LINE("safety_stopped")]
    assert (at_words.choices, at_words.answers()) == ([], before)
    # The patient may still write, and is asked before anything is taken for an answer.
    assert at_words.replies[-1]["input"] == "choice"
    assert at_words.type("hello again") == [LINE("safety_unsure"), LINE("safety_ask")]
    assert at_words.choices == ["safety.go_on", "safety.stop"]
    assert at_words.answers() == before


@pytest.mark.parametrize("text", ["mostly", "4", "skip", "rather not say", "it was fine", "back"])
def test_what_is_typed_next_is_no_answer(at_words: Talk, text: str) -> None:
    before = at_words.answers()
    at_words.held()
    assert at_words.type(text) == [LINE("safety_unsure"), LINE("safety_ask")]
    assert at_words.answers() == before
    # And the words from before are still at hand.
    at_words.type("Go on")
    assert "keep.words" in at_words.choices


def test_a_question_typed_next_is_answered_without_asking_on(at_words: Talk) -> None:
    at_words.held()
    who, asked = at_words.type("who can see what I wrote here?")
    assert "Nobody reads along live" in who
    assert asked == LINE("safety_ask")
    at_words.tap("safety.go_on")
    assert "keep.words" in at_words.choices


def test_the_menu_works_as_usual(at_words: Talk) -> None:
    question = at_words.replies[-1]["question"]
    at_words.held()
    at_words.tap("menu.ask_why")
    assert at_words.replies[-1]["question"] == question
    assert "keep.words" not in at_words.choices
    at_words.held()
    at_words.tap("menu.skip")
    assert at_words.case.answers()[question].words is None


@pytest.mark.parametrize("token", ["menu.stop_delete", "menu.pause"])
def test_what_was_about_to_be_decided_is_put_off(at_words: Talk, token: str) -> None:
    question, before = at_words.replies[-1]["question"], at_words.answers()
    at_words.tap(token)
    at_words.held("yes")
    assert at_words.answers() == before
    at_words.tap("safety.go_on")
    assert (at_words.replies[-1]["question"], at_words.answers()) == (question, before)
    assert "keep.words" not in at_words.choices


def test_at_the_review_and_after_it(at_words: Talk) -> None:
    while at_words.replies[-1]["kind"] == "question":
        at_words.tap("menu.skip")
    at_words.held()
    at_words.tap("safety.go_on")
    assert at_words.replies[-1]["kind"] == "review"
    at_words.held()
    assert at_words.type("share") == [LINE("safety_unsure"), LINE("safety_ask")]
    at_words.tap("review.share")
    assert at_words.case.state() == "shared"
    at_words.held()
    assert at_words.replies == []
    for token in ("safety.go_on", "safety.stop"):
        at_words.tap(token)
        assert at_words.replies[-1]["kind"] == "closed"


def test_before_it_is_opened(talk: Talk) -> None:
    talk.held()
    assert talk.tap("safety.stop") == [LINE("safety_stopped")]
    assert talk.choices == []
    assert talk.tap("safety.go_on") == [LINE("not_open")]
    assert talk.choices == ["menu.start"]
    talk.tap("menu.start")
    assert talk.replies[-1]["question"] == "heard"


def test_held_words_are_in_no_log(talk: Talk) -> None:
    talk.tap("menu.start")
    talk.held()
    wait_for("the logs", talk.stack.logs)
    assert "canary-words" not in talk.stack.logs()
