"""The language of the patterns."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.safety.phrases import Groups, PhraseError, Text, compile_phrase

GROUPS = Groups(
    {
        "i": "i|im|ive",
        "want": "want|wanna|would like",
        "die": "die|be dead|{end} it all",
        "end": "end|finish",
        "filler": "[really] [just]",
    }
)


def places(source: str, text: str) -> list[tuple[int, int]]:
    return sorted(compile_phrase(source, GROUPS).places(Text(text)))


def matches(source: str, text: str) -> bool:
    return bool(places(source, text))


@pytest.mark.parametrize(
    ("source", "hits", "misses"),
    [
        ("kill me", ["kill me", "so kill me now"], ["kill", "me kill", "kill . me", "skill me"]),
        ("(kill|hurt) me", ["kill me", "hurt me"], ["me", "kill hurt"]),
        ("kill*", ["kill", "killed", "killing me"], ["skill", "kil"]),
        ("[all] of them", ["of them", "all of them"], ["all them"]),
        ("i [really|just] die", ["i die", "i just die"], ["i really just die", "just die"][:1]),
        ("i [really [very]] die", ["i die", "i really very die"], ["i very die"]),
        ("{i} {want} to {die}", ["i want to die", "im would like to end it all"], ["i to die"]),
        ("i {filler} die", ["i die", "i really just die", "i just die"], ["i just really die"]),
        ("a ... z", ["a z", "a 1 2 3 4 z"], ["a 1 2 3 4 5 z", "a . z"]),
        ("^ bye $", ["bye", "bye .", "bye , ."], ["oh bye", "bye you"]),
        ("^ no", ["no", "no it is"], ["oh no"]),
        ("(^|,) no", ["no", "well , no"], ["oh no"]),
        ("no $", ["oh no", "no . "], ["no way"]),
        ("no [.] never", ["no never", "no . never"], ["no . . never"]),
        ("((a|b) (c|d))|e", ["a d", "b c", "e"], ["a b", "c d"]),
        ("emoji_knife", ["me emoji_knife"], ["knife"]),
        ("a ~(b|c*)", ["a d", "a bb"], ["a b", "a cd", "a", "a , d", "a . d"]),
        ("a ~{end}", ["a d"], ["a end", "a finish"]),
        ("a ~(*pam|b c)", ["a b d", "a pams"], ["a diazepam", "a b c"]),
        ("a ~(b|... b)", ["a c", "a c d . b"], ["a b", "a c b", "a c d b"]),
    ],
)
def test_what_is_matched(source: str, hits: list[str], misses: list[str]) -> None:
    assert [text for text in hits if not matches(source, text)] == []
    assert [text for text in misses if matches(source, text)] == []


def test_a_comma_may_stand_anywhere_between() -> None:
    assert places("i want to die", "i , want to , die") == [(0, 6)]
    assert matches("a ... z", "a , 1 , 2 , 3 , 4 , z")
    assert not matches("i want", "i . want")


def test_a_place_reaches_as_far_as_it_can() -> None:
    assert places("kill [me] [now]", "kill me now") == [(0, 3)]
    assert places("a ... b", "a b 1 b") == [(0, 4)]
    assert places("a", "a b a") == [(0, 1), (2, 3)]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "empty part"),
        ("a | ", "empty part"),
        ("()", "empty part"),
        ("(a", "not closed"),
        ("[a", "not closed"),
        ("a)", "too many"),
        ("a]", "too many"),
        ("(a]", "not closed"),
        ("{nobody}", "nobody, which does not exist"),
        ("{Group}", "cannot be read"),
        ("a*b", "at the end of a word"),
        ("*", "at the end of a word"),
        ("[a]", "must be there"),
        ("...", "must be there"),
        ("^ $", "must be there"),
        ("~(a)", "must be there"),
        ("*a", "must be there"),
        ("~a", "cannot be read"),
        ("a|[b]", "must be there"),
    ],
)
def test_what_is_wrong_is_said(source: str, reason: str) -> None:
    with pytest.raises(PhraseError, match=reason):
        compile_phrase(source, GROUPS)


@pytest.mark.parametrize(
    "circle", [{"a": "{a}"}, {"a": "x {b}", "b": "{c}|y", "c": "[{a}] z"}, {"a": "b|{a} c"}]
)
def test_a_circle_of_groups_is_refused_each_time(circle: dict[str, str]) -> None:
    groups = Groups(circle)
    for _ in range(2):
        with pytest.raises(PhraseError, match="names itself"):
            compile_phrase("{a}", groups)


def test_a_group_is_what_stands_in_it() -> None:
    assert compile_phrase("{i} {die}", GROUPS).words >= {"im", "dead", "finish", "all"}
    assert compile_phrase("kill* {i}", GROUPS).stems == {"kill"}
    assert compile_phrase("{i} kill me", GROUPS).written == ["kill", "me"]
    # A rule is another one when what it leaves out changes.
    assert compile_phrase("kill ~{end}", GROUPS).words == {"kill", "end", "finish"}


PARTS = st.recursive(
    st.sampled_from(["a", "b", "c", "ab*", "...", "{i}", "~(b|c)"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda ways: f"({'|'.join(ways)})"),
        inner.map(lambda part: f"[{part}]"),
    ),
    max_leaves=6,
)
TEXTS = st.lists(st.sampled_from(["a", "b", "c", "abc", ",", ".", "i", "x"]), max_size=9)


@given(PARTS, TEXTS)
def test_whatever_may_be_skipped_is_no_loss(source: str, tokens: list[str]) -> None:
    """A phrase that is found has all that it needs: the shortcut never hides a match."""
    phrase = compile_phrase(f"{source} a", GROUPS)
    text = Text(" ".join(tokens))
    slow = [at for at in range(len(tokens)) if phrase.root.ends(text.tokens, at)]
    found = {start for start, _ in phrase.places(text)}
    assert found <= set(slow)
    assert {at for at in slow if tokens[at] != ","} <= found
    if slow:
        assert all(need & text.keys for need in phrase.needs)


@given(PARTS, TEXTS, TEXTS)
def test_words_around_a_match_do_not_hide_it(
    source: str, before: list[str], after: list[str]
) -> None:
    phrase = compile_phrase(f"{source} a", GROUPS)
    for size in range(4):
        for tokens in itertools.islice(itertools.product("abc", repeat=size), 30):
            if list(phrase.places(Text(" ".join(tokens)))):
                around = Text(" ".join([*before, *tokens, *after]))
                assert list(phrase.places(around))
