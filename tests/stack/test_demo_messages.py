"""What the demo says that the assistant did not understand, it does not understand."""

import json
from pathlib import Path

from afterword.demo_misheard import CONSENTING, MESSAGES, Unclear
from afterword.evaluation.lines import read_lines
from afterword.evaluation.outcomes import Done
from afterword.evaluation.running import evaluate

FEWEST = 22
"""Of the 25: a model that was trained anew may read one or the other by itself."""


def as_told(message: Unclear, done: Done) -> bool:
    """Whether the assistant does today what the demo's inbox says that it did."""
    match message.did:
        case "stored":
            return done.kind.startswith("rating")
        case "asked_back":
            return done.kind == "asked" and bool(done.asked)
        case _:
            return done.kind == "asked" and not done.asked


def test_the_messages_of_the_demo_are_misread_as_it_says(trained_model: Path) -> None:
    rows = [
        {
            "context": one.question,
            "text": one.text,
            "lang": CONSENTING[one.name],
            # What they mean is not asked here.
            "expected": "nonsense",
        }
        for one in MESSAGES
    ]
    lines = read_lines([("demo", "\n".join(map(json.dumps, rows)))])
    judged = evaluate(lines, trained_model).judged
    right = [
        message.text
        for message, found in zip(MESSAGES, judged, strict=True)
        if not as_told(message, found.done)
    ]
    assert len(MESSAGES) - len(right) >= FEWEST, f"understood today: {right}"
