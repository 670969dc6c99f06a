"""Patients can read their texts, which say what the assistant is and do not praise."""

import re
from collections.abc import Iterator

import pytest
from factory import adaptive, core

from afterword import locales
from afterword.wording.reading import EASY, EASY_IN_SPANISH, ease, grade
from afterword.wording.tone import ACTS_A_PERSON, PRAISE

# What patients read. Typed words and lists of months are not read as sentences.
NOT_READ = re.compile(
    r"bot\.(words_\w+|as_is|weekdays|months|date_time|language_names|language_signs)"
    r"|page\.(months|date|progress)"
)


def read_by_patients(language: str) -> dict[str, str]:
    texts = {
        key: text
        for key, text in locales.load(language).texts.items()
        if key.startswith(("bot.", "page.", "safety.")) and not NOT_READ.fullmatch(key)
    }
    for instrument in (core(), adaptive()):
        if language not in instrument.languages:
            continue
        for name, item in instrument.items.items():
            for part in ("label", "ask", "again", "means", "why"):
                if language in getattr(item, part):
                    texts[f"{instrument.version}.{name}.{part}"] = getattr(item, part)[language]
            for option in item.options:
                texts[f"{instrument.version}.{name}.{option.id}"] = option.label[language]
    return texts


PATIENT_TEXTS = read_by_patients("en")
SPANISH_TEXTS = read_by_patients("es")


@pytest.mark.parametrize("key", PATIENT_TEXTS)
def test_a_patient_can_read_it_easily(key: str) -> None:
    assert grade(PATIENT_TEXTS[key]) <= EASY, PATIENT_TEXTS[key]


@pytest.mark.parametrize("key", SPANISH_TEXTS)
def test_a_patient_can_read_it_easily_in_spanish(key: str) -> None:
    assert ease(SPANISH_TEXTS[key]) >= EASY_IN_SPANISH, SPANISH_TEXTS[key]


def said_by_assistant() -> Iterator[tuple[str, str]]:
    """What a patient may choose to say of themselves is not said by the assistant."""
    for texts in (PATIENT_TEXTS, SPANISH_TEXTS):
        for key, text in texts.items():
            if key.startswith(("bot.", "page.", "safety.")) or key.endswith(
                (".ask", ".again", ".means", ".why", ".label")
            ):
                yield key, text


@pytest.mark.parametrize(("key", "text"), [*said_by_assistant()])
def test_it_does_not_praise_and_does_not_act_a_person(key: str, text: str) -> None:
    assert "!" not in text, key
    assert not PRAISE.search(text)
    assert not ACTS_A_PERSON.search(text)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (PATIENT_TEXTS, ("computer program", "not a person", "Nobody reads them live")),
        (SPANISH_TEXTS, ("Soy un programa", "no una persona", "Nadie las lee en directo")),
    ],
)
def test_the_first_line_says_what_it_is_and_who_reads(
    texts: dict[str, str], said: tuple[str, ...]
) -> None:
    for part in (*said, "{urgent_phone}"):
        assert part in texts["bot.opening"]
