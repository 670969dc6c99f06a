"""A message that the gateway has answered with a safe message: the dialogue stops, and only there.

Through a real Rasa server; `rasa test` runs neither forms nor actions and would pass without any of
this.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from bot_harness import CLEAR, HELD, PROJECT, ROOT, Actions, Rasa, texts, train
from ruamel.yaml import YAML

WORDS = "canary-held-4d2 and what was said"


def held(rasa: Rasa, conversation: str, **what: str) -> list[dict[str, object]]:
    return rasa.say(conversation, **(what or {"text": WORDS}), safety=HELD)


def asked_again(rasa: Rasa, conversation: str) -> list[str]:
    return texts(rasa.say(conversation, choice="menu.help"))


def test_at_a_choice_nothing_is_said_or_stored_and_the_form_takes_the_next_message(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    assert held(rasa, conversation) == []
    assert actions.heard(conversation) == []
    assert actions.called("action_safety_hold", conversation) == 1
    assert texts(rasa.say(conversation, choice="heard.4")) == ["Question note"]
    assert actions.heard(conversation) == [("heard", "Mostly")]


def test_at_open_words_the_form_takes_the_next_words(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    for _ in range(2):
        assert held(rasa, conversation) == []
    assert texts(rasa.say(conversation, text="he was kind")) == ["It is closed."]
    assert actions.heard(conversation) == [("heard", "Mostly"), ("note", "he was kind")]


def test_the_same_words_later_are_taken_when_they_are_not_held(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    held(rasa, conversation)
    rasa.say(conversation, text=WORDS)
    assert actions.heard(conversation)[-1] == ("note", WORDS)


@pytest.mark.parametrize("text", ["Mostly", "4", "help", "delete everything", "/restart", "start"])
def test_held_words_are_no_option_and_no_command(
    rasa: Rasa, actions: Actions, conversation: str, text: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    assert held(rasa, conversation, text=text) == []
    assert actions.heard(conversation) == []
    assert actions.choices(conversation)[-1] is None
    assert actions.called("action_help", conversation) == 0
    assert actions.called("action_confirm_delete", conversation) == 0
    assert asked_again(rasa, conversation) == ["Here is help.", "Question heard"]


def test_before_the_reflection_is_opened(rasa: Rasa, actions: Actions, conversation: str) -> None:
    assert held(rasa, conversation) == []
    assert not actions.called("action_closed", conversation)
    assert texts(rasa.say(conversation, choice="menu.start")) == ["Welcome.", "Question heard"]


def test_after_it_has_ended(rasa: Rasa, actions: Actions, conversation: str) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="heard.4")
    rasa.say(conversation, text="the end")
    assert held(rasa, conversation) == []
    assert actions.heard(conversation)[-1] == ("note", "the end")
    assert texts(rasa.say(conversation, text="and now?")) == ["It is closed."]


def test_while_deleting_is_to_be_confirmed_nothing_is_deleted(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="menu.stop_delete")
    response = rasa.send(conversation, text="yes, delete", safety=HELD).json()
    assert (response["replies"], response["erased"]) == ([], False)
    rasa.say(conversation, choice="heard.4")
    assert actions.heard(conversation) == [("heard", "Mostly")]


def test_after_a_digression_and_before_the_next(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    asked_again(rasa, conversation)
    assert held(rasa, conversation) == []
    assert asked_again(rasa, conversation) == ["Here is help.", "Question heard"]
    rasa.say(conversation, choice="heard.3")
    assert actions.heard(conversation) == [("heard", "No")]


def test_a_repeat_is_silent_too_and_runs_nothing(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    message = str(uuid.uuid4())
    first = rasa.send(conversation, message, text=WORDS, safety=HELD)
    rasa.say(conversation, choice="heard.4")
    before = len(actions.calls)
    assert rasa.send(conversation, message, text=WORDS, safety=HELD).json() == first.json()
    assert first.json() == {
        "message": message,
        "replies": [],
        "erased": False,
        "missed": False,
    }
    assert len(actions.calls) == before


def test_a_choice_that_the_gateway_has_answered_is_held_as_well(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    assert held(rasa, conversation, choice="safety.support") == []
    assert actions.choices(conversation)[-1] == "safety.support"
    assert held(rasa, conversation, choice="heard.4") == []
    assert actions.heard(conversation) == []


def test_what_the_gateway_offers_needs_no_offer_of_ours(rasa: Rasa, conversation: str) -> None:
    # Rasa has not offered it, and no question is open.
    assert texts(rasa.say(conversation, choice="safety.go_on")) == ["It is closed."]
    response = rasa.send(conversation, choice="safety.restart")
    assert (response.status_code, response.json()) == (422, {"error": "choice_not_offered"})


def test_a_failing_hold_keeps_nothing_and_the_retry_holds(
    rasa: Rasa, well: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    well.broken = {"action_safety_hold"}
    message = str(uuid.uuid4())
    assert rasa.send(conversation, message, text=WORDS, safety=HELD).status_code == 503
    well.broken = set()
    response = rasa.send(conversation, message, text=WORDS, safety=HELD)
    assert (response.status_code, response.json()["replies"]) == (200, [])
    assert well.heard(conversation) == []


def test_a_text_that_was_not_screened_is_refused(
    rasa: Rasa, actions: Actions, conversation: str
) -> None:
    rasa.say(conversation, choice="menu.start")
    fields = {"conversation": conversation, "message": str(uuid.uuid4()), "text": "Mostly"}
    response = rasa.post("turn", json.dumps(fields).encode())
    assert (response.status_code, response.json()) == (422, {"error": "not_screened"})
    assert actions.heard(conversation) == []
    assert rasa.post("turn", json.dumps(fields | {"safety": CLEAR}).encode()).status_code == 200


def test_held_words_are_in_no_log(rasa: Rasa, conversation: str) -> None:
    rasa.say(conversation, choice="menu.start")
    held(rasa, conversation)
    assert "canary-held" not in rasa.log()


def test_a_model_without_the_policy_is_not_served(
    new_rasa: Callable[..., Rasa], tmp_path: Path
) -> None:
    text = (PROJECT / "config.yml").read_text(encoding="utf-8")
    config = tmp_path / "config.yml"
    config.write_text(text.replace("  - name: bot.safety_policy.SafetyPolicy\n", ""))
    rasa = new_rasa()
    rasa.model = train(tmp_path, config)
    assert rasa.spawn().wait(40) != 0
    assert "trained without bot.safety_policy.SafetyPolicy" in rasa.log()


@pytest.mark.parametrize("project", [ROOT, PROJECT])
def test_the_policy_comes_first(project: Path) -> None:
    config = YAML(typ="safe", pure=True).load((project / "config.yml").read_text(encoding="utf-8"))
    names = [policy["name"] for policy in config["policies"]]
    assert names[0] == "bot.safety_policy.SafetyPolicy"
    # A priority here would go before the one that the policy has of itself.
    assert config["policies"][0].keys() == {"name"}
