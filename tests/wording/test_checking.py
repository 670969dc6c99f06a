"""What is said about new words before patients read them."""

from datetime import UTC, datetime

import pytest
from factory import adaptive

from afterword.locales import load
from afterword.rewording import published
from afterword.wording import lengths
from afterword.wording.changes import Change
from afterword.wording.checking import (
    HARDEST,
    Around,
    Finding,
    Weight,
    check,
    labels_beside,
    refused,
    review,
)
from afterword.wording.licence import runs_of
from afterword.wording.places import Place, Text, texts_of, why_fixed
from afterword.wording.reading import EASY, school_grade

TEXTS = texts_of({one: load(one).texts for one in ("en", "es")}, adaptive())
HEARD, OPTION = "core/heard/ask", "core/scale.extent/option.3"
PLAIN = "Did {clinician} get what was on your mind?"
# A little and far above what everybody reads.
HARD = "Did {clinician} understand everything that was important to you?"
HARDER = "Did {clinician} communicate comprehensively regarding everything important?"


def found(key: str, new: str, language: str = "en") -> list[Finding]:
    text = TEXTS[key]
    around = Around(text.shipped, published(), labels_beside(TEXTS, {}, key, language))
    return check(text, language, new, around)


def weights(key: str, new: str, language: str = "en") -> dict[str, Weight]:
    return {one.code: one.weight for one in found(key, new, language)}


def refusals(key: str, new: str, language: str = "en") -> set[str]:
    return {code for code, one in weights(key, new, language).items() if one is Weight.REFUSED}


def changeable() -> list[Text]:
    return [one for one in TEXTS.values() if not one.fixed]


@pytest.mark.parametrize("text", changeable(), ids=lambda one: one.key)
def test_every_shipped_text_would_pass(text: Text) -> None:
    for language, shipped in text.shipped.items():
        around = Around(dict.fromkeys(text.shipped, ""), published())
        assert not refused(check(text, language, shipped, around), with_reason=False)


def test_plain_new_words_pass_and_the_other_language_is_pointed_at() -> None:
    assert weights(HEARD, PLAIN) == {"other_language": Weight.TOLD}
    shipped = TEXTS[HEARD].shipped["en"]
    assert weights(HEARD, shipped.replace(".", "…")) == {}


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("  ", "empty"),
        (TEXTS[HEARD].shipped["en"], "same"),
        ("Did you feel heard?", "name_missing"),
        ("Did {clinician} hear you, {patient}?", "name_unknown"),
        ("Did {clinician.name} hear you?", "braces"),
        ("Did {clinician hear you?", "braces"),
        ("Did {clinician} hear\u202e you?", "signs"),
        ("Did {clinician}\nhear you?", "signs"),
        ("Did {clinician} hear you? " * 40, "long"),
        ("Did {clinician} hear you? Call 555 0100.", "contact"),
        ("Did {clinician} hear you? See www.example.com", "contact"),
        ("Great. Did {clinician} hear you?", "tone_praise"),
        ("I am a person too. Did {clinician} hear you?", "tone_person"),
        ("Please be honest: did {clinician} hear you?", "tone_pressure"),
        ("You should rest. Did {clinician} hear you?", "tone_advice"),
        ("Did {clinician} hear you? We will help.", "tone_promise"),
        ("Did {clinician} speak of your symptoms?", "tone_diagnosis"),
        ("Did {clinician} ask about suicide?", "tone_danger"),
        ("Did {clinician} hear you!", "tone_shout"),
        (HARDER, "hard"),
    ],
)
def test_what_stands_in_the_way_says_so(new: str, code: str) -> None:
    assert code in refusals(HEARD, new)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("Genial. ¿{clinician} te escuchó?", "tone_praise"),
        ("Por favor responde. ¿{clinician} te escuchó?", "tone_pressure"),
        ("Deberías hablar. ¿{clinician} te escuchó?", "tone_advice"),
    ],
)
def test_spanish_is_listened_to_as_well(new: str, code: str) -> None:
    assert code in refusals(HEARD, new, "es")


def test_what_the_shipped_line_says_itself_may_stay() -> None:
    why = TEXTS["core/frame/why"].shipped["en"]
    assert "tone_advice" not in weights("core/frame/why", f"{why} Say so.")


def test_an_answer_to_tap_is_the_patients_own_words() -> None:
    assert refusals(OPTION, "It was great") == set()
    assert refusals(OPTION, "It was a symptom") == {"tone_diagnosis"}
    assert refusals(OPTION, "partly!") >= {"same_option"}


def test_a_line_a_little_too_hard_needs_a_reason_and_one_far_too_hard_gets_none() -> None:
    assert EASY < school_grade(HARD, "en") <= HARDEST < school_grade(HARDER, "en")
    some, all_ = found(HEARD, HARD), found(HEARD, HARDER)
    assert refused(some, with_reason=False) and not refused(some, with_reason=True)
    assert refused(all_, with_reason=True)


def test_staff_may_read_harder_lines_and_are_told() -> None:
    opener = "openers.all_top"
    hard = "“Everything was extraordinarily satisfactory. Is anything improvable, nevertheless?”"
    assert weights(opener, hard)["hard_staff"] is Weight.TOLD
    assert refusals(opener, hard) == set()


@pytest.mark.parametrize("word", ["patient", "danger", "emergency", "session", "Alerta"])
def test_a_notice_by_mail_tells_nobody_what_it_is_about(word: str) -> None:
    shipped = TEXTS["mail.alert"].shipped["en"]
    assert refusals("mail.alert", shipped.replace("There is", "Hello. There is")) == set()
    assert "mail_tells" in refusals("mail.alert", f"{word}. {shipped}")


def test_what_a_program_has_to_say_of_itself_cannot_be_left_out() -> None:
    opening = TEXTS["bot.opening"].shipped["en"]
    assert refusals("bot.opening", opening.replace("Hi.", "Hello.")) == set()
    assert "must_say" in refusals("bot.opening", opening.replace("not a person", "your helper"))


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("safety.opening_now", "safety"),
        ("bot.safety_ask", "safety"),
        ("page.help_call", "safety"),
        ("page.consent_reflection", "agreed"),
        ("page.mine_withdraw", "agreed"),
        ("page.did_read_digest", "facts"),
        ("bot.who_sees", "facts"),
        ("bot.words_share", "machine"),
        ("page.link_broken", "nobody"),
        ("portal.sign_out", "program"),
        ("bot.skipped", ""),
    ],
)
def test_texts_that_stay_as_they_are_say_why(key: str, why: str) -> None:
    assert why_fixed(key) == why
    if why and key in TEXTS:
        assert [one.code for one in found(key, "Anything")] == [f"fixed_{why}"]


def test_words_of_a_published_questionnaire_are_refused() -> None:
    invented = "I count the blue geese before {clinician} sits down"
    around = Around({}, frozenset(runs_of("I count the blue geese before my therapist sits down")))
    codes = {one.code for one in check(TEXTS[HEARD], "en", invented, around)}
    assert "published" in codes
    assert "published" not in weights(HEARD, invented)


@pytest.mark.parametrize(
    ("text", "messages", "count"),
    [
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("€" * 80, 1, 160),
        ("ñ" * 160, 1, 160),
        ("á" * 70, 1, 70),
        ("á" * 71, 2, 71),
        ("😀" * 36, 2, 72),
    ],
)
def test_a_text_message_is_counted_as_the_network_counts_it(
    text: str, messages: int, count: int
) -> None:
    assert lengths.sms(text) == (messages, count)


def test_an_answer_that_would_raise_an_alert_at_every_tap_is_refused() -> None:
    for key, refused_for in ((OPTION, {"screened"}), (HEARD, set[str]())):
        around = Around(TEXTS[key].shipped, alarms=True)
        said = check(TEXTS[key], "en", "I was not safe with {clinician}", around)
        assert {one.code for one in said} & {"screened"} == refused_for


def test_longer_than_before_and_longer_than_fits_is_told() -> None:
    long = "Did {clinician} get it? " + "And did it help you? " * 6
    assert weights(HEARD, long)["length_phone"] is Weight.TOLD
    button = "It was for the most part as I would have liked it to be, though not all"
    assert {"length_button", "length_telegram", "length_whatsapp"} <= weights(OPTION, button).keys()


def changed(number: int, language: str, key: str, text: str) -> Change:
    return Change(language, key, number, text, datetime(2026, 11, 1, tzinfo=UTC))


def test_the_whole_of_what_a_clinic_says_is_looked_over() -> None:
    changes = [
        changed(1, "en", HEARD, PLAIN),
        changed(2, "en", "bot.skipped", "Left out"),
        changed(3, "es", "bot.skipped", "Omitida"),
        changed(4, "en", "core/gone/ask", "Was it so?"),
        changed(5, "en", "safety.opening_now", "All is well"),
        changed(6, "en", "page.start", "Great, start"),
        changed(7, "en", "page.write", "Write"),
        changed(8, "en", "page.write", ""),
    ]
    looked = {
        (language, key, one.code) for language, key, one in review(TEXTS, changes, published())
    }
    assert looked >= {
        ("en", HEARD, "other_language"),
        ("en", "core/gone/ask", "gone"),
        ("en", "safety.opening_now", "fixed_safety"),
        ("en", "page.start", "tone_praise"),
    }
    assert not {one for one in looked if one[1] in ("bot.skipped", "page.write")}


def test_what_patients_see_first_comes_first() -> None:
    places = list(dict.fromkeys(one.place for one in TEXTS.values()))
    assert places == list(Place)
