"""The parts of bot/ that need no Rasa: signatures, shapes, choices, sealing, defaults."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.reflection.exchange import SAFETY_GO_ON, SAFETY_STOP
from afterword.safety import replies as safe_replies
from afterword.safety.finding import Route, Tier
from bot import environment, incoming, replies, seal, signing
from bot.choices import SAFETY_TOKENS, Choice, choices_of, plain, resolve, typed

KEY = bytes(range(32))
NO = Choice("heard.3", "No", "answer", words=("3",))
MOSTLY = Choice("heard.4", "Mostly", "answer", words=("4", "I don't mind"))


@dataclass
class Event:
    type_name: str
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


def user(message: str) -> Event:
    return Event("user", metadata={"message": message})


def bot(text: str, *tokens: str) -> Event:
    buttons = [{"title": token, "payload": "/answer", "token": token} for token in tokens]
    return Event("bot", text, {"buttons": buttons, "custom": {"kind": "say"}})


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31, " "])
def test_a_channel_key_that_is_missing_or_short_is_refused(text: str) -> None:
    with pytest.raises(signing.KeyMissing):
        signing.read_key({"AFTERWORD_CHANNEL_KEY": text})


@given(st.text(), st.text(), st.binary())
def test_nobody_signs_without_the_key(timestamp: str, signature: str, body: bytes) -> None:
    assert not signing.is_signed(KEY, timestamp, signature, body, now=0.0)


def test_a_signature_holds_for_its_window_and_body() -> None:
    signature = signing.sign(KEY, "1000", b"{}")
    assert signing.is_signed(KEY, "1000", signature, b"{}", now=1300)
    assert signing.is_signed(KEY, "1000", signature, b"{}", now=700)
    assert not signing.is_signed(KEY, "1000", signature, b"{}", now=1301)
    assert not signing.is_signed(KEY, "1000", signature, b"{ }", now=1000)
    assert not signing.is_signed(KEY, "1001", signature, b"{}", now=1000)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_named_error(body: bytes) -> None:
    with pytest.raises((incoming.BadShape, incoming.TooLong)):
        incoming.read_message(body)


def test_half_a_character_does_not_reach_rasa() -> None:
    fields = {
        "conversation": "0" * 32,
        "message": "00000000-0000-0000-0000-000000000001",
        "text": " a\ud800 ",
        "safety": {"tier": "note", "route": "duty", "held": False, "screen": "rules 1"},
    }
    assert incoming.read_message(json.dumps(fields).encode()).text == "a?"


def test_buttons_without_token_or_with_a_loaded_payload_are_no_choices() -> None:
    buttons = [
        {"title": "A", "payload": "/answer"},
        {"title": "B", "payload": '/answer{"rating":"9"}', "token": "b"},
        {"title": "C", "payload": "answer", "token": "c"},
        {"title": "D", "payload": "/answer", "token": "d", "style": "quiet", "words": ["4"]},
    ]
    assert choices_of(buttons) == [Choice("d", "D", "answer", "quiet", ("4",))]
    assert choices_of(None) == []


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("mostly", MOSTLY),
        ("  MOSTLY!! ", MOSTLY),
        ("4.", MOSTLY),
        ("i don\u2019t mind", MOSTLY),
        ("no", NO),
        ("no, not at all", None),
        ("?", None),
        ("44", None),
    ],
)
def test_what_is_typed_is_a_choice_only_when_it_is_all_of_it(
    text: str, choice: Choice | None
) -> None:
    assert typed(text, [NO, MOSTLY]) == choice


def test_words_that_two_choices_share_are_neither() -> None:
    assert typed("no", [NO, Choice("keep.no", "No", "answer")]) is None


def test_a_choice_offered_twice_counts_as_it_was_shown_last() -> None:
    newer = Choice("heard.3", "Not at all", "answer")
    assert resolve("heard.3", [newer, NO], []) == newer


def test_the_menu_is_only_what_is_configured() -> None:
    chosen = resolve("menu.rather_not_say", [], ["rather_not_say"])
    assert chosen is not None
    assert (chosen.intent, chosen.title) == ("rather_not_say", "rather not say")
    assert resolve("menu.restart", [], ["help"]) is None
    assert resolve("help", [], ["help"]) is None


def test_what_stands_below_safe_messages_may_be_chosen_at_any_time() -> None:
    # bot/ imports nothing of ours, so it has these words once more.
    names = ("GO_ON", "STOP", "SUPPORT", "HELP_NOW", "FORWARD_YES", "FORWARD_NO")
    offered_by_the_gateway = {getattr(safe_replies, name) for name in names}
    assert offered_by_the_gateway == SAFETY_TOKENS
    assert {SAFETY_GO_ON, SAFETY_STOP} == {safe_replies.GO_ON, safe_replies.STOP}
    for token in SAFETY_TOKENS:
        chosen = resolve(token, [], [])
        assert chosen is not None
        assert chosen.intent == "answer"
    assert resolve("safety.restart", [], []) is None


def test_the_channel_knows_every_tier_and_route() -> None:
    assert tuple(tier.word for tier in Tier) == incoming.TIERS
    assert (None, *Route) == incoming.ROUTES


@given(st.text())
def test_plain_text_is_plain_already(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_replies_are_those_between_one_message_and_the_next() -> None:
    # A user event without our id was made by an action, inside the turn.
    events = [bot("hi"), user("1"), bot("a"), Event("user"), bot("b"), user("2"), bot("c")]
    assert [said["text"] for said in replies.replies_to("1", events) or []] == ["a", "b"]
    assert [said["text"] for said in replies.replies_to("2", events) or []] == ["c"]
    assert replies.replies_to("3", events) is None


def test_custom_fields_cannot_pose_as_text_or_choices() -> None:
    event = Event("bot", "said", {"custom": {"text": "x", "choices": ["y"], "kind": "review"}})
    assert replies.reply(event) == {"text": "said", "choices": [], "kind": "review"}


def test_only_the_latest_turn_is_matched_by_typing_but_all_can_be_tapped() -> None:
    events = [user("1"), bot("q", "a"), user("2"), bot("help"), bot("q", "b", "c")]
    assert [choice.token for choice in replies.latest_offered(events)] == ["b", "c"]
    assert {choice.token for choice in replies.offered(events)} == {"a", "b", "c"}


def test_what_is_sealed_opens_only_at_its_place_and_with_its_key() -> None:
    old, new = seal.Sealer(KEY), seal.Sealer(os.urandom(32), KEY)
    sealed = old.seal(b"words", "c|1")
    assert b"words" not in sealed.data
    assert new.open(sealed, "c|1") == b"words"
    for sealer, place in ((new, "c|2"), (seal.Sealer(os.urandom(32)), "c|1")):
        with pytest.raises(seal.CannotOpen):
            sealer.open(sealed, place)
    with pytest.raises(seal.CannotOpen):
        new.open(seal.Sealed(sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]), sealed.key_id), "c|1")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AFTERWORD_TRACKER_KEY": "short"},
        {
            "AFTERWORD_TRACKER_KEY": base64.b64encode(KEY).decode(),
            "AFTERWORD_TRACKER_OLD_KEYS": "!",
        },
    ],
)
def test_unusable_tracker_keys_are_refused_without_showing_them(variables: dict[str, str]) -> None:
    with pytest.raises(seal.KeyUnusable) as caught:
        seal.Sealer.from_environment(variables)
    assert "AFTERWORD_TRACKER" in str(caught.value)
    assert not any(value in str(caught.value) for value in variables.values())


def test_a_server_is_given_no_keys_by_default() -> None:
    assert environment.is_serving(["run", "-p", "5005"])
    assert environment.is_serving(["run", "--log-file", "actions"]), "a word is no way around it"
    assert not environment.is_serving(["shell"])
    assert not [name for name in environment.defaults(serving=True) if name.endswith("_KEY")]
    developing = environment.defaults(serving=False)
    assert signing.read_key(developing)
    assert seal.Sealer.from_environment(developing)
