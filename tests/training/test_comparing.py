"""A comparison says in words what changed, and does not call chance progress."""

from __future__ import annotations

import pytest
from lines import kept, measured, report

from afterword import locales
from afterword.training import telling
from afterword.training.comparing import Trend, compare, mcnemar
from afterword.training.report import ReportUnreadable, as_json, from_json

MEANINGS = ["back"] * 14 + ["stop"] * 14 + ["words"] * 60
LOCKED = kept([(meaning, f"line {at}") for at, meaning in enumerate(MEANINGS)])
SAY = locales.load("en").section("portal")


def test_the_first_sentence_says_how_many_more() -> None:
    live = measured(LOCKED, MEANINGS, dict.fromkeys(range(40, 45), "asked"))
    found = compare(measured(LOCKED, MEANINGS, {0: "stop", 1: "stop"}), live)
    first, *more = telling.sentences(SAY, found)
    assert first.startswith("It understands 3 more of 88 test messages")
    assert "may be chance" in first
    assert more[0].startswith("“Go back” got worse: 2 of 14 are now read as “Stop”.")


def test_a_clear_difference_is_called_one() -> None:
    live = measured(LOCKED, MEANINGS, dict.fromkeys(range(30, 45), "asked"))
    found = compare(measured(LOCKED, MEANINGS), live)
    assert found.sure
    assert "hardly chance" in telling.sentences(SAY, found)[0]


def test_nothing_changed() -> None:
    same = measured(LOCKED, MEANINGS)
    found = compare(same, same)
    assert telling.sentences(SAY, found) == [
        "It understands as many as the one that is live now: 88 of 88 test messages."
    ]
    assert found.flips == ()
    assert {one.trend for one in found.labels} == {Trend.SAME}


@pytest.mark.parametrize(
    ("gained", "lost", "chance"), [(0, 0, 1.0), (1, 0, 1.0), (6, 0, 0.03125), (10, 2, 0.03857)]
)
def test_the_exact_test_for_pairs(gained: int, lost: int, chance: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(chance, abs=1e-4)
    assert mcnemar(lost, gained) == mcnemar(gained, lost)


def test_scores_count_what_is_missed_and_what_is_taken_wrongly() -> None:
    found = compare(measured(LOCKED, MEANINGS, {0: "stop", 1: "stop"}), measured(LOCKED, MEANINGS))
    labels = {one.name: one for one in found.labels}
    assert labels["back"].candidate_f1 == pytest.approx(2 * 12 / (2 * 12 + 2))
    assert labels["stop"].candidate_f1 == pytest.approx(2 * 14 / (2 * 14 + 2))
    assert found.confusions == (("back", "stop", 2, 0),)
    assert [one.place for one in found.flips] == ["es:0", "en:1"]


def test_a_report_is_read_as_it_was_kept() -> None:
    given = report(measured(LOCKED, MEANINGS, {3: "stop"}), measured(LOCKED, MEANINGS))
    assert from_json(as_json(given)) == given
    with pytest.raises(ReportUnreadable):
        from_json({**as_json(given), "schema": 0})
    with pytest.raises(ReportUnreadable):
        from_json({})
