"""What a patient is told of their answers, in another language than they were asked in."""

from datetime import UTC, datetime

import pytest
from factory import adaptive

from afterword import locales
from afterword.gateway.takeout import Teller
from afterword.reflection.editions import edition
from afterword.wording.changes import Change
from afterword.wording.overlay import Editions

CHANGED = datetime(2026, 11, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize(("asked_in", "noted"), [("en", CHANGED), ("es", None)])
@pytest.mark.parametrize("page", ["en", "es"])
def test_that_a_question_was_reworded_goes_by_the_language_it_was_asked_in(
    page: str, asked_in: str, noted: datetime | None
) -> None:
    english = Change("en", "core/heard/ask", 1, "Did {clinician} get it?", CHANGED)
    shipped = adaptive()
    teller = Teller(
        locales.load(page),
        Editions({(shipped.id, shipped.version): shipped}, [english]),
        "Europe/London",
    )
    answer = {"question": "heard", "state": "answered", "value": "3", "before": []}
    version = edition(shipped.version, 1)
    reflection = {"instrument": ["core", version], "language": asked_in, "answers": [answer]}
    (told,) = teller.explained({"goals": [], "reflections": [reflection]})["reflections"]
    assert told["answers"][0]["reworded"] == noted
    assert told["answers"][0]["asked"] == shipped.items["heard"].label[page]
