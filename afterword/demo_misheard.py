"""What the assistant of the fictional clinic did not understand in the last weeks.

Each goes through the same door as a patient's message: with consent, and without names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from afterword import locales
from afterword.records import consents, misheard
from afterword.records.consents import Subject, Wording
from afterword.records.misheard import Reason
from afterword.records.store import Records

_WEEK = timedelta(weeks=1)
FINN, EVA, CLEO = "Finn Imaginary", "Eva Storybook", "Cleo Pretend"
DAN, ADA, LUCIA = "Dan Fable", "Ada Invented", "Lucía Inventada"
CONSENTING = {FINN: "en", EVA: "en", CLEO: "en", DAN: "en", ADA: "en", LUCIA: "es"}
"""Ben Madeup has not agreed: none of his messages is here."""


@dataclass(frozen=True)
class Unclear:
    """A message, what was open, what came of it, and what the model thought."""

    name: str
    weeks_ago: int
    question: str
    text: str
    reason: Reason
    did: str
    guesses: tuple[tuple[str, float], ...]


_NO_IDEA, _TORN = Reason.FALLBACK, Reason.MARGIN
_CORRECTED, _OTHER = Reason.CORRECTED, Reason.NOT_MEANT
# fmt: off
MESSAGES = (
    Unclear(FINN, 0, "heard", "wait i wasnt finished there", _NO_IDEA, "unclear",
            (("answer", 0.46), ("stop", 0.23), ("rather_not_say", 0.12))),
    Unclear(EVA, 0, "heard", "oops too fast", _NO_IDEA, "unclear",
            (("answer", 0.78), ("repeat", 0.11), ("technical_problem", 0.06))),
    Unclear(CLEO, 0, "approach", "the little thing on the left again", _TORN, "unclear",
            (("repeat", 0.59), ("rated_little", 0.4), ("rated_some", 0.0))),
    Unclear(DAN, 1, "safe", "top of the list for that", _NO_IDEA, "unclear",
            (("answer", 0.71), ("back", 0.2), ("thanks", 0.02))),
    Unclear(ADA, 1, "snag", "you moved on too fast", _NO_IDEA, "unclear",
            (("answer", 0.78), ("repeat", 0.05), ("skip", 0.04))),
    Unclear(FINN, 1, "goals", "my thumb was quicker than me", _TORN, "unclear",
            (("answer", 0.51), ("back", 0.36), ("correct", 0.04))),
    Unclear(EVA, 1, "safe", "in te reo that would be easier for me", _TORN, "unclear",
            (("help", 0.42), ("ask_language", 0.33), ("thanks", 0.03))),
    Unclear(DAN, 1, "safe", "so the blue folder gets it", _NO_IDEA, "unclear",
            (("answer", 0.51), ("off_topic", 0.21), ("rated_mostly", 0.15))),
    Unclear(DAN, 2, "heard", "my new one is 07700 900123", _NO_IDEA, "unclear",
            (("off_topic", 0.52), ("answer", 0.41), ("ask_human", 0.06))),
    Unclear(EVA, 2, "goals", "Kit next time please", _TORN, "unclear",
            (("help", 0.28), ("correct", 0.26), ("ask_human", 0.13))),
    Unclear(CLEO, 3, "safe", "use the school address instead", _TORN, "unclear",
            (("ask_human", 0.35), ("answer", 0.31), ("off_topic", 0.25))),
    Unclear(ADA, 2, "heard", "she no do bad at all", _CORRECTED, "stored",
            (("rated_none", 0.9), ("answer", 0.06), ("share_all", 0.0))),
    Unclear(CLEO, 2, "goals", "call it a day", _NO_IDEA, "unclear",
            (("answer", 0.63), ("stop", 0.33), ("ask_human", 0.02))),
    Unclear(EVA, 2, "snag", "who wants to hear about rows", _TORN, "unclear",
            (("repeat", 0.36), ("ask_why", 0.3), ("off_topic", 0.08))),
    Unclear(FINN, 2, "safe", "like in Leeds on 3 March", _NO_IDEA, "unclear",
            (("wrong_session", 0.86), ("answer", 0.13), ("off_topic", 0.01))),
    Unclear(ADA, 2, "goals", "in normal words", _TORN, "unclear",
            (("correct", 0.43), ("repeat", 0.35), ("answer", 0.1))),
    Unclear(DAN, 3, "heard", "swings and roundabouts", _OTHER, "asked_back",
            (("rated_some", 0.99), ("rated_mostly", 0.0), ("off_topic", 0.0))),
    Unclear(FINN, 3, "approach", "got it in one", _CORRECTED, "stored",
            (("answer", 0.57), ("rated_none", 0.3), ("rated_some", 0.09))),
    Unclear(ADA, 3, "snag", "between the wall and me", _NO_IDEA, "unclear",
            (("answer", 0.86), ("rather_not_say", 0.1), ("off_topic", 0.02))),
    Unclear(CLEO, 3, "review", "what happens if i go private", _TORN, "unclear_review",
            (("ask_who_sees", 0.44), ("help", 0.31), ("keep_private", 0.08))),
    Unclear(LUCIA, 0, "heard", "uy la otra ventanita", _NO_IDEA, "unclear",
            (("answer", 0.47), ("correct", 0.19), ("wrong_session", 0.15))),
    Unclear(LUCIA, 1, "safe", "lo de Kit ya tal", _TORN, "unclear",
            (("stop", 0.52), ("rated_much", 0.16), ("answer", 0.13))),
    Unclear(LUCIA, 1, "approach", "aparcamos esto", _TORN, "unclear",
            (("pause", 0.52), ("answer", 0.38), ("wrong_session", 0.07))),
    Unclear(LUCIA, 2, "snag", "una voz de Elm Street, no una pantalla", _TORN, "unclear",
            (("answer", 0.5), ("technical_problem", 0.48), ("rated_hardly", 0.01))),
    Unclear(LUCIA, 3, "goals", "que se me quema la comida", _NO_IDEA, "unclear",
            (("answer", 0.77), ("off_topic", 0.21), ("pause", 0.02))),
)
# fmt: on


def seed_misheard(records: Records, reflections: Mapping[str, str]) -> None:
    """`reflections` has one of each patient, by their name."""
    now = records.clock()
    for name, language in CONSENTING.items():
        say = locales.load(language).section("page")
        wording = Wording.of(Subject.TRAINING, language, say)
        with records.begin(at=now - 10 * _WEEK) as tx:
            consents.give(tx, reflections[name], wording, "page")
    for one in MESSAGES:
        with records.begin(at=now - one.weeks_ago * _WEEK) as tx:
            misheard.note(
                tx,
                reflections[one.name],
                question=one.question,
                language=CONSENTING[one.name],
                text=one.text,
                reason=one.reason,
                did=one.did,
                guesses=one.guesses,
                model="",
            )
