"""Other questions need no code and no training: the model that is there asks them."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import CORE, Stack

from afterword.settings import PROJECT
from afterword.training import model as training

SHORT = Path(__file__).parent / "short.yml"


@pytest.fixture(scope="module")
def other(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    before = training.fingerprint(PROJECT)
    with Stack(tmp_path_factory.mktemp("other"), instrument=SHORT) as running:
        assert training.fingerprint(PROJECT) == before, "nothing was trained"
        yield running


def test_a_clinic_asks_its_own_questions(other: Stack) -> None:
    case = other.case(goals=())
    patient = case.patient()
    opening = patient.start()
    assert opening[-1]["text"] == "How was the pace with Dr Test?"
    patient.type("who can see this?")
    assert patient.open["text"] == "How was the pace?"
    patient.type("rushed")
    patient.type("When we went through the list.")
    patient.type("Start with the list.")
    patient.type("make the pace just right")
    patient.tap("review.share")
    answers = case.answers()
    assert (answers["pace"].value, answers["moment"].words) == (
        "c",
        "When we went through the list.",
    )
    page = html.unescape(case.digest())
    assert "Just right" in page
    assert "Start with the list." in page


def test_a_reworded_item_is_asked_as_reworded(
    stack: Stack, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reworded = tmp_path / "core.yml"
    text = CORE.read_text().replace(
        "Think back to your session. Did {clinician} take in what mattered to you?",
        "Did {clinician} get what was most important?",
    )
    reworded.write_text(text.replace("version: 1", "version: 2", 1))
    with Stack(tmp_path_factory.mktemp("reworded"), instrument=reworded) as running:
        opening = running.case().patient().start()
    assert opening[-1]["text"] == "Did Dr Test get what was most important?"
