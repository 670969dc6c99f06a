"""What a message may have meant: the model's own guesses and the lines that are like it."""

import pytest

from afterword.settings import PROJECT
from afterword.training.corpus import Line
from afterword.training.labels import SECOND_PERSON, known
from afterword.training.suggesting import ANSWER, Suggester, suggester

TAUGHT = Suggester(
    [
        Line("en", label, text, f"data/nlu/en/a.yml:{number}")
        for number, (label, text) in enumerate(
            (
                *((("back"), text) for text in ("go back", "take me back", "one back", "previous")),
                *((("skip"), text) for text in ("skip it", "next one please", "pass")),
                *((("stop"), text) for text in ("stop", "enough", "no more")),
                *((("pause"), text) for text in ("later", "not now", "pause")),
                (ANSWER, "she took me back to it"),
            )
        )
    ]
)


def labels(text: str, *guesses: tuple[str, float], chosen: str = "") -> list[str]:
    return [one.label for one in TAUGHT.suggest(text, "en", guesses, chosen)]


def test_likely_guesses_come_first_and_then_what_is_alike() -> None:
    assert labels("take me one back", ("stop", 0.4), ("pause", 0.1)) == ["stop", "back", "skip"]
    assert labels("take me one back", ("pause", 0.1))[0] == "back"


def test_an_answer_has_a_button_of_its_own() -> None:
    assert ANSWER not in labels("she took me back to it", (ANSWER, 0.9))


def test_what_somebody_chose_stands_first() -> None:
    assert labels("take me back", ("skip", 0.9), chosen="stop")[:2] == ["stop", "skip"]


def test_the_lines_most_like_it_are_the_examples() -> None:
    (first, *_) = TAUGHT.suggest("take me one bcak", "en", [])
    assert first.label == "back"
    assert set(first.examples[:2]) == {"take me back", "one back"}
    assert len(first.examples) == 3


@pytest.mark.parametrize(("language", "text"), [("en", "zzz"), ("es", "qwx"), ("en", "<name>")])
def test_there_are_three_with_three_lines_each_whatever_was_typed(language: str, text: str) -> None:
    found = suggester(PROJECT).suggest(text, language, [])
    assert [len(one.examples) for one in found] == [3, 3, 3]


def test_labels_that_touch_safety_are_labels_of_the_domain() -> None:
    assert known(PROJECT) >= SECOND_PERSON
    assert ANSWER in known(PROJECT)
