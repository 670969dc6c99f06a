"""How a text would look to a patient, and how long and how hard it is."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from afterword.records.views import Clinic
from afterword.reflection.instrument import Instrument
from afterword.rewording import Said
from afterword.wording import lengths
from afterword.wording.places import Shape
from afterword.wording.reading import is_long_enough, school_grade

_NAME = re.compile(r"\{(\w+)\}")
# What stands in braces is somebody's: here it is nobody's.
_SAMPLES = {
    "clinician": "Kim Lee",
    "goal": "sleep better",
    "label": "Heard",
    "time": "Monday 7 June, 10:00",
    "session": "Monday 7 June, 10:00",
    "number": "112",
}
_ELSE = "…"


@dataclass(frozen=True)
class Phone:
    """What stands on the screen: a line before it, if any, the text itself, and buttons.

    `shown` is the text with its names filled in; `at` says which of the buttons it is.
    """

    shape: Shape
    before: str
    shown: str
    buttons: tuple[str, ...]
    at: int | None = None


def phone_of(asked: Instrument, said: Said, new: str, clinic: Clinic) -> Phone:
    """The text as it would stand, with a question's own buttons below it."""
    text, language = said.text, said.language
    samples = _SAMPLES | {
        "clinic": clinic.name,
        "phone": clinic.phone,
        "urgent_phone": clinic.urgent_phone,
    }
    shown = _NAME.sub(lambda found: samples.get(found[1]) or _ELSE, new)
    item = asked.items.get(text.item) or next(
        (one for one in asked.items.values() if text.scale and one.scale == text.scale), None
    )
    if item is None:
        return Phone(text.shape, "", shown, ())
    labels = [option.label[language] for option in item.options]
    if text.shape is Shape.OPTION:
        at = next(at for at, one in enumerate(item.options) if one.id == text.option)
        labels[at] = shown
        before = _NAME.sub(lambda found: samples.get(found[1]) or _ELSE, item.ask[language])
        return Phone(text.shape, before, shown, tuple(labels), at)
    return Phone(text.shape, "", shown, tuple(labels) if text.part in ("ask", "again") else ())


def measures(say: Callable[..., str], said: Said, new: str) -> Iterator[tuple[str, str]]:
    """What can be counted about a text, each with its name; how long only where it is a phone's."""
    grade = max(1.0, school_grade(new, said.language))
    known = is_long_enough(new)
    yield (
        say("wording_measure_grade"),
        say("wording_grade", grade=f"{grade:.1f}") if known else say("wording_grade_none"),
    )
    if not said.text.for_patients:
        return
    is_line = said.text.shape is Shape.LINE
    width = lengths.PHONE_LINE if is_line else lengths.PHONE_BUTTON
    lines = lengths.phone_lines(new, width)
    yield (
        say("wording_measure_phone"),
        say("wording_lines_one") if lines == 1 else say("wording_lines", count=lines),
    )
    if is_line:
        messages, count = lengths.sms(new)
        name = "wording_messages_one" if messages == 1 else "wording_messages"
        yield say("wording_measure_sms"), say(name, count=messages, characters=count)
    else:
        yield (
            say("wording_measure_button"),
            say("wording_characters", count=len(new), bytes=len(new.encode())),
        )
