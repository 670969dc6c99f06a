"""What one message does to a reflection: each branch."""

import pytest
from factory import asker, by_question, declined, rated, said, skipped

from afterword.reflection.answers import Answer, Sharing
from afterword.reflection.asides import hold, stops
from afterword.reflection.exchange import Heard, Line, Open, Outcome, Pending
from afterword.reflection.turns import take

WELL = by_question(*(rated(name, 5) for name in ("heard", "safe", "goals", "approach", "snag")))
DONE = WELL | by_question(said("helped", "talking"), skipped("wish"))
REVIEW = Open("review")


def say(
    text: str, open_: Open, answers: dict[str, Answer] | None = None, intent: str = "answer"
) -> Outcome:
    goals = {"a": "Sleep"} if open_.question.startswith("goal-") else {}
    return take(Heard(text, intent), open_, answers or {}, asker(goals))


def tap(
    token: str, open_: Open, answers: dict[str, Answer] | None = None, title: str = ""
) -> Outcome:
    return take(Heard(title, "answer", token), open_, answers or {}, asker())


def keys(outcome: Outcome) -> list[str]:
    return [line.key for line in outcome.say]


def changes_nothing(outcome: Outcome) -> bool:
    return (outcome.store, outcome.remove, outcome.share, outcome.erase) == ((), None, None, False)


def test_a_tap_is_stored_and_the_next_question_opens() -> None:
    assert tap("heard.4", Open("heard"), title="Very much") == Outcome(
        open=Open("safe"), store=(rated("heard", 4),)
    )


@pytest.mark.parametrize(
    ("title", "read_back"), [("4", True), ("a lot", True), ("very MUCH.", False)]
)
def test_typed_words_for_an_option_are_read_back(title: str, read_back: bool) -> None:
    outcome = tap("heard.4", Open("heard"), title=title)
    assert outcome.store == (rated("heard", 4),)
    expected = (Line("understood", {"answer": "Very much"}),)
    assert outcome.say == (expected if read_back else ())


def test_a_typed_answer_is_understood_and_read_back() -> None:
    outcome = say("mostly, but he was late", Open("heard"))
    assert outcome.store == (rated("heard", 3, "mostly, but he was late"),)
    assert outcome.say == (Line("understood", {"answer": "Mostly"}),)
    assert outcome.open == Open("safe")


@pytest.mark.parametrize(
    ("intent", "token", "answer"),
    [
        ("skip", "heard.skip", skipped("heard")),
        ("rather_not_say", "heard.decline", declined("heard")),
    ],
)
def test_skipping_and_declining_are_different_answers(
    intent: str, token: str, answer: Answer
) -> None:
    for outcome in (
        say("no thanks", Open("heard"), intent=intent),
        tap(token, Open("heard")),
        take(Heard("", intent, f"menu.{intent}"), Open("heard"), {}, asker()),
    ):
        assert outcome == Outcome(open=Open("safe"), store=(answer,))


def test_at_an_open_question_the_words_are_the_answer_as_they_are() -> None:
    text = "  4/10, I don't know 🙂\n"
    outcome = say(text, Open("helped"), WELL)
    assert outcome == Outcome(open=Open("wish"), store=(said("helped", text),))


def test_at_a_list_a_sentence_is_kept_as_own_words() -> None:
    answers = WELL | by_question(rated("heard", 1))
    outcome = say("he kept looking at the clock", Open("heard_why"), answers)
    assert outcome.store == (said("heard_why", "he kept looking at the clock"),)
    assert keys(outcome) == ["kept_words"]
    assert outcome.open == Open("helped")


def test_at_a_list_one_strange_word_is_asked_about() -> None:
    outcome = say("clock", Open("heard_why"), WELL | by_question(rated("heard", 1)))
    assert changes_nothing(outcome)
    assert keys(outcome) == ["unclear"]


def test_never_a_third_time_not_understood_and_then_the_words_are_kept() -> None:
    open_ = Open("heard")
    said_keys = []
    for text in ("hm", "hm hm", "the sky is blue "):
        outcome = say(text, open_)
        assert changes_nothing(outcome)
        assert outcome.open is not None and outcome.open.question == "heard"
        assert (outcome.open.pending, outcome.short) == (Pending.KEEP, True)
        said_keys += keys(outcome)
        open_ = outcome.open
    assert said_keys == ["unclear", "unclear_again", "unclear_again"]
    assert tap("keep.words", open_) == Outcome(
        open=Open("safe"), store=(said("heard", "the sky is blue"),), say=(Line("kept_words"),)
    )


def test_an_answer_after_an_unclear_one_starts_afresh() -> None:
    unclear = say("hm", Open("heard"))
    assert unclear.open is not None
    assert tap("heard.2", unclear.open).open == Open("safe")


def test_keep_my_words_without_words_is_an_old_choice() -> None:
    outcome = tap("keep.words", Open("safe"), by_question(rated("heard", 4)))
    assert changes_nothing(outcome)
    assert keys(outcome) == ["old_choice"]


def test_keep_my_words_at_the_review_stores_nothing() -> None:
    unclear = say("hm", REVIEW, DONE)
    assert unclear.open is not None
    outcome = tap("keep.words", unclear.open, DONE)
    assert changes_nothing(outcome)
    assert keys(outcome) == ["old_choice"]


def test_a_tap_on_an_old_choice_corrects_and_the_open_question_stays_open() -> None:
    open_ = Open("goals", Pending.KEEP, 1, "hm")
    outcome = tap("heard.2", open_, by_question(rated("heard", 4), rated("safe", 4)))
    assert outcome.store == (rated("heard", 2),)
    assert outcome.say == (Line("changed", {"label": "Heard", "answer": "Partly"}),)
    assert (outcome.open, outcome.short) == (open_, True)


@pytest.mark.parametrize(
    ("token", "answer"), [("heard.skip", skipped("heard")), ("heard.decline", declined("heard"))]
)
def test_an_old_skip_corrects_too(token: str, answer: Answer) -> None:
    outcome = tap(token, Open("safe"), by_question(rated("heard", 4)))
    assert (outcome.store, outcome.open) == ((answer,), Open("safe"))


@pytest.mark.parametrize(
    "token",
    ["heard.9", "heard", "", ".", "better.skip", "goal-x.mine", "delete.yes", "review.share",
     "remove.wish", "change.better", "change.review", "remove.review", "heard_why.time"],
)  # fmt: skip
def test_a_choice_that_is_not_there_any_more_changes_nothing(token: str) -> None:
    outcome = tap(token, Open("safe", draft="hm"), by_question(rated("heard", 4)))
    assert changes_nothing(outcome)
    assert (outcome.open, keys(outcome)) == (Open("safe"), ["old_choice"])


def test_a_correction_typed_at_a_question_is_taken_as_one() -> None:
    outcome = say("make heard a 4", Open("safe"), by_question(rated("heard", 1)))
    assert outcome.store == (rated("heard", 4),)
    assert (outcome.open, keys(outcome)) == (Open("safe"), ["changed"])


def test_a_correction_typed_at_the_review_is_taken_as_one() -> None:
    outcome = say("make heard a 4", REVIEW, DONE)
    assert outcome.store == (rated("heard", 4),)
    assert (outcome.open, keys(outcome)) == (REVIEW, ["changed"])


# A follow-up is open because of a low answer; then that answer is corrected or taken out.
AT_FOLLOW_UP = WELL | by_question(rated("heard", 1))


def test_a_follow_up_goes_with_the_answer_that_opened_it() -> None:
    open_ = Open("heard_why")
    for outcome in (
        tap("heard.5", open_, AT_FOLLOW_UP),
        tap("remove.heard", open_, AT_FOLLOW_UP),
        tap("heard.skip", open_, AT_FOLLOW_UP),
    ):
        assert outcome.open == Open("helped")


def test_change_opens_the_question_and_then_the_review_again() -> None:
    assert tap("change.heard", REVIEW, DONE) == Outcome(open=Open("heard"))
    assert tap("heard.4", Open("heard"), DONE).open == REVIEW


def test_a_change_to_a_low_answer_opens_its_follow_up() -> None:
    assert tap("heard.1", Open("heard"), DONE).open == Open("heard_why")


def test_remove_takes_the_answer_out_and_stays_where_it_was() -> None:
    assert tap("remove.helped", REVIEW, DONE) == Outcome(
        open=REVIEW, remove="helped", short=True, say=(Line("removed"),)
    )


@pytest.mark.parametrize(
    ("token", "sharing"),
    [
        ("review.share", Sharing.ALL),
        ("review.ratings", Sharing.RATINGS),
        ("review.private", Sharing.PRIVATE),
    ],
)
def test_the_reflection_ends_with_a_decision_at_the_review(token: str, sharing: Sharing) -> None:
    assert tap(token, REVIEW, DONE) == Outcome(open=None, share=sharing)


def test_an_old_decision_does_not_share_while_a_question_is_open() -> None:
    outcome = tap("review.share", Open("heard"), DONE)
    assert changes_nothing(outcome)
    assert keys(outcome) == ["old_choice"]


@pytest.mark.parametrize("intent", ["answer", "skip", "rather_not_say"])
@pytest.mark.parametrize("text", ["share my seat", "maybe", "yes", ""])
def test_typed_words_at_the_review_share_nothing_by_themselves(text: str, intent: str) -> None:
    outcome = say(text, REVIEW, DONE, intent)
    assert changes_nothing(outcome)
    assert (outcome.open, keys(outcome)) == (REVIEW, ["unclear_review"])


DELETING = Open("safe", Pending.DELETE)


@pytest.mark.parametrize("text", ["yes", "Yes.", "delete it", "yes, delete it", "Yes please"])
def test_a_yes_deletes(text: str) -> None:
    expected = Outcome(open=None, erase=True, say=(Line("deleted"),))
    assert say(text, DELETING) == expected
    assert tap("delete.yes", DELETING) == expected


@pytest.mark.parametrize("text", ["no", "No!", "keep it", "don’t delete"])
def test_a_no_keeps_everything_and_goes_on(text: str) -> None:
    for outcome in (say(text, DELETING), tap("delete.no", DELETING)):
        assert changes_nothing(outcome)
        assert (outcome.open, outcome.short, keys(outcome)) == (Open("safe"), True, ["not_deleted"])


@pytest.mark.parametrize("text", ["maybe", "yes but not now", "4", "", "delete nothing"])
def test_anything_else_is_no_consent_to_delete(text: str) -> None:
    outcome = say(text, DELETING)
    assert changes_nothing(outcome)
    assert (outcome.open, keys(outcome)) == (Open("safe"), ["delete_unclear"])


@pytest.mark.parametrize("token", ["heard.4", "review.share", "keep.words", "menu.skip"])
def test_another_tap_is_no_consent_to_delete_either(token: str) -> None:
    outcome = tap(token, DELETING, by_question(rated("heard", 1)))
    assert changes_nothing(outcome)
    assert keys(outcome) == ["delete_unclear"]


def test_yes_deletes_only_when_that_was_asked() -> None:
    for text in ("yes", "delete it"):
        assert not say(text, Open("safe")).erase
    assert not tap("delete.yes", Open("safe")).erase


def test_a_goal_is_answered_like_a_question() -> None:
    answers = by_question(*(rated(name, 5) for name in ("heard", "safe", "goals")))
    outcome = say("still mine", Open("goal-a"), answers)
    assert outcome.store == (rated("goal-a", "mine"),)
    assert outcome.open == Open("approach")


def test_a_question_that_is_not_asked_any_more_gives_way_to_the_next() -> None:
    outcome = say("words for nobody", Open("heard_why"), WELL)
    assert changes_nothing(outcome)
    assert outcome.open == Open("helped")


WORDS = "words that were answered with a safe message"
HELD = Open("helped", Pending.SAFETY, draft=WORDS)
GO_ON = ["yes", "Yes.", "OK", "go on", "Go on with the questions", "si", "Sí!", "seguir"]
STOP = ["no", "No.", "stop", "STOP", "Stop here", "parar", "not now"]


def held(text: str, open_: Open, *, confidential: bool = False) -> Open:
    return hold(Heard(text, "answer"), open_, confidential=confidential)


@pytest.mark.parametrize("question", ["heard", "heard_why", "helped", "goal-a"])
@pytest.mark.parametrize("pending", [None, Pending.KEEP, Pending.SAFETY])
def test_held_words_stay_at_hand_for_the_open_question(
    question: str, pending: Pending | None
) -> None:
    open_ = Open(question, pending, misses=1, draft="before")
    assert held(WORDS, open_) == Open(question, Pending.SAFETY, 1, WORDS)


@pytest.mark.parametrize(
    "open_", [REVIEW, Open("safe", Pending.DELETE), Open("safe", Pending.PAUSE)]
)
def test_held_words_are_no_answer_where_no_words_were_asked_for(open_: Open) -> None:
    assert held(WORDS, open_) == Open(open_.question, Pending.SAFETY)


def test_held_words_about_the_clinician_are_not_kept_for_the_clinician_to_read() -> None:
    assert held(WORDS, HELD, confidential=True).draft is None


def test_a_held_tap_changes_no_words() -> None:
    for confidential in (False, True):
        tapped = Heard("support", "answer", "safety.support")
        assert hold(tapped, HELD, confidential=confidential) == HELD
    tapped = Heard("support", "answer", "safety.support")
    assert hold(tapped, Open("safe"), confidential=False) == Open("safe", Pending.SAFETY)


@pytest.mark.parametrize("text", GO_ON)
def test_going_on_asks_the_same_question_and_offers_to_keep_the_words(text: str) -> None:
    expected = Outcome(open=Open("helped", Pending.KEEP, draft=WORDS), short=True)
    assert say(text, HELD, WELL) == expected
    assert tap("safety.go_on", HELD, WELL) == expected


def test_only_a_tap_on_keep_makes_an_answer_of_held_words() -> None:
    back = tap("safety.go_on", HELD, WELL).open
    assert back is not None
    assert tap("keep.words", back, WELL).store == (said("helped", WORDS),)
    assert say("other words", back, WELL).store == (said("helped", "other words"),)


@pytest.mark.parametrize(
    "open_", [Open("helped", Pending.SAFETY), Open("helped", Pending.DELETE), Open("helped")]
)
def test_going_on_without_words_asks_the_same_question(open_: Open) -> None:
    assert tap("safety.go_on", open_, WELL) == Outcome(open=Open("helped"), short=True)


def test_going_on_at_the_review_shows_it_again() -> None:
    open_ = Open("review", Pending.SAFETY, draft=WORDS)
    assert tap("safety.go_on", open_, DONE) == Outcome(open=REVIEW, short=True)


@pytest.mark.parametrize("text", STOP)
def test_stopping_says_so_asks_nothing_and_loses_nothing(text: str) -> None:
    for outcome in (say(text, HELD, WELL), tap("safety.stop", HELD, WELL)):
        assert outcome == Outcome(open=HELD, short=True, say=(Line("safety_stopped"),))
    assert stops(Heard(text, "answer"), HELD)
    assert stops(Heard("", "answer", "safety.stop"), HELD)
    # And going on is still possible.
    assert tap("safety.go_on", HELD, WELL).open == Open("helped", Pending.KEEP, draft=WORDS)


def test_an_old_stop_stops_too() -> None:
    for open_ in (Open("safe"), Open("safe", Pending.DELETE), Open("safe", Pending.KEEP, 1)):
        outcome = tap("safety.stop", open_)
        assert changes_nothing(outcome)
        assert (outcome.open, keys(outcome)) == (
            Open("safe", Pending.SAFETY, open_.misses),
            ["safety_stopped"],
        )


def test_no_and_stop_mean_that_only_after_a_safe_message() -> None:
    for open_ in (Open("helped"), Open("helped", Pending.KEEP), Open("helped", Pending.DELETE)):
        assert not stops(Heard("stop", "answer"), open_)
    assert say("no", Open("helped"), WELL).store == (said("helped", "no"),)


@pytest.mark.parametrize("intent", ["answer", "skip", "rather_not_say"])
@pytest.mark.parametrize("text", ["mostly", "4", "skip", "he was kind", "make heard a 4", ""])
@pytest.mark.parametrize("question", ["heard", "helped", "review"])
def test_anything_else_typed_is_no_answer_and_is_asked_about(
    question: str, text: str, intent: str
) -> None:
    open_ = Open(question, Pending.SAFETY, draft=None if question == "review" else WORDS)
    outcome = say(text, open_, DONE, intent)
    assert outcome == Outcome(open=open_, short=True, say=(Line("safety_unsure"),))


def test_an_old_keep_does_not_keep_words_that_were_held_since() -> None:
    outcome = tap("keep.words", HELD, WELL)
    assert outcome == Outcome(open=HELD, short=True, say=(Line("safety_unsure"),))


@pytest.mark.parametrize("name", ["support", "help_now", "forward_yes", "forward_no"])
def test_what_the_gateway_answers_changes_nothing_here(name: str) -> None:
    assert tap(f"safety.{name}", HELD, WELL) == Outcome(open=HELD, short=True)


def test_a_tap_on_an_option_or_the_menu_is_meant() -> None:
    open_ = Open("heard", Pending.SAFETY, draft=WORDS)
    expected = Outcome(open=Open("safe"), store=(rated("heard", 4),))
    assert tap("heard.4", open_, title="Very much") == expected
    menu = Heard("", "skip", "menu.skip")
    assert take(menu, open_, {}, asker()) == Outcome(open=Open("safe"), store=(skipped("heard"),))
