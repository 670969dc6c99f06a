"""What is not certain is asked back; nothing is stored before the patient has said so."""

from dataclasses import replace

import pytest
from factory import asker, by_question, core, lexicon, rated, said, skipped

from afterword.datafiles import load_lexicon
from afterword.locales import load
from afterword.reflection.answers import Answer, Sharing
from afterword.reflection.asides import hold
from afterword.reflection.asking import Asker
from afterword.reflection.exchange import Heard, Line, Open, Outcome, Pending
from afterword.reflection.plan import Plan
from afterword.reflection.turns import take

CORE = ("heard", "safe", "goals", "approach", "snag")
WELL = by_question(*(rated(name, 5) for name in CORE))
DONE = WELL | by_question(said("helped", "talking"), skipped("wish"))
REVIEW = Open("review")
LATE = "6/10 but she was late"


def say(
    text: str,
    open_: Open,
    answers: dict[str, Answer] | None = None,
    *,
    choice: str | None = None,
    guess: str | None = None,
) -> Outcome:
    return take(Heard(text, "answer", choice, guess), open_, answers or {}, asker())


def tap(token: str, open_: Open, answers: dict[str, Answer] | None = None) -> Outcome:
    return say("", open_, answers, choice=token)


def asking(*candidates: int, words: str | None = None, of: str = "heard") -> Open:
    return Open(of, Pending.CONFIRM, 0, words, tuple(map(str, candidates)))


def keys(outcome: Outcome) -> list[str]:
    return [line.key for line in outcome.say]


def stored(outcome: Outcome) -> Answer | None:
    return outcome.store[0] if outcome.store else None


ONE, TWO = asking(4), asking(3, 4)
WORDY = asking(3, words=LATE)
ALL_OPTIONS = Open("heard", Pending.CONFIRM, misses=1)


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("7/10", asking(3, 4)),
        ("3 or 4", asking(3, 4)),
        ("8/10", asking(4)),
        ("not completely", asking(3, 4)),
        ("yes", asking(4, 5)),
        ("good", asking(4, 5)),
        (LATE, WORDY),
        ("7/10", asking(2, 3, 4, of="snag")),
    ],
)
def test_what_leaves_it_open_is_asked_back_and_nothing_is_stored(text: str, open_: Open) -> None:
    assert say(text, Open(open_.question), WELL) == Outcome(open=open_, short=True)


def test_the_candidates_are_shown_with_a_way_out() -> None:
    question = asker().plan.question("heard", {})
    assert question is not None
    shown = asker().confirm(question, ("3", "4"), keep=False)
    assert "“Mostly” or “Very much”" in shown.text
    tokens = [choice.token for choice in shown.choices]
    assert tokens == ["heard.3", "heard.4", "confirm.other", "heard.skip", "heard.decline"]
    shown = asker().confirm(question, ("3",), keep=True)
    assert "Did you mean “Mostly”?" in shown.text
    tokens = [choice.token for choice in shown.choices]
    assert tokens == ["heard.3", "confirm.other", "keep.words", "heard.skip", "heard.decline"]


@pytest.mark.parametrize(
    "text",
    ["yes", "Yep!", "ok", "that's right", "yes, that one", "Yes that's the one", "I think so",
     "👍🏽 yes", "yeah exactly", "definitely"],
)  # fmt: skip
def test_a_yes_stores_the_one_that_was_asked_about(text: str) -> None:
    outcome = say(text, ONE)
    assert outcome == Outcome(
        open=Open("safe"),
        store=(rated("heard", 4),),
        say=(Line("understood", {"answer": "Very much"}),),
    )


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("first", 3),
        ("the first one, please", 3),
        ("first option", 3),
        ("the former", 3),
        ("lower", 3),
        ("The second.", 4),
        ("I'd say the second", 4),
        ("the latter", 4),
        ("the higher one I guess", 4),
        ("4", 4),
        ("3 then", 3),
    ],
)
def test_first_and_second_are_of_those_that_were_asked_about(text: str, option: int) -> None:
    assert stored(say(text, TWO)) == rated("heard", option)


@pytest.mark.parametrize("text", ["1", "2", "two", "number 2", "yes", "ok", "sure"])
def test_what_does_not_say_which_of_two_stores_neither(text: str) -> None:
    expected = Outcome(open=ALL_OPTIONS, short=True, say=(Line("which_then"),))
    assert say(text, TWO) == expected


@pytest.mark.parametrize("text", ["first", "the second one", "higher", "the lower one"])
def test_there_is_no_second_of_one(text: str) -> None:
    outcome = say(text, ONE)
    assert (outcome.store, keys(outcome)) == ((), ["which_then"])


@pytest.mark.parametrize("text", ["the lower one", "higher"])
def test_of_strain_more_and_less_go_the_other_way(text: str) -> None:
    outcome = say(text, asking(2, 4, of="snag"), WELL)
    assert (outcome.store, keys(outcome)) == ((), ["which_then"])


@pytest.mark.parametrize(
    "text", ["no", "Nope.", "no no", "naw", "neither", "not that one", "I don't think so"]
)
@pytest.mark.parametrize("open_", [ONE, TWO])
def test_a_no_is_about_the_candidates_and_is_no_low_rating(text: str, open_: Open) -> None:
    expected = Outcome(open=ALL_OPTIONS, short=True, say=(Line("which_then"),))
    assert say(text, open_) == expected


def test_another_answer_offers_all_options_again() -> None:
    assert tap("confirm.other", TWO) == Outcome(open=ALL_OPTIONS, short=True)


@pytest.mark.parametrize("text", ["heard.2", "partly"])
def test_the_next_answer_counts_and_there_is_no_second_no(text: str) -> None:
    for open_ in (ONE, ALL_OPTIONS):
        outcome = tap(text, open_) if "." in text else say(text, open_)
        assert stored(outcome) == rated("heard", 2)
        assert outcome.open == Open("safe")
    assert keys(say("no", ALL_OPTIONS)) != ["which_then"]


@pytest.mark.parametrize("option", [3, 4, 1])
def test_a_tap_stores_what_was_tapped(option: int) -> None:
    assert stored(tap(f"heard.{option}", TWO)) == rated("heard", option)


@pytest.mark.parametrize("text", ["yes", "mostly", "heard.3"])
def test_the_words_that_led_to_the_question_are_kept(text: str) -> None:
    for open_ in (WORDY, say("no", WORDY).open, tap("confirm.other", WORDY).open):
        assert open_ is not None
        if text == "yes" and not open_.candidates:
            continue
        outcome = tap(text, open_) if "." in text else say(text, open_)
        assert stored(outcome) == rated("heard", 3, LATE)


def test_the_words_can_be_kept_without_a_rating() -> None:
    assert stored(tap("keep.words", WORDY)) == said("heard", LATE)


def test_newer_words_stand_beside_a_new_reading() -> None:
    outcome = say("completely, she called me back", WORDY)
    assert stored(outcome) == rated("heard", 5, "completely, she called me back")


def test_a_new_text_that_leaves_it_open_is_asked_back_anew() -> None:
    assert say("4/10", TWO).open == asking(2)
    assert say("4/10", WORDY).open == asking(2, words=LATE)


def test_what_cannot_be_read_loses_no_words() -> None:
    outcome = say("the weather is bad ", WORDY)
    assert keys(outcome) == ["unclear"]
    assert outcome.open == Open("heard", Pending.KEEP, 1, f"{LATE}\nthe weather is bad")
    assert stored(tap("keep.words", outcome.open)) == said("heard", f"{LATE}\nthe weather is bad")


def test_skipping_is_still_possible() -> None:
    assert stored(say("skip", WORDY)) == skipped("heard")
    assert stored(tap("heard.skip", WORDY)) == skipped("heard")


def test_another_answer_is_not_there_when_nothing_is_asked_back() -> None:
    for open_ in (Open("heard"), Open("heard", Pending.KEEP, 1, "hm"), REVIEW):
        outcome = tap("confirm.other", open_, DONE)
        assert (outcome.store, keys(outcome)) == ((), ["old_choice"])


def test_words_answered_with_a_safe_message_stay_at_hand_while_something_is_asked_back() -> None:
    held = hold(Heard("words", "answer"), TWO, confidential=False)
    assert (held.pending, held.draft) == (Pending.SAFETY, "words")
    assert say("go on", held).open == Open("heard", Pending.KEEP, draft="words")


def test_a_guess_alone_is_asked_back() -> None:
    outcome = say("she got it", Open("heard"), guess="rated_mostly")
    assert outcome == Outcome(open=asking(3, words="she got it"), short=True)


def test_a_guess_that_says_the_same_as_the_rule_makes_it_certain() -> None:
    told = "just mostly the big things"
    assert stored(say(told, Open("heard"))) is None
    assert stored(say(told, Open("heard"), guess="rated_all")) is None
    assert stored(say(told, Open("heard"), guess="rated_mostly")) == replace(
        rated("heard", 3), words=told
    )


def test_a_guess_makes_no_number_of_another_scale_certain() -> None:
    outcome = say("8/10", Open("heard"), guess="rated_much")
    assert stored(outcome) is None
    assert outcome.open is not None and outcome.open.candidates == ("4",)


def test_a_guess_never_overrules_what_is_certain() -> None:
    assert stored(say("mostly", Open("heard"), guess="rated_none")) == rated("heard", 3)


@pytest.mark.parametrize(
    ("guess", "decision", "sharing"),
    [("share_all", "share", Sharing.ALL), ("share_ratings", "ratings", Sharing.RATINGS)],
)
def test_words_that_sound_like_sharing_are_asked_back(
    guess: str, decision: str, sharing: Sharing
) -> None:
    outcome = say("she may know that", REVIEW, DONE, guess=guess)
    asked = Open("review", Pending.SHARE, candidates=(decision,))
    assert outcome == Outcome(open=asked, short=True)
    shown = asker().confirm_sharing(decision)
    assert {choice.token for choice in shown.choices} == {
        "review.share",
        "review.ratings",
        "review.private",
    }
    assert say("yes", asked, DONE) == Outcome(open=None, share=sharing)
    assert tap("review.private", asked, DONE).share is Sharing.PRIVATE
    for text in ("no", "hm", "maybe", "yes if she asks"):
        assert say(text, asked, DONE).share is None


def test_only_so_many_words_keep_private_at_once() -> None:
    assert say("private", REVIEW, DONE) == Outcome(open=None, share=Sharing.PRIVATE)
    asked = say("I press share and nothing happens", REVIEW, DONE, guess="keep_private")
    assert asked.share is None
    assert asked.open == Open("review", Pending.SHARE, candidates=("private",))


@pytest.mark.parametrize(
    ("text", "sharing"),
    [("share", Sharing.ALL), ("Scores only.", Sharing.RATINGS), ("Don’t share", Sharing.PRIVATE)],
)
def test_words_that_say_so_decide(text: str, sharing: Sharing) -> None:
    assert say(text, REVIEW, DONE) == Outcome(open=None, share=sharing)


@pytest.mark.parametrize(
    ("text", "question", "option"),
    [("make heard a 4", "heard", 4), ("sorry, set approach to partly", "approach", 2)],
)
def test_at_an_open_question_a_correction_by_name_is_one(
    text: str, question: str, option: int
) -> None:
    outcome = say(text, Open("helped"), WELL)
    assert outcome.store == (rated(question, option),)
    assert (outcome.open, keys(outcome)) == (Open("helped"), ["changed"])


@pytest.mark.parametrize(
    "text",
    [
        "I meant mostly",
        "mostly",
        "change heard",
        "heard me",
        "make me feel heard like 4 weeks ago",
        "he should make heard a 4 when I say what I feel, and not only then",
    ],
)
def test_at_an_open_question_anything_less_is_the_answer(text: str) -> None:
    assert say(text, Open("helped"), WELL).store == (said("helped", text),)


def test_keys_struck_at_random_are_asked_about_once() -> None:
    outcome = say("asdfgh", Open("helped"), WELL)
    assert (outcome.store, keys(outcome)) == ((), ["unclear"])
    asked = Open("helped", Pending.KEEP, 1, "asdfgh")
    assert outcome.open == asked
    assert stored(tap("keep.words", asked, WELL)) == said("helped", "asdfgh")
    assert stored(say("sdfghj", asked, WELL)) == said("helped", "sdfghj")


@pytest.mark.parametrize(
    ("text", "open_", "option"),
    [
        ("sí", ONE, 4),
        ("si por favor", ONE, 4),
        ("esa misma", ONE, 4),
        ("la primera", TWO, 3),
        ("el segundo, por favor", TWO, 4),
        ("la más alta", TWO, 4),
        ("no", ONE, None),
        ("creo que no", TWO, None),
        ("ese no", TWO, None),
    ],
)
def test_in_spanish_too(text: str, open_: Open, option: int | None) -> None:
    spanish = Asker(
        Plan(core(), {}), "en", "Ada Whitfield", load("es").section("bot"), load_lexicon("es")
    )
    outcome = take(Heard(text, "answer"), open_, {}, spanish)
    assert stored(outcome) == (rated("heard", option) if option else None)
    assert option or keys(outcome) == ["which_then"]


def test_the_lists_of_first_and_lower_do_not_overlap() -> None:
    for language in ("en", "es"):
        lists = lexicon(language).lists
        names = ("first", "second", "lower", "higher", "affirm", "deny")
        phrases = [phrase for name in names for phrase in lists[name]]
        assert len(phrases) == len(set(phrases))
