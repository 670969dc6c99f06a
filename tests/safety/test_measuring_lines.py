"""Which lines `afterword safety screen` reads, and what it refuses without a word of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_lines import CANARY, jsonl

from afterword.safety.scores import LABELS, NOT_GIVEN, Severity
from afterword.screening.measuring import (
    Line,
    LinesRefused,
    read_lines,
)


def test_bom_crlf_and_blank_lines_are_read() -> None:
    content = b"\xef\xbb\xbf" + b'{"text": "a"}\r\n\r\n  \n{"text": "b", "lang": "es"}'
    assert read_lines([("x", content)]) == [Line("x", 1, "a"), Line("x", 4, "b", "es")]


def test_only_a_line_feed_ends_a_line() -> None:
    text = "one\u2028two\x85three"
    content = json.dumps({"text": text}, ensure_ascii=False).encode()
    assert [one.text for one in read_lines([("x", content)])] == [text]


def test_what_cannot_be_stored_is_replaced_as_at_the_door() -> None:
    [one] = read_lines([("x", rb'{"text": "a\u0000b\ud800"}')])
    assert one.text == "a\ufffdb\ufffd"


def test_null_is_the_same_as_missing_and_other_keys_do_not_matter() -> None:
    entry = {"text": "a", "label": None, "severity": None, "lang": None, "source": [1]}
    assert read_lines([("x", jsonl([entry]))]) == [Line("x", 1, "a")]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (CANARY.encode(), "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"text": "' + b"\xff" + CANARY.encode(), "is not UTF-8"),
        (f'["{CANARY}"]'.encode(), "is not a JSON object"),
        (b"{}", "has no text"),
        (b'{"text": 3}', "has no text"),
        (b'{"text": " \\n"}', "has no text"),
        (jsonl([{"text": CANARY + "x" * 10_000}]), "the text is longer than 10000 characters"),
        (jsonl([{"text": "a", "label": CANARY}]), "unknown label: it must be one of suicide, "),
        (jsonl([{"text": "a", "severity": CANARY}]), "unknown severity: it must be one of immi"),
        (jsonl([{"text": "a", "lang": CANARY}]), "unknown lang: it must be one of en, es"),
        (jsonl([{"text": "a", "label": [CANARY]}]), "unknown label: "),
    ],
)
def test_a_malformed_line_is_named_by_its_place_alone(raw: bytes, reason: str) -> None:
    content = b'{"text": "fine"}\n\n' + raw
    with pytest.raises(LinesRefused) as refused:
        read_lines([("some.jsonl", content)])
    [problem] = refused.value.problems
    assert problem.startswith(f"some.jsonl:3: {reason}")
    assert CANARY not in str(refused.value)


def test_every_malformed_line_of_every_file_is_named() -> None:
    with pytest.raises(LinesRefused) as refused:
        read_lines([("a", b'{}\n{"text": "x"}\n{}'), ("b", b"?")])
    assert [one.split(" ")[0] for one in refused.value.problems] == ["a:1:", "a:3:", "b:1:"]


def test_nothing_to_screen_is_refused() -> None:
    with pytest.raises(LinesRefused):
        read_lines([("a", b"\xef\xbb\xbf\r\n\n")])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        assert read_lines([("a", content)])
    except LinesRefused as refused:
        assert all(one.startswith("a:") or "no lines" in one for one in refused.problems)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=3), below),
    max_leaves=4,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "text": st.text(max_size=20) | ANY_JSON,
            "label": st.sampled_from(LABELS) | ANY_JSON,
            "severity": st.sampled_from(Severity) | ANY_JSON,
            "lang": st.sampled_from(("en", "es")) | ANY_JSON,
        },
    )
)
def test_any_entry_is_read_as_it_says_or_refused(entry: dict[str, Any]) -> None:
    try:
        [one] = read_lines([("a", jsonl([entry]))])
    except LinesRefused:
        return
    assert one.label == (entry.get("label") or NOT_GIVEN)
    assert one.severity == (entry.get("severity") or NOT_GIVEN)
    assert one.language == (entry.get("lang") or "en")
