"""The digest: made by rule, in order, from what was shared; nothing is invented."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from factory import NOW, WEEK, by_question, core, declined, english, rated, said, skipped

from afterword.reflection.answers import Answer, ReflectionState, Sharing, Visibility
from afterword.reflection.digest import Digest, Writer
from afterword.wording.changes import Change
from afterword.wording.overlay import Editions

NAMES = ("heard", "safe", "goals", "approach", "snag")
SHARED, RATING = Visibility.SHARED, Visibility.RATING


@dataclass
class Told:
    """A reflection as far as it was shared."""

    answers: dict[str, Answer] = field(default_factory=dict)
    state: ReflectionState = ReflectionState.SHARED
    session_at: datetime = NOW
    started_at: datetime | None = NOW
    instrument: str = "core"
    instrument_version: int = 1
    language: str = "en"
    sharing: Sharing | None = Sharing.ALL


def told(*answers: Answer, **other: object) -> Told:
    return Told(by_question(*answers), **other)


def well(**changed: int) -> tuple[Answer, ...]:
    """All scales rated at the top but these."""
    return tuple(rated(name, changed.get(name, 5), None, SHARED) for name in NAMES)


def write(latest: Told | None, *earlier: Told, goals: dict[str, str] | None = None) -> Digest:
    texts = english()
    writer = Writer(
        core(), "en", texts.section("digest"), texts.section("openers"), "Ada Whitfield"
    )
    return writer.build(latest, earlier, goals or {})


def rules(digest: Digest) -> list[str]:
    return [opener.rule for opener in digest.openers]


@pytest.mark.parametrize(
    ("answers", "headline", "question"),
    [
        ([rated("heard", 2)], "Heard: Partly.", "heard"),
        ([rated("snag", 1)], "A strain was shared: A lot.", "snag"),
        ([rated("snag", 3), rated("safe", 2)], "Safe to say things: Partly.", "safe"),
        ([said("wish", "time")], "There is a wish for next time.", "wish"),
        ([rated("heard", 5)], "First reflection.", None),
    ],
)
def test_one_line_by_rule_names_the_answer_that_it_comes_from(
    answers: list[Answer], headline: str, question: str | None
) -> None:
    digest = write(told(*answers))
    assert (digest.headline, digest.headline_question) == (headline, question)


def test_when_nothing_is_new_it_says_so() -> None:
    assert write(told(*well()), told(*well())).headline == "Answers as usual."


def test_the_patients_words_are_complete_and_carry_their_question() -> None:
    words = "  first line\n\nsecond “line” <b>{x}</b>  "
    digest = write(told(said("helped", words), rated("heard", 3, "mostly, but late")))
    assert [(quote.question, quote.text) for quote in digest.words] == [
        ("heard", "mostly, but late"),
        ("helped", words),
    ]
    assert digest.words[0].asked == "Did Ada Whitfield take in what mattered to you?"
    assert digest.wish is None


def test_the_wish_stands_by_itself() -> None:
    digest = write(told(said("wish", "more silence")))
    assert digest.words == ()
    assert digest.wish is not None and digest.wish.text == "more silence"
    picked = write(told(rated("wish", "slower"))).wish
    assert picked is not None and picked.text == "A slower pace"
    assert write(told(skipped("wish"))).wish is None


def test_items_come_in_the_order_of_the_questions_however_they_were_answered() -> None:
    digest = write(told(*reversed(well())))
    assert [item.question for item in digest.items] == list(NAMES)
    assert [item.label for item in digest.items][:2] == ["Heard", "Safe to say things"]


def test_words_come_in_the_order_of_the_questions_follow_ups_too() -> None:
    answers = [
        said(name, name)
        for name in ("better", "snag_kind", "helped", "goal-a", "heard_why", "heard")
    ]
    digest = write(told(*answers), goals={"a": "Sleep"})
    assert [quote.question for quote in digest.words] == [
        *("heard", "goal-a", "heard_why", "snag_kind", "helped", "better")
    ]


def test_missing_is_not_zero() -> None:
    digest = write(told(declined("heard"), skipped("safe"), said("goals", "hm", SHARED)))
    assert [(item.value, item.state, item.answer, item.of) for item in digest.items] == [
        (None, "declined", "Rather not say", 5),
        (None, "skipped", "Skipped", 5),
        (None, "answered", "In own words", 5),
    ]
    assert "approach" not in {item.question for item in digest.items}


def test_a_persons_own_values_come_oldest_first_with_gaps() -> None:
    history = [
        told(rated("heard", 4)),
        told(skipped("heard")),
        told(rated("safe", 4)),
        told(rated("heard", 3)),
    ]
    (line,) = write(told(rated("heard", 5)), *history).items
    assert (line.value, line.history) == (5, (4, None, None, 3))


@pytest.mark.parametrize(
    ("name", "now", "change"),
    [
        ("heard", 3, "lower than usual"),
        ("heard", 5, "higher than usual"),
        ("heard", 4, "as usual"),
        ("snag", 3, "more strain than usual"),
        ("snag", 5, "less strain than usual"),
        ("snag", 4, "as usual"),
    ],
)
def test_change_is_said_in_words(name: str, now: int, change: str) -> None:
    (line,) = write(told(rated(name, now)), *[told(rated(name, 4))] * 3).items
    assert line.change == change


def test_with_fewer_than_three_earlier_there_is_no_trend() -> None:
    two, three = ([told(rated("heard", 5))] * count for count in (2, 3))
    now = told(rated("heard", 3))
    assert (write(now, *two).trend, write(now, *two).items[0].change) == (False, "")
    assert (write(now, *three).trend, write(now, *three).items[0].change) == (
        True,
        "lower than usual",
    )


def test_three_reflections_with_two_answers_are_no_usual() -> None:
    history = [told(rated("heard", 5)), told(skipped("heard")), told(rated("heard", 5))]
    digest = write(told(rated("heard", 3)), *history)
    assert digest.items[0].change == ""
    assert digest.openers == ()


@pytest.mark.parametrize("other", [{"instrument_version": 2}, {"instrument": "another"}])
def test_another_version_of_the_questions_is_not_compared(other: dict[str, object]) -> None:
    digest = write(told(rated("heard", 3)), *[told(rated("heard", 5), **other)] * 3)
    assert (digest.trend, digest.items[0].history, digest.items[0].change) == (False, (), "")


def test_ratings_only_show_no_words_and_say_so() -> None:
    digest = write(
        told(
            rated("heard", 3, None, RATING),
            Answer("safe", skipped("safe").state, visibility=RATING),
            sharing=Sharing.RATINGS,
        )
    )
    assert digest.status == "ratings"
    assert digest.words == ()
    assert write(told(*well())).status == "shared"


def test_sharing_everything_when_nothing_was_answered_is_not_ratings_only() -> None:
    assert write(told()).status == "shared"


def test_at_most_three_openers_one_for_a_question_most_pressing_first() -> None:
    answers = [*well(heard=1, safe=2, goals=2, snag=1), rated("goal-a", "not_mine")]
    history = [told(*well())] * 3
    digest = write(told(*answers), *history, goals={"a": "Sleep"})
    assert rules(digest) == ["goal_not_mine", "strain", "low_bond"]
    assert [opener.question for opener in digest.openers] == ["goal-a", "snag", "heard"]


def test_the_same_opener_is_not_shown_twice() -> None:
    answers = [rated("goal-a", "unsure"), rated("goal-b", "unsure")]
    assert rules(write(told(*answers), goals={"a": "Sleep", "b": "Walk"})) == ["goal_unsure"]


def test_every_opener_that_a_rule_asks_for_exists() -> None:
    for name, item in core().items.items():
        for option in item.options:
            assert write(told(rated(name, option.id))) is not None


def test_goals_are_shown_with_whether_they_still_agree() -> None:
    digest = write(
        told(rated("goal-a", "mine"), declined("goal-b"), said("goal-c", "half of it", SHARED)),
        goals={"a": "Sleep", "b": "Walk", "c": "Read"},
    )
    assert [(goal.text, goal.answer, goal.state) for goal in digest.goals] == [
        ("Sleep", "Still mine", "mine"),
        ("Walk", "Rather not say", "declined"),
        ("Read", "In own words", "answered"),
    ]


def test_what_was_picked_from_a_list_is_shown_as_chosen() -> None:
    digest = write(told(rated("snag", 2), rated("snag_kind", "pushed"), rated("wish", "slower")))
    assert [(one.question, one.text) for one in digest.chosen] == [("snag_kind", "I felt pushed")]


def test_what_was_open_last_time_comes_back() -> None:
    earlier = [
        told(said("wish", "long ago"), session_at=NOW - 2 * WEEK),
        told(said("wish", "less homework"), rated("snag", 2), session_at=NOW - WEEK),
    ]
    digest = write(told(rated("heard", 5)), *earlier)
    assert [(one.label, one.text, one.session_at) for one in digest.open_points] == [
        ("Wish for next time", "less homework", NOW - WEEK),
        ("Strain shared last time", "Some", NOW - WEEK),
    ]
    assert write(told(said("wish", "new"))).open_points == ()


@pytest.mark.parametrize(
    ("latest", "status", "headline"),
    [
        (None, "none", "No reflection was asked for"),
        (Told(state=ReflectionState.INVITED, started_at=None), "not_shared", "No reflection yet"),
        (Told(state=ReflectionState.OPEN), "not_shared", "Nothing was shared"),
        (Told(state=ReflectionState.PRIVATE), "not_shared", "Nothing was shared"),
        (Told(state=ReflectionState.DELETED), "not_shared", "Nothing was shared"),
    ],
)
def test_when_nothing_was_shared_it_says_so_and_shows_what_was_open(
    latest: Told | None, status: str, headline: str
) -> None:
    if latest is not None:
        # Even if they were handed over by mistake.
        latest.answers = by_question(rated("heard", 1, "secret"))
    digest = write(latest, told(said("wish", "less homework")))
    assert digest.status == status
    assert digest.headline.startswith(headline)
    assert (digest.words, digest.items, digest.openers, digest.trend) == ((), (), (), False)
    assert [point.text for point in digest.open_points] == ["less homework"]
    assert "secret" not in repr(digest)


REWORDED = NOW - 3 * WEEK
CHANGES = [
    Change("en", "core/heard/ask", 1, "Did {clinician} hear you?", REWORDED),
    Change("en", "core/scale.strain/option.3", 2, "A bit", REWORDED),
]


def reworded(latest: Told, *earlier: Told) -> Digest:
    """On a clinic's edition, with all that came before."""
    versions = Editions({("core", 1): core()}, CHANGES)
    texts = english()
    writer = Writer(
        versions["core", latest.instrument_version],
        "en",
        texts.section("digest"),
        texts.section("openers"),
        "Ada Whitfield",
        versions,
    )
    return writer.build(latest, earlier, {})


def test_a_reworded_question_breaks_its_own_line_and_no_other() -> None:
    before = [told(*well(), session_at=NOW - at * WEEK) for at in (7, 6, 5, 4)]
    after = told(*well(), instrument_version=100001, session_at=NOW - WEEK)
    digest = reworded(told(*well(heard=3), instrument_version=100001), *before, after)
    heard, safe = digest.items[:2]
    assert (heard.history, heard.change, heard.reworded) == (
        (None, None, None, None, 5),
        "",
        REWORDED,
    )
    assert (safe.history, safe.change, safe.reworded) == ((5,) * 5, "as usual", None)
    assert digest.trend


def test_where_every_line_is_broken_there_is_no_trend() -> None:
    before = [told(rated("heard", 5, None, SHARED)) for _ in range(4)]
    digest = reworded(told(rated("heard", 2, None, SHARED), instrument_version=100001), *before)
    assert not digest.trend
    assert "below_usual" not in rules(digest)


def test_who_reads_another_language_has_no_break() -> None:
    before = [told(*well(), language="es") for _ in range(4)]
    same = told(*well(), language="es", instrument_version=100001)
    assert all(one.reworded is None for one in reworded(same, *before).items)
    english_now = told(*well(), instrument_version=100001)
    assert reworded(english_now, *before).items[0].reworded == REWORDED


def test_what_is_still_open_is_told_in_the_words_that_were_tapped() -> None:
    strain = rated("snag", 3, None, SHARED)
    for version, words in ((1, "A little"), (100002, "A bit")):
        last = told(strain, instrument_version=version, session_at=NOW - WEEK)
        points = reworded(told(*well(), instrument_version=100002), last).open_points
        assert [one.text for one in points] == [words]
