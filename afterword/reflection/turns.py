"""What one message of the patient does to a reflection: the decision, without doing it."""

from dataclasses import replace

from afterword.reflection.answers import Answer, Answers, AnswerState, Sharing
from afterword.reflection.asides import take_aside
from afterword.reflection.asking import CONFIRM_OTHER, DECLINE, KEEP_WORDS, SKIP, Asker
from afterword.reflection.beside import answer_and_correction, sharing_and_correction
from afterword.reflection.confirming import confirmed, decided, denied, open_options
from afterword.reflection.correcting import (
    Correction,
    changes,
    meant_value,
    read_correction,
    says_correction,
)
from afterword.reflection.degrees import is_scale
from afterword.reflection.exchange import (
    ASIDE_LINES,
    MENU,
    PENDING_AFTER,
    Heard,
    Line,
    Open,
    Outcome,
    Pending,
)
from afterword.reflection.instrument import Kind
from afterword.reflection.lexicon import Lexicon, normalise
from afterword.reflection.likely import with_likely
from afterword.reflection.nonsense import is_nonsense
from afterword.reflection.parts import after_degree, parts_of
from afterword.reflection.plan import REVIEW, Question
from afterword.reflection.reading import UNCLEAR, Reading, read_option
from afterword.reflection.sharing import decision

_SHARINGS = {"share": Sharing.ALL, "ratings": Sharing.RATINGS, "private": Sharing.PRIVATE}
_MOST_WORDS_OF_A_CORRECTION = 10
_GUESSED = {"share_all": "share", "share_ratings": "ratings", "keep_private": "private"}
"""What language understanding may make of words at the review."""
_AT_LEISURE = (None, Pending.KEEP, Pending.SHARE)
"""What may be pending while a message may say two things: no yes or no is waited for."""
_SERVED = {"ask_why", *ASIDE_LINES, *PENDING_AFTER}
"""What is served beside an answer, and so by itself as well."""


def take(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    """Decides over one message to an open reflection."""
    if (after := take_aside(heard, open_, asker.lexicon)) is not None:
        return after
    if heard.choice is not None and not heard.choice.startswith(MENU):
        return _take_choice(heard, heard.choice, open_, answers, asker)
    if (both := take_beside(heard, open_, answers, asker)) is not None:
        return both
    if open_.question == REVIEW:
        return _take_review(heard, open_, answers, asker)
    return _with_aside(heard, open_, answers, asker, _take_answer(heard, open_, answers, asker))


def take_beside(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome | None:
    """An answer, or what to share, with a correction beside it; None: it is not both.

    What is shared waits for a yes: the patient sees what was changed first.
    """
    if open_.pending not in _AT_LEISURE:
        return None
    if open_.question == REVIEW:
        shared = sharing_and_correction(heard.text, answers, asker)
        outcome = shared and _stored_correction(shared[1], answers, asker, open_)
        asked = Open(REVIEW, pending=Pending.SHARE, candidates=shared[:1] if shared else ())
        return replace(outcome, open=asked) if outcome else None
    question = asker.plan.question(open_.question, answers)
    both = question and answer_and_correction(heard.text, question, answers, asker)
    if not question or not both:
        return None
    reading, correction = both
    put_right = _stored_correction(correction, answers, asker, open_)
    if put_right is None:
        return None
    if reading.option is None:
        return replace(_ask_back(reading, open_), store=put_right.store, say=put_right.say)
    answer = Answer(question.id, AnswerState.ANSWERED, reading.option.id, reading.words)
    after = {answer.question: answer, **{one.question: one for one in put_right.store}}
    say = (*_stored(question, answer, asker), *put_right.say)
    return Outcome(_next(open_, after, answers, asker), store=(answer, *put_right.store), say=say)


def take_as_answer(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome | None:
    """What is taken for a correction though it puts no other answer right: an answer.

    "I meant mostly" while nothing is answered, and "wanted to press none but honestly some" ever.
    """
    question = asker.plan.question(open_.question, answers)
    if question is None or open_.pending not in _AT_LEISURE:
        return None
    if answers and (not is_scale(question) or changes(heard.text, asker.lexicon)):
        return None
    if answers and read_correction(heard.text, answers, asker) is not None:
        return None
    if (meant := meant_value(heard.text, question, asker.lexicon)) is not None:
        return _store(meant, open_, answers, asker, say=_stored(question, meant, asker))
    outcome = _take_answer(heard, open_, answers, asker)
    asked = outcome.open is not None and outcome.open.pending is Pending.CONFIRM
    return outcome if outcome.store or asked else None


def _take_answer(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    if heard.intent == "skip" or asker.lexicon.has("skip", heard.text):
        return _store(_plain(open_.question, AnswerState.SKIPPED), open_, answers, asker)
    if heard.intent == "rather_not_say" or asker.lexicon.has("decline", heard.text):
        return _store(_plain(open_.question, AnswerState.DECLINED), open_, answers, asker)
    return _take_words(heard, open_, answers, asker)


def _with_aside(
    heard: Heard, open_: Open, answers: Answers, asker: Asker, outcome: Outcome
) -> Outcome:
    """What else was asked in the same message is answered after the answer is kept."""
    if heard.also is None or outcome.open is None:
        return outcome
    if (pending := PENDING_AFTER.get(heard.also)) is not None and outcome.store:
        return replace(outcome, open=replace(outcome.open, pending=pending), short=True)
    if heard.also == "ask_why" and (question := asker.plan.question(open_.question, answers)):
        return replace(outcome, say=(*outcome.say, Line("as_is", {"text": asker.why(question)})))
    if heard.also == "back" and (before := asker.plan.before(open_.question, answers)):
        return replace(outcome, open=Open(before.id), short=True) if outcome.store else outcome
    if (key := ASIDE_LINES.get(heard.also)) is not None:
        # A question about health is not answered, but it is kept for the clinician: both are said.
        words = key == "medical" and any(answer.words for answer in outcome.store)
        kept = (Line("kept_words"),) if words and not outcome.say else ()
        return replace(outcome, say=(*outcome.say, *kept, Line(key)))
    return outcome


def _take_review(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    """At the review: a decision in so many words, a correction, or what is to be asked back."""
    if open_.pending is Pending.SHARE and asker.lexicon.has("affirm", heard.text):
        return _share(_SHARINGS[open_.candidates[0]])
    if (decided_on := decision(heard.text, asker.lexicon)) is not None:
        return _share(_SHARINGS[decided_on])
    correction = _correct(heard, answers, asker, open_)
    if correction is not None:
        return correction
    meant = _GUESSED.get(heard.guess or "")
    if meant is not None:
        # Words that only sound like a decision share nothing by themselves.
        asked = Open(REVIEW, pending=Pending.SHARE, candidates=(meant,))
        return Outcome(open=asked, short=True)
    return _unclear(heard, open_)


def _take_choice(heard: Heard, token: str, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    target, _, option = token.partition(".")
    if token == KEEP_WORDS and open_.draft and open_.question != REVIEW:
        answer = Answer(open_.question, AnswerState.ANSWERED, words=open_.draft)
        return _store(answer, open_, answers, asker, say=(Line("kept_words"),))
    if target == "change" and asker.plan.question(option, answers):
        return Outcome(open=Open(option))
    if target == "remove" and option in answers:
        gone = _plain(option, AnswerState.SKIPPED)
        stays = _stay(Open(open_.question), gone, answers, asker)
        return Outcome(open=stays, remove=option, short=True, say=(Line("removed"),))
    if target == REVIEW and open_.question == REVIEW and option in _SHARINGS:
        return _share(_SHARINGS[option])
    if token == CONFIRM_OTHER and open_.pending is Pending.CONFIRM:
        return Outcome(open=open_options(open_), short=True)
    question = asker.plan.question(target, answers)
    chosen = None if question is None else _chosen(question, option)
    if question is None or chosen is None:
        return Outcome(open=replace(open_, draft=None), short=True, say=(Line("old_choice"),))
    if target != open_.question:
        # A tap on a question that was left behind corrects it; the open question stays open.
        line = _changed(question, chosen, asker)
        stays = _stay(open_, chosen, answers, asker)
        return Outcome(open=stays, store=(chosen,), short=True, say=(line,))
    if open_.pending is Pending.CONFIRM and chosen.value is not None:
        # The words that led to the question were more than a rating: they are kept with it.
        chosen = replace(chosen, words=open_.draft)
    return _store(chosen, open_, answers, asker, say=_read_back(heard, question, chosen, asker))


def _read_back(heard: Heard, question: Question, answer: Answer, asker: Asker) -> tuple[Line, ...]:
    """Words that stand for an option are read back; a tap or the option's own name is not."""
    option = question.item.option(answer.value or "")
    label = "" if option is None else option.label[asker.language]
    if not label or normalise(heard.text) == normalise(label):
        return ()
    return (Line("understood", {"answer": label}),)


def _chosen(question: Question, option: str) -> Answer | None:
    if option == SKIP:
        return _plain(question.id, AnswerState.SKIPPED)
    if option == DECLINE:
        return _plain(question.id, AnswerState.DECLINED)
    if question.item.option(option) is None:
        return None
    return Answer(question.id, AnswerState.ANSWERED, value=option)


def _take_words(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    question = asker.plan.question(open_.question, answers)
    if question is None:
        return Outcome(open=_next(open_, {}, answers, asker), short=True)
    if question.item.kind is Kind.TEXT:
        if (corrected := _named_correction(heard, answers, asker, open_)) is not None:
            return corrected
        if changes(heard.text, asker.lexicon) and (
            corrected := _guessed_correction(heard, answers, asker, open_)
        ):
            return corrected
        if is_nonsense(heard.text) and open_.pending is not Pending.KEEP:
            return _unclear(heard, open_)
        answer = Answer(question.id, AnswerState.ANSWERED, words=heard.text)
        return _store(answer, open_, answers, asker)
    if (answered := confirmed(heard.text, question, open_, asker.lexicon)) is not None:
        return _store(answered, open_, answers, asker, say=_stored(question, answered, asker))
    if denied(heard.text, question, open_, asker.lexicon):
        return Outcome(open=open_options(open_), short=True, say=(Line("which_then"),))
    if (corrected := _guessed_correction(heard, answers, asker, open_)) is not None:
        return corrected
    ruled = decided(_read(question, heard, asker.lexicon), question, heard, open_)
    reading = with_likely(ruled, question, heard.text, asker.lexicon, heard.likely)
    if heard.also is not None and not ruled.sure:
        # It was learnt from answers: "do I have to answer all of it?" looks like one as well.
        reading = replace(reading, sure=False)
    if reading.option is not None:
        answer = Answer(question.id, AnswerState.ANSWERED, reading.option.id, reading.words)
        return _store(answer, open_, answers, asker, say=_stored(question, answer, asker))
    if says_correction(heard.text, asker.lexicon):
        # "I meant mostly" before "mostly": it is about the answer before.
        correction = _correct(heard, answers, asker, open_)
        if correction is not None:
            return correction
    if reading.options:
        return _ask_back(reading, open_)
    if question.item.kind is Kind.CHOICE and len(heard.text.split()) > 1:
        # A choice without order invites own words: a sentence is the answer.
        answer = Answer(question.id, AnswerState.ANSWERED, words=heard.text)
        return _store(answer, open_, answers, asker, say=(Line("kept_words"),))
    if heard.also is not None and heard.also == heard.guess and heard.also in _SERVED:
        # "Hang on, how long is this? Do I have to do it all?" asks, and nothing in it answers.
        return Outcome(open=replace(open_, pending=PENDING_AFTER.get(heard.also)), short=True)
    return _unclear(heard, open_)


def _read(question: Question, heard: Heard, lexicon: Lexicon) -> Reading:
    """What a text says of the options; of a text that also asks for something, its other parts."""
    whole = read_option(question, heard.text, lexicon)
    if heard.also is None or whole.sure or not is_scale(question):
        return whole
    parts = after_degree(heard.text, (lexicon,)) or parts_of(heard.text)
    # "Do I have to answer all of it?" is no answer, whatever it says of how much.
    told = [part for part in parts if not part.endswith("?")]
    said = [read for part in told if (read := read_option(question, part, lexicon)).options]
    if len(said) == 1:
        return replace(said[0], words=heard.text.strip())
    asks = len(told) < len(parts)
    return UNCLEAR if asks and not said else whole


def _ask_back(reading: Reading, open_: Open) -> Outcome:
    """A reading that is not certain is shown back; nothing is stored before the patient says so."""
    candidates = tuple(option.id for option in reading.options)
    asked = Open(
        open_.question,
        pending=Pending.CONFIRM,
        misses=open_.misses,
        draft=reading.words or open_.draft if open_.pending is Pending.CONFIRM else reading.words,
        candidates=candidates,
    )
    return Outcome(open=asked, short=True)


def _stored(question: Question, answer: Answer, asker: Asker) -> tuple[Line, ...]:
    return (Line("understood", {"answer": asker.option_text(question, answer)}),)


def _named_correction(heard: Heard, answers: Answers, asker: Asker, open_: Open) -> Outcome | None:
    """ "Set approach to 5" at an open question: it names the answer and says the value."""
    if len(heard.text.split()) > _MOST_WORDS_OF_A_CORRECTION:
        return None
    if not says_correction(heard.text, asker.lexicon):
        return None
    correction = read_correction(heard.text, answers, asker)
    if correction is None or correction.answer is None or not correction.named:
        return None
    return _correct(heard, answers, asker, open_)


def _guessed_correction(
    heard: Heard, answers: Answers, asker: Asker, open_: Open
) -> Outcome | None:
    """ "Approach was completely, I tapped wrong": taken for one, and it names another answer."""
    if heard.guess != "correct" or len(heard.text.split()) > _MOST_WORDS_OF_A_CORRECTION:
        return None
    correction = read_correction(heard.text, answers, asker)
    if correction is None or correction.answer is None or not correction.named:
        return None
    if correction.question.id == open_.question:
        return None
    here = asker.plan.question(open_.question, answers)
    if here is None or here.item.kind is Kind.TEXT:
        return _stored_correction(correction, answers, asker, open_)
    if read_option(here, heard.text, asker.lexicon, last=False).option:
        # "I'd give it the fourth, that says very much": it begins as an answer to what is asked.
        return None
    says = changes(heard.text, asker.lexicon)
    if not says and read_option(here, heard.text, asker.lexicon).option:
        # "Half of what mattered to me, so partly" names another question, and changes nothing.
        return None
    return _stored_correction(correction, answers, asker, open_)


def _correct(heard: Heard, answers: Answers, asker: Asker, open_: Open) -> Outcome | None:
    """A correction that language understanding took for an answer; only in so many words."""
    correction = read_correction(heard.text, answers, asker)
    if correction is None or correction.answer is None:
        return None
    if not correction.named and not says_correction(heard.text, asker.lexicon):
        return None
    return _stored_correction(correction, answers, asker, open_)


def _stored_correction(
    correction: Correction, answers: Answers, asker: Asker, open_: Open
) -> Outcome | None:
    if correction.answer is None:
        return None
    line = _changed(correction.question, correction.answer, asker)
    stays = _stay(Open(open_.question), correction.answer, answers, asker)
    return Outcome(open=stays, store=(correction.answer,), short=True, say=(line,))


def _unclear(heard: Heard, open_: Open) -> Outcome:
    """Never a third "I did not understand": choices first, then the offer to keep the words."""
    if open_.question == REVIEW:
        return Outcome(open=Open(REVIEW), short=True, say=(Line("unclear_review"),))
    key = "unclear" if open_.misses == 0 else "unclear_again"
    draft = heard.text.strip()
    if open_.pending is Pending.CONFIRM and open_.draft:
        # What came with the rating that was asked back is not lost for a word in between.
        draft = f"{open_.draft}\n{draft}"
    return Outcome(
        open=Open(open_.question, Pending.KEEP, open_.misses + 1, draft),
        short=True,
        say=(Line(key),),
    )


def _store(
    answer: Answer, open_: Open, answers: Answers, asker: Asker, say: tuple[Line, ...] = ()
) -> Outcome:
    return Outcome(
        open=_next(open_, {answer.question: answer}, answers, asker), store=(answer,), say=say
    )


def _stay(open_: Open, changed: Answer, answers: Answers, asker: Asker) -> Open:
    """The open question, unless the change takes it out: a follow-up goes with its reason."""
    after = {**answers, changed.question: changed}
    if open_.question == REVIEW or asker.plan.question(open_.question, after):
        return open_
    return _next(open_, {changed.question: changed}, answers, asker)


def _next(open_: Open, new: dict[str, Answer], answers: Answers, asker: Asker) -> Open:
    question = asker.plan.next({**answers, **new})
    return Open(REVIEW if question is None else question.id)


def _share(sharing: Sharing) -> Outcome:
    return Outcome(open=None, share=sharing)


def _changed(question: Question, answer: Answer, asker: Asker) -> Line:
    return Line(
        "changed",
        {"label": asker.label(question), "answer": asker.answer_text(question, answer)},
    )


def _plain(question: str, state: AnswerState) -> Answer:
    return Answer(question, state)
