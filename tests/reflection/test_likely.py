"""What was learnt of how much a text says decides where the rule leaves it open, not elsewhere."""

import pytest
from factory import asker, core, lexicon

from afterword.reflection.exchange import Heard, Line, Open
from afterword.reflection.likely import with_likely
from afterword.reflection.plan import Plan
from afterword.reflection.reading import UNCLEAR, Reading, read_option
from afterword.reflection.turns import take

SURE = 0.999


def likely(place: int, share: float = SURE, scale: str = "extent") -> dict[str, list[float]]:
    """The given place with that share, and all others alike; 6 leaves it open which."""
    shares = [(1 - share) / 6] * 7
    shares[place] = share
    return {scale: shares}


def read(text: str, learnt: dict[str, list[float]], of: str = "heard") -> Reading:
    question = Plan(core(), {}).question(of, {})
    assert question is not None
    return with_likely(read_option(question, text, lexicon()), question, text, lexicon(), learnt)


def places(reading: Reading) -> list[int]:
    return [int(option.id) for option in reading.options]


def test_words_that_no_list_knows_are_taken_and_kept() -> None:
    reading = read("he read me like a book", likely(5))
    assert (reading.sure, places(reading), reading.words) == (True, [5], "he read me like a book")


def test_one_candidate_that_was_learnt_too_is_certain() -> None:
    text = "no we spent the whole hour on forms"
    assert places(read(text, {})) == [1]
    assert not read(text, {}).sure
    assert read(text, likely(1)).sure
    # Another one is shown beside it, and never taken.
    assert (read(text, likely(3)).sure, places(read(text, likely(3)))) == (False, [1, 3])
    assert read(text, likely(3, 0.9)) == read(text, {})


def test_very_with_a_word_that_no_list_knows_is_asked_with_what_was_learnt() -> None:
    """ "Very rattled" was shown back as *Very much* alone, or stored as that."""
    assert places(read("very rattled", {}, "safe")) == [4]
    found = read("very rattled", likely(1), "safe")
    assert (found.sure, places(found)) == (False, [1, 4])


def test_what_knows_the_same_very_makes_nothing_certain() -> None:
    assert not read("very rattled", likely(4), "safe").sure
    heard = Heard("very rattled", "answer", guess="rated_much", likely=likely(4))
    outcome = take(heard, Open("safe"), {}, asker())
    assert outcome.store == ()
    assert outcome.open is not None and outcome.open.candidates == ("4",)


def test_the_number_of_a_session_is_no_option() -> None:
    """ "Session 4" is beside a 4 that is meant for nothing."""
    text = "session 4 and a good one"
    assert not read(text, likely(4, 0.9)).sure


def test_keys_struck_at_random_are_nothing_that_was_learnt() -> None:
    assert not read("jjjjjjj ñññ", likely(1)).sure


@pytest.mark.parametrize("text", ["3 or 4", "7/10", "8/10", "yes", "between mostly and partly"])
def test_what_is_open_in_so_many_words_stays_open(text: str) -> None:
    assert not any(read(text, likely(place)).sure for place in range(1, 6))


def test_of_options_that_exclude_each_other_the_one_that_was_learnt_is_certain() -> None:
    text = "yes, but a little one only"
    assert (places(read(text, {}, "snag")), read(text, {}, "snag").sure) == ([1, 3], False)
    assert places(read(text, likely(3, scale="strain"), "snag")) == [3]
    assert not read(text, likely(3, 0.99, "strain"), "snag").sure
    assert not read(text, likely(5, scale="strain"), "snag").sure


def test_what_says_how_much_and_leaves_the_option_open_is_asked_back() -> None:
    assert not read("no we spent the whole hour on forms", likely(6)).sure
    assert read("he read me like a book", likely(6)) == UNCLEAR


@pytest.mark.parametrize("text", ["yeah nah", "nice one"])
def test_what_two_neighbours_share_stays_open(text: str) -> None:
    assert not any(read(text, likely(place)).sure for place in range(1, 6))


@pytest.mark.parametrize(
    "text",
    ["somewhere in the middle", "sometimes yes sometimes no", "not none", "wouldn't say no", "idk"],
)
def test_words_for_a_middle_and_for_not_knowing_are_asked_back(text: str) -> None:
    assert not any(read(text, likely(place)).sure for place in range(1, 6))


@pytest.mark.parametrize(
    "text", ["I can't say I wasn't listened to", "it's not that I never could"]
)
def test_a_denied_denial_is_asked_back(text: str) -> None:
    assert not read(text, likely(1)).sure


def test_a_no_and_what_it_says_no_to_are_certain_where_both_name_one_option() -> None:
    text = "no it wasn't right at all, I don't want to tap my knees"
    assert places(read(text, {})) == [1]
    assert read(text, likely(1)).sure
    assert not read(text, likely(1, 0.98)).sure
    assert not read(text, likely(3)).sure


def test_what_the_rule_knows_is_not_overruled() -> None:
    assert places(read("mostly", likely(1, 0.999))) == [3]


@pytest.mark.parametrize("learnt", [likely(0), likely(5, 0.6), {}, {"extent": [1.0]}])
def test_what_is_not_likely_enough_changes_nothing(learnt: dict[str, list[float]]) -> None:
    assert read("he read me like a book", learnt) == UNCLEAR


@pytest.mark.parametrize(
    ("text", "place"),
    [("1 out of 10 sorry mate", 1), ("100% pal mismo lado", 5), ("4/5 on that jawn", 4)],
)
def test_the_end_of_another_scale_is_certain_where_it_was_learnt(text: str, place: int) -> None:
    assert not read(text, {}).sure
    assert read(text, likely(place)).sure


def test_each_kind_of_scale_has_its_own() -> None:
    assert places(read("not a cross word", likely(5, scale="strain"), "snag")) == [5]
    assert read("not a cross word", likely(5, scale="extent"), "snag") == UNCLEAR


def test_it_is_said_what_was_taken() -> None:
    heard = Heard("he read me like a book", "answer", likely=likely(5))
    outcome = take(heard, Open("heard"), {}, asker())
    assert [one.value for one in outcome.store] == ["5"]
    assert outcome.say == (Line("understood", {"answer": "Completely"}),)


def test_what_comes_with_another_request_is_asked_back() -> None:
    text = "how long is this survey, and do I have to answer all of it?"
    heard = Heard(text, "answer", None, None, "help", likely(5))
    outcome = take(heard, Open("heard"), {}, asker())
    assert outcome.store == ()
    assert outcome.open is not None and outcome.open.candidates == ("5",)
    assert [line.key for line in outcome.say] == ["help"]


def test_a_number_is_certain_where_the_words_beside_it_say_the_same() -> None:
    text = "i like the worksheets, so for me it is a 5"
    assert not read(text, {}).sure
    assert read(text, likely(5, 0.6)).sure
    assert not read(text, likely(4)).sure
    assert not read("8 of 10 i like the worksheets", likely(4)).sure


def test_what_the_rule_is_certain_of_is_asked_back_where_another_meaning_was_learnt() -> None:
    """ "Algo segura" is one option by rule, and hands take it for two."""
    text = "not in the slightest"
    certain = read(text, {})
    assert (certain.sure, places(certain)) == (True, [1])
    assert not read(text, likely(6)).sure
    assert places(read(text, likely(5))) == [1, 5]
    # A neighbour, or a bare majority, is no reason to ask.
    assert read(text, likely(2)) == certain
    assert read(text, likely(6, 0.9)) == certain


@pytest.mark.parametrize("text", ["2", "Partly", "the second one", "mostly, she was late"])
def test_an_option_in_its_own_words_or_by_its_number_is_never_doubted(text: str) -> None:
    assert read(text, likely(6)) == read(text, {})
    assert read(text, likely(5)) == read(text, {})
