"""A clinic's words over what is shipped: texts, questions, editions."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from factory import adaptive, core, english
from hypothesis import given
from hypothesis import strategies as st

from afterword.locales import load
from afterword.reflection.editions import change_of, edition, is_same_question, shipped_of
from afterword.reflection.instrument import Instrument
from afterword.wording.braces import BracesBroken, fits, names_in
from afterword.wording.changes import Change
from afterword.wording.overlay import Editions, overlaid, worded
from afterword.wording.places import texts_of

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
SHIPPED: Mapping[tuple[str, int], Instrument] = {("core", 2): adaptive(), ("core", 1): core()}
HEARD = "core/heard/ask"
NEW = "Did {clinician} get what was on your mind?"
KEYS = sorted(
    key for key in texts_of({"en": english().texts}, adaptive()) if key.startswith("core/")
)


def change(number: int, key: str, text: str, language: str = "en") -> Change:
    return Change(language, key, number, text, START + timedelta(days=number))


def test_a_text_says_the_clinics_words_until_it_is_taken_back() -> None:
    said = [change(1, "bot.skipped", "Left out"), change(2, "bot.skipped", "Passed over")]
    assert overlaid(english().texts, "en", said)["bot.skipped"] == "Passed over"
    assert overlaid(load("es").texts, "es", said) == load("es").texts
    back = [*said, change(3, "bot.skipped", "")]
    assert overlaid(english().texts, "en", back) == english().texts


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("safety.opening_now", "All is well"),
        ("page.consent_reflection", "I agree to all"),
        ("bot.who_sees", "Nobody sees it, {clinician}"),
        ("bot.understood", "I put that down."),
        ("bot.understood", "I put {answer.__class__} down."),
        ("bot.understood", "{answer"),
        ("bot.gone_long_ago", "Whatever"),
    ],
)
def test_what_may_not_be_changed_or_could_not_be_shown_stays(key: str, text: str) -> None:
    assert overlaid(english().texts, "en", [change(1, key, text)]) == english().texts


@given(st.text(max_size=60), st.sampled_from(sorted(english().texts)))
def test_whatever_was_written_down_every_text_can_be_shown(text: str, key: str) -> None:
    laid = overlaid(english().texts, "en", [change(1, key, text)])
    values = dict.fromkeys(names_in(english().texts[key]), "value")
    assert laid[key].format(**values) is not None


@given(st.text(alphabet="ab{}!:. ", max_size=20))
def test_a_text_that_fits_is_one_that_can_be_filled_in(text: str) -> None:
    try:
        names = names_in(text)
    except BracesBroken:
        assert not fits("{a}", text)
        return
    assert text.format(**dict.fromkeys(names, "x")) is not None
    assert fits("{a}", text) is (names == {"a"})


def test_a_spanish_line_may_leave_a_name_to_the_verb() -> None:
    assert fits("¿Te escuchó?", "¿{clinician} te escuchó?", "Did {clinician} hear you?")
    assert not fits("¿{clinician} te escuchó?", "¿Te escuchó?", "Did {clinician} hear you?")


def test_a_changed_question_is_a_version_of_its_own() -> None:
    made = worded(adaptive(), [change(7, HEARD, NEW)])
    assert (made.id, made.version) == ("core", 200007)
    assert made.items["heard"].ask["en"] == NEW
    assert made.items["heard"].ask["es"] == adaptive().items["heard"].ask["es"]
    assert made.items["heard"].reworded == {"en": START + timedelta(days=7)}
    assert made.items["safe"] == adaptive().items["safe"]
    assert worded(adaptive(), [change(7, "bot.skipped", "Left out")]) is adaptive()


def test_a_changed_answer_of_a_scale_is_one_of_all_its_questions() -> None:
    made = worded(adaptive(), [change(1, "core/scale.extent/option.3", "For the most part")])
    for name in ("heard", "safe", "goals"):
        option = made.items[name].options[2]
        assert option.label["en"] == "For the most part"
        assert "Mostly" in option.words["en"], "who knows it by its old name may go on so"
        assert made.items[name].reworded.keys() == {"en"}
    assert made.items["snag"] == adaptive().items["snag"]


def test_an_old_name_that_another_answer_has_now_is_not_kept() -> None:
    made = worded(
        adaptive(),
        [
            change(1, "core/scale.extent/option.2", "Mostly"),
            change(2, "core/scale.extent/option.3", "Quite a bit"),
        ],
    )
    options = made.items["heard"].options
    assert "Mostly" not in options[2].words["en"]
    assert "Partly" in options[1].words["en"]


def test_the_first_edition_is_asked_and_every_earlier_one_can_be_had() -> None:
    changes = [change(1, HEARD, NEW), change(4, HEARD, ""), change(5, "bot.skipped", "Left out")]
    made = Editions(SHIPPED, changes)
    assert next(iter(made)) == ("core", 200004)
    assert made["core", 200001].items["heard"].ask["en"] == NEW
    assert made["core", 200004].items["heard"].ask == adaptive().items["heard"].ask
    assert made["core", 2] is adaptive()
    assert made["core", 1] is core()
    assert made["core", 100001].items["heard"].ask["en"] == NEW
    for missing in (("core", 200005), ("core", 300001), ("other", 1)):
        assert missing not in made
    assert len(made) == len(list(made)) == 6


def test_a_release_and_a_clinic_never_make_the_same_version() -> None:
    clinics = {edition(shipped, number) for shipped in range(1, 40) for number in range(1, 40)}
    assert clinics.isdisjoint(range(1, 40))
    assert len(clinics) == 39 * 39
    assert all(edition(shipped_of(one), change_of(one)) == one for one in clinics)


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.text(max_size=40)), max_size=6))
def test_any_changes_leave_a_question_set_that_can_be_asked(changes: list[tuple[str, str]]) -> None:
    numbered = [change(at, *one) for at, one in enumerate(changes, start=1)]
    for made in Editions({("core", 2): adaptive()}, numbered).values():
        for item in made.items.values():
            for part in (item.ask, item.again, item.why):
                for language in made.languages:
                    part[language].format(clinician="Ada", goal="sleep")
            assert [one.id for one in item.options] == [
                one.id for one in adaptive().items[item.id].options
            ]


def same(changes: list[Change], language: str, question: str = "heard") -> bool:
    now = worded(adaptive(), changes)
    return is_same_question(now, adaptive(), now.items[question], {language})


def test_answers_are_compared_where_the_words_were_the_same() -> None:
    before = adaptive().items["heard"].ask["en"]
    assert not same([change(1, HEARD, NEW)], "en")
    assert same([change(1, HEARD, NEW)], "es")
    assert same([change(1, HEARD, NEW)], "en", "safe")
    assert same([change(1, HEARD, before.upper().replace(".", " –"))], "en")
    assert same(
        [change(1, "core/heard/why", "It helps."), change(2, "core/heard/label", "x")], "en"
    )
    assert same([change(1, HEARD, NEW), change(2, HEARD, "")], "en")
    assert not is_same_question(adaptive(), core(), adaptive().items["heard"], {"en"})
