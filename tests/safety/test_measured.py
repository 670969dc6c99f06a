"""The whole screen on sentences of hands that built nothing of it: it must not become worse.

The floors are a little under what was measured (docs/clinical-safety.md, rule card). The bounds of
the model were read off `heldout_*`; `blind_*` were measured once those were chosen. Of the larger
and older sets each third line is screened here; `afterword safety screen FILE` takes all of them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from afterword.safety.finding import Route, Tier
from afterword.screening.loading import load_screener
from afterword.screening.screener import LAYERS, Screener
from afterword.screening.training import near, read_sentences
from afterword.settings import PROJECT

DATA = Path(__file__).parent / "data"
LIVE = ("imminent", "active", "passive")
EARLIER = {
    "en": ("heldout", "blind", "second", "third", "fourth", "fifth", "sixth"),
    "es": ("heldout", "blind", "second", "third", "fourth", "fifth", "sixth", "seventh"),
}
SENTENCES = PROJECT / "safety" / "sentences"

Line = tuple[dict[str, str], Tier, Route | None]


@pytest.fixture(scope="module")
def screener() -> Screener:
    return load_screener(frozenset(LAYERS))


def screened(screener: Screener, name: str, every: int = 1) -> list[Line]:
    """The lines of a set, or each so manieth of them, with what the screen found in them."""
    texts = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()[::every]
    lines = [json.loads(line) for line in texts]
    found = [screener.screen(line["text"]) for line in lines]
    return [(line, one.tier, one.route) for line, one in zip(lines, found, strict=True)]


def share(lines: list[Line], tier: Tier, **wanted: object) -> float:
    """The share of the lines like this that reach the tier."""
    own = [found for line, found, _ in lines if all(line[key] in wanted[key] for key in wanted)]  # type: ignore[operator]
    assert own
    return sum(found >= tier for found in own) / len(own)


def test_english_lines_of_earlier_hands(screener: Screener) -> None:
    lines = [one for name in EARLIER["en"] for one in screened(screener, f"{name}_en", every=3)]
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.915
    assert share(lines, Tier.SAME_DAY, severity=LIVE) >= 0.815
    assert share(lines, Tier.CHECK, severity=("imminent",)) >= 0.97
    assert share(lines, Tier.SAME_DAY, severity=("imminent",)) >= 0.92
    assert share(lines, Tier.SAME_DAY, severity=("past",)) <= 0.04
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.07
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.018


def test_spanish_lines_of_earlier_hands(screener: Screener) -> None:
    lines = [one for name in EARLIER["es"] for one in screened(screener, f"{name}_es", every=3)]
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.93
    assert share(lines, Tier.SAME_DAY, severity=LIVE) >= 0.825
    assert share(lines, Tier.CHECK, severity=("imminent",)) >= 0.98
    assert share(lines, Tier.SAME_DAY, severity=("imminent",)) >= 0.935
    assert share(lines, Tier.SAME_DAY, severity=("past",)) <= 0.03
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.1
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.018


@pytest.mark.parametrize("name", ["ninth_en", "ninth_es"])
def test_lines_of_the_newest_hands(screener: Screener, name: str) -> None:
    lines = screened(screener, name)
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.93
    assert share(lines, Tier.SAME_DAY, severity=LIVE) >= 0.84
    assert share(lines, Tier.CHECK, severity=("imminent",)) >= 0.97
    assert share(lines, Tier.SAME_DAY, severity=("past",)) <= 0.03
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.07
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.016


@pytest.mark.parametrize(
    "name",
    [f"{which}_{of}" for which in ("eleventh", "twelfth", "thirteenth") for of in ("en", "es")],
)
def test_lines_of_ordinary_patients(screener: Screener, name: str) -> None:
    lines = screened(screener, name)
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.945
    assert share(lines, Tier.SAME_DAY, severity=LIVE) >= 0.88
    assert share(lines, Tier.CHECK, severity=("imminent",)) >= 0.97
    assert share(lines, Tier.SAME_DAY, severity=("past",)) <= 0.05
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.06
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.025


@pytest.mark.parametrize("name", ["tenth_en", "tenth_es"])
def test_lines_of_two_further_hands(screener: Screener, name: str) -> None:
    lines = screened(screener, name)
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.91
    assert share(lines, Tier.SAME_DAY, severity=LIVE) >= 0.83
    assert share(lines, Tier.SAME_DAY, severity=("past",)) <= 0.03
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.045
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.016


@pytest.mark.parametrize("name", ["eighth_en", "eighth_es"])
def test_lines_of_two_hands_that_hint_more_than_they_say(screener: Screener, name: str) -> None:
    lines = screened(screener, name)
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.88
    assert share(lines, Tier.SAME_DAY, severity=LIVE) >= 0.74
    assert share(lines, Tier.CHECK, severity=("imminent",)) == 1
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.035
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.02


def test_ordinary_speech(screener: Screener) -> None:
    lines = screened(screener, "ordinary_en")
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.035
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.02


def test_what_is_said_to_the_assistant_itself(screener: Screener) -> None:
    """The lines on which its understanding is measured: requests, corrections, answers."""
    path = PROJECT / "tests" / "data" / "understanding_en.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    tiers = [screener.screen(text).tier for text in texts]
    assert sum(one >= Tier.CHECK for one in tiers) <= 0.03 * len(tiers)
    assert sum(one >= Tier.SAME_DAY for one in tiers) <= 0.01 * len(tiers)


@pytest.mark.parametrize("name", ["requests_en", "requests_es"])
def test_what_is_asked_of_the_assistant_in_everyday_words(screener: Screener, name: str) -> None:
    """ "Have to feed the baby, back tonight": written by hands that were told of no danger."""
    lines = screened(screener, name)
    assert share(lines, Tier.CHECK, label=("none",)) <= 0.045
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.016
    assert share(lines, Tier.NOW, label=("none",)) == 0


def test_plain_statements_of_others(screener: Screener) -> None:
    lines = screened(screener, "plain_more")
    assert share(lines, Tier.CHECK, severity=LIVE) >= 0.99
    assert share(lines, Tier.SAME_DAY, severity=("imminent", "active")) == 1


@pytest.mark.parametrize(
    "name",
    [
        "plain_seventh",
        "plain_eighth",
        "plain_ninth",
        "plain_tenth",
        "plain_eleventh",
        "plain_twelfth",
        "plain_thirteenth",
        "plain_fourteenth",
        "plain_fifteenth",
        "plain_sixteenth",
    ],
)
def test_plain_statements_of_the_newest_hands(screener: Screener, name: str) -> None:
    assert share(screened(screener, name), Tier.SAME_DAY, severity=LIVE) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_plain_statements_and_harmless_lines_with_the_same_words(
    screener: Screener, language: str
) -> None:
    lines = screened(screener, f"twins_{language}", every=3)
    assert share(lines, Tier.SAME_DAY, severity=LIVE) == 1
    assert share(lines, Tier.SAME_DAY, label=("none",)) <= 0.06


def test_plain_statements_of_those_who_name_things_otherwise(screener: Screener) -> None:
    lines = screened(screener, "plain_outright", every=3)
    assert share(lines, Tier.SAME_DAY, severity=LIVE) == 1
    harmless = screened(screener, "twins_further", every=3)
    assert share(harmless, Tier.SAME_DAY, label=("none",)) <= 0.06


def test_plain_statements_of_a_third_hand(screener: Screener) -> None:
    lines = screened(screener, "plain_third")
    assert share(lines, Tier.SAME_DAY, severity=LIVE) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_plain_statements_are_never_missed(screener: Screener, language: str) -> None:
    missed = [
        line["text"]
        for line, tier, _ in screened(screener, f"plain_{language}")
        if tier < Tier.SAME_DAY
    ]
    assert missed == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_concern_goes_to_safeguarding(screener: Screener, language: str) -> None:
    found = [
        route
        for line, tier, route in screened(screener, f"plain_{language}")
        if line["label"] == "abuse_by_clinician" and tier >= Tier.CHECK
    ]
    assert found
    assert set(found) == {Route.SAFEGUARDING}


def test_no_line_that_is_kept_apart_was_trained_on() -> None:
    names = [path.stem for path in DATA.glob("*.jsonl")]
    assert {"heldout_en", "blind_en", "blind_es", "ordinary_en"} <= set(names)
    apart = [
        json.loads(line)["text"]
        for name in names
        if not name.startswith(("plain", "twins"))
        for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    trained = [one.text for one in read_sentences(SENTENCES)]
    # Shorter ones, such as "Yeah." or "me corto", are the language's and nobody's own.
    texts = [text for text in (*trained, *apart) if len(text.split()) > 4]
    border = sum(len(text.split()) > 4 for text in trained)
    alike = [texts[second] for first, second, _ in near(texts, 0.8) if first < border <= second]
    assert alike == []
