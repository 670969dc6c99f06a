"""An answer and something else in one message are cut apart where the answer ends."""

import pytest
from factory import lexicon

from afterword.reflection.parts import after_degree


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("not at all, I want to stop", ["not at all", "I want to stop"]),
        ("completely and thank you", ["completely", "thank you"]),
        ("yes, is this private?", ["yes", "is this private?"]),
        ("4. sorry, what is this? who reads it", ["4", "sorry, what is this", "who reads it"]),
        ("completely 😊 how many left?", ["completely 😊", "how many left?"]),
        ("4 who sees this", ["4", "who sees this"]),
        ("very much can we stop", ["very much", "can we stop"]),
    ],
)
def test_what_follows_a_degree_is_another_thought(text: str, parts: list[str]) -> None:
    assert after_degree(text, [lexicon()]) == parts


@pytest.mark.parametrize(
    "text",
    [
        "mostly",
        "mostly I think",
        # No answer, or a no that may be about something else.
        "ok, who reads this",
        # What was much, or all: no question follows.
        "a lot of what I said",
        "all of it how he said it",
        "no, I want to stop",
        "she asked, and I said it",
        "a little, " * 40,
    ],
)
def test_nothing_is_cut_where_no_degree_leads(text: str) -> None:
    assert after_degree(text, [lexicon()]) == []
