"""However a plain statement is typed, it leads to as much as when it is typed well."""

import random
import re
from collections.abc import Callable, Iterator

import pytest
from statements import LANGUAGES, SLIPS, Statement, chance, found, screener, statements, tier

from afterword.safety.finding import Category, Route, Tier
from afterword.safety.normal import normal_form

PRAISE = {
    "en": "The session was good today, she listened well, the room was warm and the tea was nice. "
    "We talked about my garden, my sister's new job and the long walk by the river last week. "
    "I like the way she explains things with little drawings on paper. We also laughed about the "
    "weather and about the old bus that is always late in the morning.",
    "es": "La sesión estuvo bien hoy y me gustó la conversación. La sala era cálida y el té estaba "
    "rico. Hablamos de mi jardín, del trabajo de mi prima y del largo paseo junto al río de la "
    "semana pasada. Me gusta cómo explica las cosas con dibujos pequeños en un papel. También nos "
    "reímos del tiempo y del autobús viejo que siempre llega tarde.",
}
CURLY = "\u2019"
Change = Callable[[Statement], str]


def mixed_case(one: Statement) -> str:
    return "".join(char.upper() if at % 2 else char.lower() for at, char in enumerate(one.text))


def full_width(one: Statement) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in one.text)


def seen_through(one: Statement) -> str:
    return "\u200b".join(one.text)


def without_accents(one: Statement) -> str:
    return one.text.translate(str.maketrans("áéíóúüñÁÉÍÓÚÜÑ", "aeiouunAEIOUUN"))


CHANGES: dict[str, Change] = {
    "upper case": lambda one: one.text.upper(),
    "lower case": lambda one: one.text.lower(),
    "title case": lambda one: one.text.title().replace("'S", "'s"),
    "mixed case": mixed_case,
    "no apostrophes": lambda one: one.text.replace("'", ""),
    "curly apostrophes": lambda one: one.text.replace("'", CURLY),
    "accents for apostrophes": lambda one: one.text.replace("'", "\u00b4"),
    "primes for apostrophes": lambda one: one.text.replace("'", "\u2032"),
    "no accents": without_accents,
    "no punctuation": lambda one: re.sub(r"[.,;!?¡¿]", "", one.text),
    "emoji": lambda one: f"{one.text} \U0001f622\U0001f494",
    "emoji without a space": lambda one: f"{one.text}\U0001f62d",
    "exclamation": lambda one: f"{one.text}!!!",
    "slash": lambda one: f"/{one.text}",
    "number": lambda one: f"3. {one.text}",
    "dash": lambda one: f"- {one.text}",
    "quotes": lambda one: f"\u201c{one.text}\u201d",
    "stars": lambda one: f"**{one.text}**",
    "full width": full_width,
    "zero width": seen_through,
    "two spaces": lambda one: one.text.replace(" ", "  "),
    "hard spaces": lambda one: one.text.replace(" ", "\u00a0"),
    "line breaks": lambda one: one.text.replace(" ", "\n"),
    "praise before": lambda one: f"{PRAISE[one.language]} {one.text}",
    "praise after": lambda one: f"{one.text.rstrip('.')}. {PRAISE[one.language]}",
    "please": lambda one: (
        f"{one.text.rstrip('.')} {'please' if one.language == 'en' else 'por favor'}"
    ),
    "but first": lambda one: f"{'but' if one.language == 'en' else 'pero'} {one.text}",
}
JOKES = ("lol", "jk", "haha", "jaja", "\U0001f602")


def lower(language: str, change: Change) -> list[str]:
    """The statements that lead to less once they are changed."""
    return [
        f"{tier(one.text).word} -> {tier(change(one)).word}: {one.text}"
        for one in statements(language)
        if tier(change(one)) < tier(one.text)
    ]


def test_there_are_as_many_statements_as_there_should_be() -> None:
    assert [len(statements(language)) for language in LANGUAGES] == [150, 100]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plain_statement_is_found_by_the_rules_alone(language: str) -> None:
    missed = [
        f"{one.category}: {one.text} ({tier(one.text).word})"
        for one in statements(language)
        if tier(one.text) < Tier.SAME_DAY
    ]
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_is_about_is_among_what_is_found(language: str) -> None:
    other = [
        f"{one.category}: {one.text} ({', '.join(found(one.text).categories)})"
        for one in statements(language)
        if found(one.text).counting and one.category not in found(one.text).categories
    ]
    assert len(other) <= 0.02 * len(statements(language)), other


def test_what_the_clinician_does_goes_to_those_who_look_into_it() -> None:
    """Somebody else's route would tell the clinician."""
    astray = [
        f"{one.text} ({', '.join(found(one.text).categories)})"
        for language in LANGUAGES
        for one in statements(language)
        if one.category is Category.ABUSE_BY_CLINICIAN
        and found(one.text).counting
        and found(one.text).route is not Route.SAFEGUARDING
    ]
    assert astray == []


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_it_is_typed_lowers_nothing(language: str, change: str) -> None:
    assert lower(language, CHANGES[change]) == []


@pytest.mark.parametrize("joke", JOKES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_laugh_lowers_it_to_a_question_at_most(language: str, joke: str) -> None:
    lowered = [
        f"{tier(f'{one.text} {joke}').word}: {one.text}"
        for one in statements(language)
        if tier(f"{one.text} {joke}") < min(tier(one.text), Tier.CHECK)
    ]
    assert lowered == []


def pieces(text: str, dice: random.Random) -> list[str]:
    """A text in three messages, cut between words."""
    words = text.split()
    cuts = sorted(dice.sample(range(1, len(words)), 2))
    return [
        " ".join(words[start:end]) for start, end in zip([0, *cuts], [*cuts, None], strict=True)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_in_three_messages_is_found_by_the_last(language: str) -> None:
    dice, lowered = chance(language), []
    for one in statements(language):
        if len(one.text.split()) < 3:
            continue
        first, second, third = pieces(one.text, dice)
        after = [
            screener().screen(first).tier,
            screener().screen(second, earlier=(first,)).tier,
            screener().screen(third, earlier=(first, second)).tier,
        ]
        if max(after) < tier(one.text):
            lowered.append(f"{first} | {second} | {third}")
    assert lowered == []


LEAST = {"swapped": 0.995, "doubled": 0.995, "left_out": 0.97, "missed_key": 0.99}
"""Shares of statements that lead to as much with a slip as without, measured, rounded down."""


def slips(one: Statement, slip: Callable[[str, int], str], dice: random.Random) -> Iterator[str]:
    """The statement with one slip in one of its three longest words, where that makes no word."""
    known = screener().rules.known_words | screener().rules.vocabulary
    words = sorted(re.finditer(r"[^\W\d_]{4,}", one.text), key=lambda word: -len(word[0]))
    for word in words[:3]:
        wrong = slip(word[0], dice.randrange(1, len(word[0]) - 1))
        normal = normal_form(wrong)
        if normal not in known and normal != normal_form(word[0]):
            yield one.text[: word.start()] + wrong + one.text[word.end() :]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
def test_one_slip_of_the_finger_lowers_nearly_nothing(
    language: str, slip: Callable[[str, int], str]
) -> None:
    dice, tried, lowered = chance(slip.__name__), 0, []
    for one in statements(language):
        for text in slips(one, slip, dice):
            tried += 1
            if tier(text) < tier(one.text):
                lowered.append(text)
    assert tried > len(statements(language))
    assert 1 - len(lowered) / tried >= LEAST[slip.__name__], lowered
