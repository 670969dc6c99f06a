"""What leads to somebody is taken out of a message, and what people rate and ask for stays.

`data/first.jsonl` was used while the patterns were written, `data/second.jsonl` was not looked at.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.deid.known import Known
from afterword.deid.masking import mask, telling
from afterword.deid.measuring import Score, measure
from afterword.deid.vocabulary import fixed
from afterword.demo_seed import ADMIN, CLINICIANS, CONTACTS, STORIES
from afterword.settings import PROJECT

DATA = Path(__file__).with_name("data")
PEOPLE = (
    *("Dr Rowan Fictional", "Kit Makebelieve", "Ngozi Okonkwo", "María José Quintanilla"),
    *("Ben Madeup", "Siobhán Ó Briain", "Lucía Inventada"),
)
CLINIC = Known.of(PEOPLE, ["Elm Street Practice (demo)"])
DEMO = (
    *(story.name for story in STORIES),
    *(name for name, _ in (*CLINICIANS, *CONTACTS.values(), ADMIN)),
)


def score(file: str) -> Score:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    return measure(map(json.loads, lines), lambda text, language: mask(text, language, CLINIC))


@pytest.mark.parametrize(
    ("file", "recall", "over"), [("first.jsonl", 0.97, 0.01), ("second.jsonl", 0.93, 0.01)]
)
def test_recall_and_over_masking_on_marked_lines(
    file: str, recall: float, over: float, capsys: pytest.CaptureFixture[str]
) -> None:
    got = score(file)
    with capsys.disabled():
        print(f"\n{file}: recall {got.recall:.3f}, over-masking {got.over_masking:.4f}")
    assert got.recall >= recall, "\n".join(got.missed)
    assert got.over_masking <= over, "\n".join(got.lost)
    for tag in ("phone", "mail", "link", "id"):
        assert got.recall_of(tag) == 1, "\n".join(got.missed)


def test_there_are_enough_lines_in_both_languages() -> None:
    lines = [
        json.loads(line)
        for file in ("first.jsonl", "second.jsonl")
        for line in (DATA / file).read_text(encoding="utf-8").splitlines()
    ]
    by_language = {one: sum(line["language"] == one for line in lines) for one in ("en", "es")}
    assert len(lines) > 600
    assert min(by_language.values()) > 250
    assert len({(line["language"], line["text"]) for line in lines}) > 650


@pytest.mark.parametrize("language", ["en", "es"])
def test_messages_that_name_nobody_mostly_stay_as_they_are(language: str) -> None:
    """The lines that understanding is measured with; a few of them do hold a name or a time."""
    file = PROJECT / "tests" / "data" / f"understanding_{language}.jsonl"
    texts = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    changed = [text for text in texts if "<" in mask(text, language)]
    assert len(texts) > 300
    assert len(changed) < 0.04 * len(texts), "\n".join(changed)


@pytest.mark.parametrize("name", sorted({part for name in DEMO for part in name.split()}))
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_name_of_the_clinic_goes(name: str, language: str) -> None:
    if name == "Dr":
        return
    known = Known.of(DEMO, [])
    for written in (name, name.lower(), name.upper(), f"{name}'s"):
        for text in (f"can {written} see this", written, f"lo ve {written}?", f"{written}, no"):
            assert "<name>" in mask(text, language, known), text


@pytest.mark.parametrize("typed", ["rowen", "rowwan", "rowna", "Fictonal", "makebeleive", "ngozzi"])
def test_names_of_the_clinic_go_with_a_slip_of_the_finger(typed: str) -> None:
    assert mask(f"will {typed} read it", "en", CLINIC) == "will <name> read it"


def test_what_is_hidden_in_a_spelling_is_found() -> None:
    assert mask("ask An\u200bna please", "en") == "ask <name> please"
    assert mask("call \uff10\uff17\uff17\uff10\uff10 900123", "en") == "call <phone>"


@pytest.mark.parametrize("language", ["en", "es"])
@given(of=st.sampled_from([4, 5, 7, 10]), data=st.data())
def test_ratings_survive(language: str, of: int, data: st.DataObject) -> None:
    rating = data.draw(st.integers(0, of))
    for text in (f"{rating}/{of}", f"{rating} out of {of}", f"un {rating} de {of}", f"{rating}"):
        assert mask(text, language, CLINIC) == text


@pytest.mark.parametrize("language", ["en", "es"])
def test_words_of_degree_are_nobody_even_where_a_patient_is_called_so(language: str) -> None:
    called = Known.of(["Anna Little", "Will Much", "Rosa Poco", "Luis Todo"], [])
    for word in sorted(fixed(language) & {"little", "much", "will", "poco", "todo"}):
        assert mask(f"{word} I think", language, called) == f"{word} I think"
    assert mask("dr little sees it", "en", called) == "dr <name> sees it"
    assert mask("can Little see it", "en", called) == "can <name> see it"


def test_masking_again_changes_nothing() -> None:
    for file in ("first.jsonl", "second.jsonl"):
        for line in (DATA / file).read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            once = mask(one["text"], one["language"], CLINIC)
            assert mask(once, one["language"], CLINIC) == once


def test_words_that_we_ship_tell_nothing() -> None:
    assert telling("can you stop and go back <name>", "en") == frozenset()
    assert telling("my xylophone is sad", "en") == {"xylophone"}
