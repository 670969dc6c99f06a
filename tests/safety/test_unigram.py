"""Words in their likeliest pieces."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.screening.unigram import UNKNOWN, Unigram

SCORES = {"\u2581": -3.0, "\u2581no": -2.0, "n": -5.0, "o": -5.0, "on": -4.5, "\u2581n": -4.0}
PIECES = Unigram("".join(f"{piece}\t{score}\n" for piece, score in SCORES.items()))
NUMBERS = {piece: number for number, piece in enumerate(SCORES, start=UNKNOWN + 1)}
UNKNOWN_SCORE = min(SCORES.values()) - 10


def test_the_likeliest_pieces_are_taken() -> None:
    assert PIECES.pieces("no") == [NUMBERS["\u2581no"]]
    assert PIECES.pieces("non no") == [NUMBERS["\u2581no"], NUMBERS["n"], NUMBERS["\u2581no"]]
    assert PIECES.pieces("") == []


def test_what_has_no_piece_is_unknown_and_its_neighbours_are_read() -> None:
    assert PIECES.pieces("nox") == [NUMBERS["\u2581no"], UNKNOWN]
    assert UNKNOWN in PIECES.pieces("\u2581\u4e2d")


def test_a_word_without_end_is_read_as_far_as_forty_letters() -> None:
    assert PIECES.pieces("o" * 10_000) == PIECES.pieces("o" * 40)


@given(st.text("nox", min_size=1, max_size=7))
def test_no_other_way_to_cut_a_word_is_likelier(word: str) -> None:
    signs = "\u2581" + word
    sums = []
    for count in range(len(signs)):
        for cuts in combinations(range(1, len(signs)), count):
            places = [0, *cuts, len(signs)]
            parts = [signs[a:b] for a, b in pairwise(places)]
            if all(part in SCORES or len(part) == 1 for part in parts):
                sums.append(sum(SCORES.get(part, UNKNOWN_SCORE) for part in parts))
    by_number = {number: SCORES[piece] for piece, number in NUMBERS.items()}
    found = sum(by_number.get(one, UNKNOWN_SCORE) for one in PIECES.pieces(word))
    assert found == pytest.approx(max(sums))
