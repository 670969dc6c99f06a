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
    Unclear(FINN, 0, "heard", "take me to the one before", _NO_IDEA, "unclear",
            (("back", 0.31), ("correct", 0.18), ("skip", 0.12))),
    Unclear(EVA, 0, "heard", "take me one back pls", _TORN, "unclear",
            (("back", 0.34), ("skip", 0.27), ("repeat", 0.11))),
    Unclear(CLEO, 0, "approach", "hmm the other bit again", _NO_IDEA, "unclear",
            (("repeat", 0.59), ("back", 0.21), ("answer", 0.08))),
    Unclear(DAN, 1, "safe", "oh wait the top one", _NO_IDEA, "unclear",
            (("rated_all", 0.5), ("back", 0.2), ("pause", 0.1))),
    Unclear(ADA, 1, "snag", "the one above", _OTHER, "acted.skip",
            (("skip", 0.93), ("back", 0.04), ("repeat", 0.01))),
    Unclear(FINN, 1, "goals", "can Dr Rowan peek at this", _NO_IDEA, "unclear",
            (("ask_who_sees", 0.36), ("ask_why", 0.14), ("off_topic", 0.11))),
    Unclear(EVA, 1, "safe", "does kit makebeleive get my replies", _TORN, "unclear",
            (("ask_who_sees", 0.38), ("ask_human", 0.24), ("off_topic", 0.1))),
    Unclear(CLEO, 1, "heard", "who peeks at my replies", _NO_IDEA, "unclear",
            (("ask_who_sees", 0.33), ("ask_if_human", 0.15), ("help", 0.1))),
    Unclear(DAN, 2, "heard", "get me somebody real, 07700 900123", _NO_IDEA, "unclear",
            (("ask_human", 0.35), ("ask_if_human", 0.25), ("help", 0.12))),
    Unclear(FINN, 2, "approach", "put me through to the desk", _NO_IDEA, "unclear",
            (("ask_human", 0.29), ("pause", 0.14), ("help", 0.13))),
    Unclear(CLEO, 2, "snag", "im out", _TORN, "acted.pause",
            (("pause", 0.36), ("stop", 0.31), ("skip", 0.1))),
    Unclear(ADA, 2, "goals", "knock it on the head now", _NO_IDEA, "unclear",
            (("stop", 0.26), ("pause", 0.19), ("answer", 0.16))),
    Unclear(EVA, 2, "approach", "later gator", _NO_IDEA, "unclear",
            (("pause", 0.3), ("thanks", 0.2), ("skip", 0.1))),
    Unclear(FINN, 2, "heard", "meh ish", _OTHER, "asked_back",
            (("rated_some", 0.42), ("rated_hardly", 0.3), ("answer", 0.1))),
    Unclear(DAN, 3, "approach", "bang on the money", _NO_IDEA, "unclear",
            (("rated_all", 0.3), ("off_topic", 0.2), ("answer", 0.2))),
    Unclear(EVA, 3, "snag", "no biggie", _CORRECTED, "stored",
            (("rated_none", 0.37), ("rated_little", 0.33), ("answer", 0.1))),
    Unclear(ADA, 3, "heard", "chuffed to bits with it", _NO_IDEA, "unclear",
            (("rated_all", 0.27), ("thanks", 0.25), ("answer", 0.2))),
    Unclear(CLEO, 3, "review", "keep it between us two", _TORN, "unclear_review",
            (("keep_private", 0.35), ("share_ratings", 0.29), ("ask_who_sees", 0.1))),
    Unclear(DAN, 3, "review", "she can have the dots but not my words", _NO_IDEA, "unclear_review",
            (("share_ratings", 0.34), ("keep_private", 0.28), ("share_all", 0.15))),
    Unclear(FINN, 3, "safe", "wasnt me on tuesday 3 March at 10:30", _NO_IDEA, "unclear",
            (("wrong_session", 0.33), ("not_me", 0.3), ("correct", 0.1))),
    Unclear(LUCIA, 0, "heard", "llévame a la de antes", _NO_IDEA, "unclear",
            (("back", 0.3), ("repeat", 0.2), ("skip", 0.1))),
    Unclear(LUCIA, 1, "safe", "esto le llega a Kit?", _NO_IDEA, "unclear",
            (("ask_who_sees", 0.34), ("ask_human", 0.2), ("off_topic", 0.1))),
    Unclear(LUCIA, 1, "goals", "ni fu ni fa", _OTHER, "asked_back",
            (("rated_some", 0.4), ("rated_none", 0.3), ("answer", 0.1))),
    Unclear(LUCIA, 2, "approach", "lo dejo aparcado", _TORN, "unclear",
            (("pause", 0.33), ("stop", 0.3), ("skip", 0.2))),
    Unclear(LUCIA, 3, "snag", "pásame con alguien de Elm Street", _NO_IDEA, "unclear",
            (("ask_human", 0.37), ("ask_if_human", 0.2), ("help", 0.1))),
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
