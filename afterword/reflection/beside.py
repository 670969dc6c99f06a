"""An answer, and beside it what puts another right: "4. Oh, and for heard I meant mostly". Pure."""

from afterword.reflection.answers import Answers
from afterword.reflection.asking import Asker
from afterword.reflection.correcting import Correction, changes, read_correction
from afterword.reflection.degrees import is_scale
from afterword.reflection.parts import cuts
from afterword.reflection.plan import Question
from afterword.reflection.reading import Reading, read_option
from afterword.reflection.sharing import decision


def answer_and_correction(
    text: str, question: Question, answers: Answers, asker: Asker
) -> tuple[Reading, Correction] | None:
    """What a text says first of the open question, and then of one that was answered before.

    The second must say which one and to what: "4, I mean 3" is about one answer.
    """
    if not is_scale(question):
        return None
    for first, rest in cuts(text):
        reading = read_option(question, first, asker.lexicon)
        if not reading.options or changes(first, asker.lexicon):
            continue
        if (correction := _corrects(rest, answers, asker)) is not None:
            return (reading, correction) if correction.question.id != question.id else None
    return None


def sharing_and_correction(
    text: str, answers: Answers, asker: Asker
) -> tuple[str, Correction] | None:
    """A decision of what to share, and before or after it an answer that is put right first."""
    for first, rest in cuts(text):
        for shared, corrected in ((first, rest), (rest, first)):
            meant = decision(shared, asker.lexicon)
            if meant and (correction := _corrects(corrected, answers, asker)):
                return meant, correction
    return None


def _corrects(text: str, answers: Answers, asker: Asker) -> Correction | None:
    if not changes(text, asker.lexicon):
        return None
    correction = read_correction(text, answers, asker)
    whole = correction is not None and correction.answer is not None and correction.named
    return correction if whole else None
