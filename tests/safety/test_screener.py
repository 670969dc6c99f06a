"""The one screener: its time limit, its layers, and what it says when it is blind."""

from collections.abc import Callable

import pytest
from small_rules import ENGLISH, KNOWN, SPANISH, BrokenModel, FakeModel, opinion, pattern, rule_set

from afterword.safety.finding import Tier
from afterword.safety.screen import Rules
from afterword.screening.screener import CHECK, LONGEST, MODEL, RULES, ScreenBroken, Screener


def ticking(*seconds: float) -> Callable[[], float]:
    return iter(seconds).__next__


def test_a_screen_that_takes_too_long_counts_as_a_check() -> None:
    slow = Screener(KNOWN, clock=ticking(0.0, LONGEST + 0.01))
    found = slow.screen("hello")
    assert (found.tier, found.failed) == (Tier.CHECK, True)


def test_a_slow_screen_lowers_nothing() -> None:
    slow = Screener(KNOWN, clock=ticking(0.0, 60.0))
    assert slow.screen("I want to die").tier is Tier.SAME_DAY


def test_a_screen_in_time_is_no_failure() -> None:
    quick = Screener(KNOWN, clock=ticking(0.0, LONGEST))
    assert quick.screen("hello").tier is Tier.NONE


def test_no_word_of_a_patient_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        Screener(KNOWN, model=BrokenModel(), clock=ticking(0.0, 9.0)).screen("secretword")
        Screener(KNOWN, model=BrokenModel(), clock=ticking(0.0, 0.0)).screen("secretword")
    assert len(caplog.records) == 2
    assert "secretword" not in caplog.text


def test_layers_that_are_off_do_not_look_and_that_is_said() -> None:
    model = FakeModel({"I want to die": opinion(Tier.CHECK)})
    off = Screener(KNOWN, model, frozenset({MODEL}), clock=ticking(0.0, 0.0))
    assert off.screen("I want to die").evidence_ids == ("model-suicide",)
    assert off.missing == (RULES, CHECK)
    assert not off.asks
    rules_only = Screener(KNOWN, model, frozenset({RULES, CHECK}), clock=ticking(0.0, 0.0))
    assert rules_only.screen("I want to die").evidence_ids == ("en-1",)
    assert Screener(KNOWN).missing == (MODEL,)


def test_a_screener_that_is_blind_says_so() -> None:
    with pytest.raises(ScreenBroken, match="plain statement"):
        Screener(Rules((SPANISH,))).prove()
    spanish = rule_set("es", pattern("es-1", "quiero matar"))
    Screener(Rules((ENGLISH, spanish))).prove()
    Screener(Rules(()), layers=frozenset({MODEL})).prove()
