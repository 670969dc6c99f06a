"""All that is said when words may mean danger, read as a patient gets it."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from afterword import locales
from afterword.gateway.safe_lines import Speaker
from afterword.helpfiles import load_help
from afterword.records.views import Clinic
from afterword.safety import replies
from afterword.safety.finding import Category, Tier
from afterword.safety.helplines import Country
from afterword.safety.replies import Concern, Line, Notice
from afterword.wording import reading, tone

LANGUAGES = ("en", "es")
CATALOGUES = {language: locales.load(language) for language in LANGUAGES}
COUNTRIES = load_help().countries
CLINIC = "Oak Clinic"
CLINICIAN = "Ada Byron"
DANGERS = tuple(one for one in Category if one is not Category.ABUSE_BY_CLINICIAN)
SETS = [(), *itertools.combinations(DANGERS, 1), *itertools.combinations(DANGERS, 2), DANGERS]
NOW_WORDS, DAY_WORDS = 60, 90


@dataclass(frozen=True)
class Reply:
    """One reply: why it is said, and its messages as the page gets them."""

    name: str
    language: str
    country: Country
    bodies: tuple[Mapping[str, Any], ...]

    @property
    def text(self) -> str:
        return " ".join(body["text"] for body in self.bodies)

    @property
    def words(self) -> int:
        return len(re.findall(r"[\w’'áéíóúñü-]+", self.text))

    @property
    def contacts(self) -> list[Mapping[str, str]]:
        return [contact for body in self.bodies for contact in body["contacts"]]

    @property
    def choices(self) -> list[str]:
        return [choice["token"] for body in self.bodies for choice in body["choices"]]


OAK = Clinic("oak", CLINIC, "UTC", "", "+1 555 0100", "", "", ())


def told(language: str, tier: Tier) -> Iterator[str]:
    """Every way of saying who has a notice; on *now* no time is named."""
    tell = CATALOGUES[language].section("safety")
    for notice in Notice:
        said = tell(notice, clinic=CLINIC)
        yield said
        if tier < Tier.NOW and notice in (Notice.STAFFED, Notice.LATER):
            yield f"{said} {tell('told_when', time='31/12 23:59')}"


def spoken(
    name: str, lines: tuple[Line, ...], language: str, country: Country, notice: str = ""
) -> Reply:
    values = {"clinician": CLINICIAN, "told": notice}
    speaker = Speaker(CATALOGUES[language], country, OAK, values)
    return Reply(name, language, country, tuple(speaker.bodies(lines)))


def dangers(tier: Tier, *, again: bool) -> list[Reply]:
    return [
        spoken(
            f"{tier.word} {about} {again}", replies.danger(tier, about, again=again), *place, said
        )
        for place in itertools.product(LANGUAGES, COUNTRIES)
        for about in SETS
        for said in told(place[0], tier)
    ]


def concerns(*, again: bool, urgent: bool) -> list[Reply]:
    return [
        spoken(f"{one} {again}", replies.concern(one, again=again, urgent=urgent), *place)
        for place in itertools.product(LANGUAGES, COUNTRIES)
        for one in (Concern.ASK, Concern.ALWAYS, Concern.NOBODY)
    ]


def chosen() -> list[Reply]:
    """What follows a choice."""
    return [
        spoken(lines[0].key, lines, *place, said)
        for place in itertools.product(LANGUAGES, COUNTRIES)
        for said in told(place[0], Tier.SAME_DAY)
        for lines in [
            *(replies.forwarded(one) for one in (Concern.FORWARDED, Concern.KEPT)),
            *(replies.support(about) for about in SETS),
            *(replies.help_now(about) for about in SETS),
            (Line("unreadable", replies.ANY_TROUBLE, emergency=True),),
            (Line("away", replies.ANY_TROUBLE, emergency=True),),
            (Line("away_unkept", replies.ANY_TROUBLE, emergency=True),),
        ]
    ]


NOW, NOW_AGAIN = (dangers(Tier.NOW, again=again) for again in (False, True))
DAY, DAY_AGAIN = (dangers(Tier.SAME_DAY, again=again) for again in (False, True))
ASKED = dangers(Tier.CHECK, again=False)
CONCERNS = [
    *concerns(again=False, urgent=False),
    *concerns(again=False, urgent=True),
    *concerns(again=True, urgent=False),
]
CHOSEN = chosen()
EVERY = [*NOW, *NOW_AGAIN, *DAY, *DAY_AGAIN, *ASKED, *CONCERNS, *CHOSEN]


def worst(found: list[Reply], most: int) -> list[str]:
    long = [f"{one.words} {one.language}: {one.text}" for one in found if one.words > most]
    return sorted(set(long), reverse=True)[:3]


def test_they_are_short() -> None:
    assert worst([*NOW, *NOW_AGAIN], NOW_WORDS) == []
    assert worst([*DAY, *DAY_AGAIN, *ASKED, *CONCERNS, *CHOSEN], DAY_WORDS) == []


SAYS = {
    "automatic": {"en": "computer program", "es": "soy un programa"},
    "cannot judge": {"en": "cannot judge", "es": "no puedo (valorar|juzgar)"},
    "not live": {"en": "nobody reads this live", "es": "nadie lee esto en directo"},
    "a person": {"en": "person you trust", "es": "alguien de confianza"},
}


@pytest.mark.parametrize("said", SAYS)
def test_the_first_reply_says_what_it_is(said: str) -> None:
    for one in [*NOW, *DAY]:
        assert re.search(SAYS[said][one.language], one.text.casefold()), one.text


@pytest.mark.parametrize("said", ["automatic", "not live"])
def test_the_question_says_what_it_is(said: str) -> None:
    for one in ASKED:
        assert re.search(SAYS[said][one.language], one.text.casefold()), one.text


def test_on_now_the_emergency_number_comes_first() -> None:
    for one in NOW:
        number = one.country.emergency.voice
        assert number
        assert number in one.bodies[0]["text"]
        assert one.contacts[0]["href"] == f"tel:{number}"
        assert one.choices == []


def test_there_is_always_somebody_to_turn_to() -> None:
    for one in [*NOW, *NOW_AGAIN, *DAY, *DAY_AGAIN]:
        links = [contact["href"] for contact in one.contacts]
        assert f"tel:{one.country.emergency.voice}" in links
        assert any(not link.startswith("tel:+15550100") for link in links[1:]), one.name
        assert len(links) == len(set(links))
    for one in CHOSEN:
        assert one.contacts, one.text


LINK = re.compile(r"tel:\+?\d+|sms:\+?\d+(\?&body=\w+)?|https?://\S+")


def test_the_links_can_be_followed() -> None:
    for one in EVERY:
        for contact in one.contacts:
            assert re.fullmatch(
                r"tel:\+?\d+|sms:\+?\d+(\?&body=\w+)?|https?://\S+", contact["href"]
            )
            assert contact["title"].strip()


def test_the_second_reply_is_shorter_and_different() -> None:
    for first, second in [*zip(NOW, NOW_AGAIN, strict=True), *zip(DAY, DAY_AGAIN, strict=True)]:
        assert second.words < first.words
        assert not {body["text"] for body in second.bodies[:1]} & {
            body["text"] for body in first.bodies
        }


def test_going_on_and_stopping_are_both_offered_where_the_questions_stop() -> None:
    for one in [*DAY, *DAY_AGAIN]:
        assert one.choices == [replies.GO_ON, replies.STOP]
    for one in ASKED:
        assert one.choices == [replies.GO_ON, replies.SUPPORT, replies.HELP_NOW]


def test_a_concern_says_whose_eyes_it_stays_away_from() -> None:
    for one in CONCERNS:
        assert CLINICIAN in one.text
    for one in concerns(again=False, urgent=False):
        assert re.search("not your fault|no es culpa tuya", one.text)
        assert "notice" not in one.text.casefold()
        if one.name.startswith(Concern.ASK):
            assert one.choices == [replies.FORWARD_YES, replies.FORWARD_NO]


def test_a_claim_that_somebody_was_told_is_only_made_where_it_is_given() -> None:
    for one in [*dangers(Tier.CHECK, again=False), *CONCERNS]:
        assert not re.search("now waits|ya tiene un aviso|tiene ahora un aviso", one.text)
    for language, country in itertools.product(LANGUAGES, COUNTRIES):
        bare = spoken("bare", replies.danger(Tier.NOW, (), again=False), language, country)
        assert CLINIC not in bare.text


BANNED = {
    "a diagnosis": tone.DIAGNOSIS.pattern,
    "a rating": (
        r"\brisk\b|\blevel\b|\bsevere|\bserious\b|\burgency\b|\briesgo\b|\bnivel\b"
        r"|\bgrave\b"
    ),
    "advice": (
        r"breath|\brelax|calm down|medication|\bpills?\b|\bdose|\btablets?\b|distract"
        r"|go for a walk|respira|rel[aá]jate|c[aá]lmate|medicaci|pastilla|dosis"
        r"|tranquil"
    ),
    "a plan or means": (
        r"\bplan(s|ning)?\b|\bmethod|\bmeans\b|\bhow would\b|have you thought|\bgun"
        r"|\bknife|\brope|\bbridge|overdos|\bcut\b|\bcutting\b|\bhang"
        r"|c[oó]mo lo har[ií]as|m[eé]todo|\barma\b|cuchillo|\bcuerda|puente|sobredosis"
    ),
    "committed": r"\bcommit",
    "suicide": tone.DANGER.pattern,
    "secrecy": tone.SECRECY.pattern,
    "a promise": tone.PROMISE.pattern,
    "a contract": (
        r"\bagree\b|\bcontract\b|do you swear|stay safe|promise|me prometes"
        r"|\bacuerdo\b"
    ),
    "praise": (
        r"brave|proud|thank you for (sharing|opening|telling|trust)|well done|courage"
        r"|strong|valiente|orgullos|gracias por (compartir|confiar|contar)|bien hecho"
        r"|coraje"
    ),
    "blame": (
        r"you should(n't| not)? have|your own fault|why did you|overreact|attention"
        r"|deber[ií]as|por qu[eé] (has|lo)|llamar la atenci"
    ),
    "a threat": tone.THREAT.pattern,
    "an exclamation": r"[!¡]",
    "a rating question": (
        r"0 to 10|1 to 10|scale of|how (bad|strong|likely)|del? (0|1) al? 10"
        r"|una escala"
    ),
    "a cheerful close": (
        r"have a (nice|good|great)|take care|see you|cheer|\bbye\b|good luck"
        r"|all the best|cu[ií]date|buen d[ií]a|hasta (pronto|luego)|\bsuerte\b"
        r"|\b[aá]nimo"
    ),
    "a nudge": tone.NUDGE.pattern,
    "a person's feeling": (
        r"\bi('m| am) (so )?sorry|i understand|i feel|i care|lo siento|te entiendo"
        r"|me importa"
    ),
}


@pytest.mark.parametrize("what", BANNED)
def test_nothing_is_said_that_must_not_be(what: str) -> None:
    banned = re.compile(BANNED[what], re.IGNORECASE)
    said = {
        f"{found[0]}: {body['text']}"
        for one in EVERY
        for body in one.bodies
        if (found := banned.search(body["text"]))
    }
    titles = {choice["title"] for one in EVERY for body in one.bodies for choice in body["choices"]}
    assert said == set()
    assert [title for title in titles if banned.search(title)] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a diagnosis", "You may have depression."),
        ("a rating", "You are at high risk."),
        ("advice", "Try to breathe slowly."),
        ("a plan or means", "Do you have a plan?"),
        ("committed", "people who commit"),
        ("secrecy", "This is confidential."),
        ("a promise", "Someone will call you."),
        ("praise", "You are so brave, thank you for sharing."),
        ("a threat", "I have to report this."),
        ("a cheerful close", "Have a nice day."),
    ],
)
def test_what_must_not_be_said_would_be_noticed(what: str, text: str) -> None:
    assert re.search(BANNED[what], text, re.IGNORECASE)


def test_the_patients_words_have_no_place_in_it() -> None:
    texts = {
        key: text
        for language in LANGUAGES
        for key, text in CATALOGUES[language].texts.items()
        if key.startswith("safety.")
    }
    holes = {hole for text in texts.values() for hole in re.findall(r"\{(\w+)\}", text)}
    assert holes <= {
        *("emergency", "told", "clinic", "clinician", "time"),
        *("number", "word", "name", "country"),
    }


def test_every_line_is_there_in_each_language_with_the_same_holes() -> None:
    def holes(language: str) -> dict[str, list[str]]:
        return {
            key: sorted(set(re.findall(r"\{(\w+)\}", text)))
            for key, text in CATALOGUES[language].texts.items()
            if key.startswith("safety.")
        }

    assert holes("en") == holes("es")


def test_nothing_is_left_to_fill_in() -> None:
    for one in EVERY:
        assert not re.search(r"[{}]|  ", one.text), one.text
        assert all(body["input"] == "text" and body["question"] is None for body in one.bodies)


def plain(text: str) -> str:
    """With a short word for each name and number."""
    return re.sub(rf"{CLINIC}|{CLINICIAN}|[\d/:]*\d", "Kim", text)


def test_english_replies_can_be_read_by_a_child_of_twelve() -> None:
    assert reading.grade("The confidentiality of individual communications is guaranteed.") > 12
    hard = {
        one.text
        for one in EVERY
        if one.language == "en" and reading.grade(plain(one.text)) > reading.EASY
    }
    assert hard == set()


def test_spanish_sentences_are_short() -> None:
    sentences = {
        sentence
        for one in EVERY
        if one.language == "es"
        for sentence in re.split(r"[.:?]\s", one.text)
    }
    assert [one for one in sentences if len(one.split()) > 20] == []
