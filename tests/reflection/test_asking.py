"""What is shown for a question, and what the review shows."""

from dataclasses import replace

import pytest
from factory import adaptive, asker, by_question, declined, rated, said, skipped

from afterword.locales import load
from afterword.reflection.answers import Answer, Visibility
from afterword.reflection.asking import KEEP_WORDS, Asker, Prompt
from afterword.reflection.plan import Question

GOALS = {"a": "Sleep {well}"}


def prompt(question_id: str, *answers: Answer, short: bool = False, keep: bool = False) -> Prompt:
    made = asker(GOALS)
    given = by_question(*answers)
    return made.prompt(find(made, question_id, given), given, short=short, keep=keep)


def find(made: Asker, question_id: str, answers: dict[str, Answer]) -> Question:
    found = made.plan.question(question_id, answers)
    assert found is not None
    return found


def test_a_question_names_the_clinician_and_offers_its_options() -> None:
    shown = prompt("heard")
    assert "Did Ada Whitfield take in" in shown.text
    assert (shown.kind, shown.input, shown.question) == ("question", "choice", "heard")
    assert [choice.title for choice in shown.choices] == [
        *("Not really", "Partly", "Mostly", "Very much", "Completely"),
        *("Skip", "Rather not say"),
    ]


def test_every_question_can_be_skipped_and_declined() -> None:
    made = asker(GOALS)
    for question in made.plan.questions({}):
        tokens = [
            choice.token for choice in made.prompt(question, {}, short=False, keep=False).choices
        ]
        assert tokens[-2:] == [f"{question.id}.skip", f"{question.id}.decline"]
        assert len(set(tokens)) == len(tokens)


def test_skip_and_decline_carry_their_own_intents() -> None:
    assert [choice.intent for choice in prompt("heard").choices[-3:]] == [
        "answer",
        "skip",
        "rather_not_say",
    ]


def test_a_scale_is_answered_by_number_too_and_a_list_is_not() -> None:
    assert [choice.words[-1] for choice in prompt("heard").choices[:5]] == list("12345")
    words = {word for choice in prompt("goal-a").choices for word in choice.words}
    assert not any(word.isdigit() for word in words)


def test_asked_again_it_is_shorter() -> None:
    assert len(prompt("heard", short=True).text) < len(prompt("heard").text)


def test_an_open_question_asks_for_text() -> None:
    assert prompt("helped").input == "text"
    assert prompt("wish").input == "text"


def test_a_goals_own_braces_are_text() -> None:
    assert "“Sleep {well}”" in prompt("goal-a").text
    assert asker(GOALS).label(find(asker(GOALS), "goal-a", {})) == "Goal: Sleep {well}"


def test_keeping_the_words_is_offered_only_when_there_are_words_to_keep() -> None:
    assert KEEP_WORDS not in [choice.token for choice in prompt("heard").choices]
    assert KEEP_WORDS in [choice.token for choice in prompt("heard", keep=True).choices]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (rated("heard", 3), "Mostly"),
        (rated("heard", 3, "mostly, but late"), "Mostly"),
        (said("heard", "hard to say"), "hard to say"),
        (skipped("heard"), "Skipped"),
        (declined("heard"), "Rather not say"),
    ],
)
def test_an_earlier_answer_is_shown_at_its_question(answer: Answer, shown: str) -> None:
    assert prompt("heard", answer).text.endswith(f"(Your answer so far: {shown})")


def test_progress_counts_the_questions_of_this_reflection() -> None:
    assert prompt("heard").progress == (1, 8)
    assert prompt("goal-a").progress == (4, 8)
    low = [rated(name, 5) for name in ("safe", "goals", "goal-a", "approach", "snag")]
    assert prompt("heard_why", rated("heard", 1), *low).progress == (7, 9)


def test_the_review_shows_each_answer_once_in_the_order_of_the_questions() -> None:
    answers = by_question(
        said("wish", "more time"),
        declined("safe"),
        rated("heard", 3, "mostly, but late"),
        skipped("goals"),
        rated("goal-a", "mine"),
        said("snag", "hm, both"),
    )
    shown = asker(GOALS).review(answers, short=False)
    assert [(row.label, row.answer, row.words) for row in shown.rows] == [
        ("Heard", "Mostly", "mostly, but late"),
        ("Safe to say things", "Rather not say", None),
        ("Same goals", "Skipped", None),
        ("Goal: Sleep {well}", "Still mine", None),
        ("Strain", "hm, both", None),
        ("Wish for next time", "more time", None),
    ]


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (rated("heard", 3, "Hm", Visibility.UNSHARED), None),
        (rated("heard", 3, "Hm", Visibility.SHARED), None),
        (rated("heard", 3, "Hm", Visibility.RATING), "Your rating only, not your words"),
        (rated("heard", 3, "Hm", Visibility.PRIVATE), "Only you see this"),
        (said("wish", "Hm", Visibility.PRIVATE), "Only you see this"),
        (skipped("heard"), None),
    ],
)
def test_the_review_marks_what_the_clinician_does_not_see(answer: Answer, mark: str | None) -> None:
    (row,) = asker().review(by_question(answer), short=False).rows
    assert row.mark == mark


def test_the_review_marks_what_is_private_whatever_is_shared() -> None:
    answers = by_question(rated("heard", 3), rated("closeness", "too_close"))
    rows = asker(instrument=adaptive()).review(answers, short=False).rows
    assert {row.question: row.mark for row in rows} == {
        "heard": None,
        "closeness": "Only you see this",
    }
    skips = asker(instrument=adaptive()).review(by_question(skipped("closeness")), short=False)
    assert [row.mark for row in skips.rows] == [None]


def test_the_marks_are_in_spanish_too() -> None:
    spanish = replace(asker(instrument=adaptive()), language="es", say=load("es").section("bot"))
    marks = [
        spanish.review(by_question(rated("heard", 3, "Hm", visibility)), short=False).rows[0].mark
        for visibility in (Visibility.PRIVATE, Visibility.RATING)
    ]
    assert marks == ["Solo lo ves tú", "Solo lo que has marcado, no tus palabras"]


def test_in_the_review_everything_can_be_changed_and_every_answer_removed() -> None:
    shown = asker().review(by_question(rated("heard", 3), skipped("safe")), short=False)
    assert [(row.change, row.remove) for row in shown.rows] == [
        ("change.heard", "remove.heard"),
        ("change.safe", None),
    ]
    offered = {choice.token: choice for choice in shown.choices}
    assert {"change.heard", "remove.heard", "change.safe"} <= offered.keys()
    assert [token for token in offered if token.startswith("review.")] == [
        "review.share",
        "review.ratings",
        "review.private",
    ]


def test_words_for_a_decision_belong_to_one_decision_only() -> None:
    shown = asker().review({}, short=True)
    typed = [word.casefold() for choice in shown.choices for word in {choice.title, *choice.words}]
    assert len(set(typed)) == len(typed)


def test_nobody_sees_anything_before_sharing_is_said_at_the_review() -> None:
    assert "Ada Whitfield sees nothing until you share it" in asker().review({}, short=False).text
