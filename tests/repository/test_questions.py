"""Our questions are easy to read in each language, and are nobody else's questions."""

import re
from collections.abc import Iterator

import pytest
from ruamel.yaml import YAML

from afterword import locales
from afterword.datafiles import load_instrument
from afterword.reflection.instrument import Instrument
from afterword.rewording import published
from afterword.settings import PROJECT
from afterword.wording.licence import read_as, runs_of
from afterword.wording.reading import EASY, grade
from afterword.wording.tone import ACTS_A_PERSON, PRAISE

INSTRUMENTS = {
    path.stem: load_instrument(path) for path in sorted((PROJECT / "instruments").glob("*.yml"))
}
FEWEST_WORDS = 6
# Szigriszt-Pazos: 65 to 80 is "quite easy", read by primary school; below 65 it is not.
EASY_SPANISH = 65.0


def lines(made: Instrument, language: str) -> Iterator[tuple[str, str]]:
    for name, item in made.items.items():
        for part in ("label", "ask", "again", "means", "why"):
            if language in getattr(item, part):
                yield f"{name}.{part}", getattr(item, part)[language]
        for option in item.options:
            if language in option.label:
                yield f"{name}.{option.id}", option.label[language]


def every(language: str) -> dict[str, str]:
    return {
        f"{file}.{key}": text
        for file, made in INSTRUMENTS.items()
        for key, text in lines(made, language)
    }


ENGLISH, SPANISH = every("en"), every("es")


@pytest.mark.parametrize("key", ENGLISH)
def test_each_english_line_is_of_grade_six_or_lower(key: str) -> None:
    assert grade(ENGLISH[key]) <= EASY, ENGLISH[key]


@pytest.mark.parametrize(
    "key", [key for key in ENGLISH if key.endswith((".ask", ".means", ".why"))]
)
def test_no_question_praises_or_acts_a_person(key: str) -> None:
    assert "!" not in ENGLISH[key]
    assert not PRAISE.search(ENGLISH[key]) and not ACTS_A_PERSON.search(ENGLISH[key])


def spanish_syllables(word: str) -> int:
    """Groups of vowels; an i or u with an accent, or two open vowels, part in two."""
    plain = re.sub(r"(?<=[qg])u(?=[eiéí])|y(?=[aeiouáéíóú])", "-", word.casefold())
    parts = re.sub(r"([aeoáéó])(?=[aeoáéóíú])|([íú])(?=[aeoáéó])", r"\1\2-", plain)
    return max(1, len(re.findall(r"[aeiouáéíóúüy]+", parts)))


def spanish_ease(text: str) -> float:
    """The index of Szigriszt-Pazos, the higher the easier; names in braces are short words."""
    plain = re.sub(r"\{\w+\}|\d+", "Kim", text)
    words = re.findall(r"[^\W\d_]+", plain)
    sentences = [part for part in re.split(r"[.!?:]+(?:\s|$)", plain) if re.search(r"\w", part)]
    if len(words) < FEWEST_WORDS:
        return 100.0
    per_word = sum(map(spanish_syllables, words)) / len(words)
    return 206.835 - 62.3 * per_word - len(words) / len(sentences)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("sí", 1), ("que", 1), ("sesión", 2), ("tensión", 2), ("guardaste", 3), ("día", 2)),
        *(("escuela", 3), ("quien", 1), ("leer", 2), ("y", 1), ("ayudó", 3), ("siguiente", 3)),
    ],
)
def test_spanish_syllables_are_counted(word: str, count: int) -> None:
    assert spanish_syllables(word) == count


def test_hard_spanish_would_be_found() -> None:
    hard = "La relación terapéutica se evalúa confidencialmente mediante procedimientos objetivos."
    assert spanish_ease(hard) < EASY_SPANISH / 2
    assert spanish_ease("Puedes saltar lo que no quieras decir.") > EASY_SPANISH


@pytest.mark.parametrize("key", SPANISH)
def test_each_spanish_line_is_easy(key: str) -> None:
    assert spanish_ease(SPANISH[key]) >= EASY_SPANISH, SPANISH[key]


# Of whom one is spoken to, and what a person is called, goes by no gender.
GENDERED = re.compile(
    r"\b(el|la|los|las|un|una) (terapeuta|doctora?|paciente)s?\b|\b\w+[oa]/[oa]s?\b"
)
FORMAL = re.compile(r"\b(usted|su sesión|le gustaría|vosotros|vuestr[oa])\b", re.IGNORECASE)


@pytest.mark.parametrize("key", SPANISH)
def test_spanish_says_tu_and_no_gender(key: str) -> None:
    assert not GENDERED.search(SPANISH[key]), SPANISH[key]
    assert not FORMAL.search(SPANISH[key]), SPANISH[key]


def test_each_text_in_both_languages_names_the_same_in_braces() -> None:
    braces = re.compile(r"\{(\w+)\}")
    made = INSTRUMENTS["core"]
    english, spanish = dict(lines(made, "en")), dict(lines(made, "es"))
    assert english.keys() == spanish.keys()
    # A Spanish line may leave a name out where the verb says who.
    assert {
        key: text
        for key, text in spanish.items()
        if not set(braces.findall(text)) <= {"clinician", "goal"}
        or ("goal" in braces.findall(english[key])) is not ("goal" in braces.findall(text))
    } == {}


def texts_of_ours() -> dict[str, str]:
    """Each text of the instruments and the locales, typed words too."""
    found = {}
    for path in [*(PROJECT / "instruments").glob("*.yml"), *locales.LOCALES.rglob("*.yml")]:
        for place, text in _texts(YAML(typ="safe").load(path.read_text(encoding="utf-8"))):
            found[f"{path.relative_to(PROJECT)} {place}"] = text
    return found


def _texts(data: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, f"{place}.{key}")
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from _texts(value, f"{place}.{at}")


def test_no_text_of_ours_is_that_of_a_published_questionnaire() -> None:
    ours = texts_of_ours()
    assert len(ours) > 500
    assert [place for place, text in ours.items() if read_as(text) & published()] == []


def test_such_a_text_would_be_found() -> None:
    """With a phrase that we have made up: the published ones are not ours to write down."""
    invented = "I count the blue geese before my therapist sits down"
    hashed = published() | runs_of(invented)
    assert read_as("Do I count the blue geese, or not?") & hashed
    assert read_as("You count, before {clinician} sits down.") & hashed
    assert not read_as("I count green geese until {clinician} stands up.") & hashed


def test_the_hashes_are_hashes_and_no_texts() -> None:
    assert len(published()) > 500
    assert all(re.fullmatch(r"[0-9a-f]{16}", row) for row in published())
