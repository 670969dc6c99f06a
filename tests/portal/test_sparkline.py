import re

import pytest

from afterword.portal.sparkline import has_trend, sparkline


@pytest.mark.parametrize(
    ("history", "expected"),
    [((), False), ((4, 4), False), ((4, None, 4, None), False), ((4, None, 3, 5), True)],
)
def test_a_trend_needs_three_earlier_answers(
    history: tuple[int | None, ...], expected: bool
) -> None:
    assert has_trend(history) is expected
    assert bool(sparkline(history, 3, 5, "x")) is expected


def test_the_best_answer_is_on_top_and_the_present_one_is_last() -> None:
    svg = sparkline((1, 3, 3), 5, 5, "x")
    assert re.findall(r'<circle class="(\w+)" cx="(\d+)" cy="([\d.]+)"', svg) == [
        ("then", "6", "28"),
        ("then", "24", "17"),
        ("then", "42", "17"),
        ("now", "60", "6"),
    ]


def test_the_line_never_crosses_a_gap() -> None:
    svg = sparkline((1, 2, None, 4, 5), 5, 5, "x")
    assert len(re.findall("<polyline", svg)) == 2
    assert svg.count("<circle") == 5


def test_a_single_answer_between_gaps_is_a_dot() -> None:
    svg = sparkline((1, 2, 3, None, 5), None, 5, "x")
    assert 'points="6,28 24,22.5 42,17"' in svg
    assert svg.count("<polyline") == 1
    assert 'class="now"' not in svg


def test_only_the_last_earlier_answers_are_drawn() -> None:
    assert sparkline((1,) * 30, 1, 5, "x").count("<circle") == 7


def test_it_is_an_image_with_its_values_as_name() -> None:
    svg = sparkline((1, 2, 3), 4, 5, 'Heard: 1, 2, 3. "Now": <4>')
    assert 'role="img" aria-label="Heard: 1, 2, 3. &#34;Now&#34;: &lt;4&gt;"' in svg
