"""What the assistant shows for an open question: its text, its choices, where one stands."""

from collections.abc import Callable
from dataclasses import dataclass

from afterword.reflection.answers import Answer, Answers, AnswerState, Visibility
from afterword.reflection.instrument import Kind
from afterword.reflection.lexicon import Lexicon
from afterword.reflection.plan import REVIEW, Plan, Question

Say = Callable[..., str]
"""A line of the catalogue by its key, with the values that stand in braces in it."""

SKIP, DECLINE = "skip", "decline"
KEEP_WORDS = "keep.words"
CONFIRM_OTHER = "confirm.other"
DECISIONS = ("share", "ratings", "private")
"""What may be done with a reflection at the review."""


@dataclass(frozen=True)
class Choice:
    """A button. `token` is what a tap sends; `words` are typed texts that mean the same."""

    token: str
    title: str
    style: str = "option"
    intent: str = "answer"
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of the review. `mark` says who will not see it, or not all of it."""

    question: str
    label: str
    answer: str
    words: str | None
    mark: str | None
    change: str
    remove: str | None


@dataclass(frozen=True)
class Prompt:
    """A question as it is shown. `input` is text where typing is the expected way to answer."""

    text: str
    choices: tuple[Choice, ...]
    kind: str = "question"
    input: str = "choice"
    question: str | None = None
    progress: tuple[int, int] | None = None
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Asker:
    """Makes prompts in one language for one clinician's patient."""

    plan: Plan
    language: str
    clinician: str
    say: Say
    lexicon: Lexicon

    def wording(self, question: Question, *, short: bool) -> str:
        """The question's text with names filled in."""
        wording = question.item.again if short else question.item.ask
        return self.fill(wording[self.language], question)

    def why(self, question: Question) -> str:
        """Why this is asked."""
        return self.fill(question.item.why[self.language], question)

    def means(self, question: Question) -> str:
        """The question in other words; empty where the instrument has none."""
        return self.fill(question.item.means.get(self.language, ""), question)

    def fill(self, text: str, question: Question) -> str:
        return text.format(clinician=self.clinician, goal=question.goal or "")

    def prompt(self, question: Question, answers: Answers, *, short: bool, keep: bool) -> Prompt:
        """The open question; `keep` adds the offer to keep typed words as they are."""
        text = self.wording(question, short=short)
        if before := answers.get(question.id):
            text = f"{text} {self.say('before', answer=self.answer_text(question, before))}"
        questions = self.plan.questions(answers)
        places = [one.id for one in questions]
        return Prompt(
            text=text,
            choices=self._choices(question, keep),
            input="text" if question.item.kind is Kind.TEXT else "choice",
            question=question.id,
            progress=(places.index(question.id) + 1, len(places)),
        )

    def confirm(self, question: Question, candidates: tuple[str, ...], *, keep: bool) -> Prompt:
        """Whether typed words meant one of these options; any other answer stays possible."""
        options = [option for option in question.item.options if option.id in candidates]
        labels = [option.label[self.language] for option in options]
        if len(labels) == 1:
            text = self.say("confirm_one", answer=labels[0])
        else:
            text = self.say("confirm_several", first=labels[0], last=labels[-1])
        choices = [choice for choice in self._options(question) if _target(choice) in candidates]
        other = Choice(CONFIRM_OTHER, self.say("choice_other"))
        return Prompt(
            text=f"{self.wording(question, short=True)} {text}",
            choices=(*choices, other, *self._ways_out(question, keep)),
            question=question.id,
        )

    def confirm_sharing(self, decision: str) -> Prompt:
        """Whether words at the review meant this decision; nothing is shared before a yes."""
        choices = (
            self._decision(decision, "primary"),
            *(self._decision(name, "option") for name in DECISIONS if name != decision),
        )
        text = self.say(f"confirm_{decision}", clinician=self.clinician)
        return Prompt(text=text, choices=choices, kind="say", question=REVIEW)

    def option_text(self, question: Question, answer: Answer) -> str:
        """The label of the chosen option; empty without one."""
        option = question.item.option(answer.value or "")
        return "" if option is None else option.label[self.language]

    def review(self, answers: Answers, *, short: bool) -> Prompt:
        """All answers with *change* and *remove*, and the decision what to share."""
        rows = tuple(
            self._row(question, answers[question.id])
            for question in self.plan.questions(answers)
            if question.id in answers
        )
        key = "review_again" if short else "review"
        return Prompt(
            text=self.say(key, clinician=self.clinician),
            choices=(
                *(
                    self._decision(name, "primary" if name == "share" else "option")
                    for name in DECISIONS
                ),
                *self._row_choices(rows),
            ),
            kind="review",
            question=REVIEW,
            rows=rows,
        )

    def answer_text(self, question: Question, answer: Answer) -> str:
        """An answer in words: the option's label, the patient's words, or that it was skipped."""
        if answer.state is AnswerState.DECLINED:
            return self.say("declined")
        if answer.state is not AnswerState.ANSWERED:
            return self.say("skipped")
        option = question.item.option(answer.value or "")
        if option is not None:
            return option.label[self.language]
        return answer.words or ""

    def label(self, question: Question) -> str:
        """The short name of a question; for a goal, the goal."""
        label = question.item.label[self.language]
        return f"{label}: {question.goal}" if question.goal else label

    def _row(self, question: Question, answer: Answer) -> Row:
        shown = self.answer_text(question, answer)
        words = answer.words if answer.words != shown else None
        removable = answer.state is AnswerState.ANSWERED
        return Row(
            question=question.id,
            label=self.label(question),
            answer=shown,
            words=words,
            mark=self._mark(question, answer),
            change=f"change.{question.id}",
            remove=f"remove.{question.id}" if removable else None,
        )

    def _mark(self, question: Question, answer: Answer) -> str | None:
        """What is kept from the clinician whatever is decided over the others."""
        if answer.state is not AnswerState.ANSWERED:
            return None
        if question.item.private or answer.visibility is Visibility.PRIVATE:
            return self.say("mark_private")
        return self.say("mark_rating") if answer.visibility is Visibility.RATING else None

    def _row_choices(self, rows: tuple[Row, ...]) -> list[Choice]:
        """What the rows offer; they are shown in the rows, not below them."""
        choices = []
        for row in rows:
            choices.append(Choice(row.change, self.say("choice_change", label=row.label), "row"))
            if row.remove:
                title = self.say("choice_remove", label=row.label)
                choices.append(Choice(row.remove, title, "row"))
        return choices

    def _choices(self, question: Question, keep: bool) -> tuple[Choice, ...]:
        return (*self._options(question), *self._ways_out(question, keep))

    def _options(self, question: Question) -> list[Choice]:
        ordered = question.item.kind is Kind.SCALE
        return [
            Choice(
                token=f"{question.id}.{option.id}",
                title=option.label[self.language],
                words=(*option.words.get(self.language, ()), *((str(at),) if ordered else ())),
            )
            for at, option in enumerate(question.item.options, start=1)
        ]

    def _ways_out(self, question: Question, keep: bool) -> list[Choice]:
        skip = Choice(f"{question.id}.{SKIP}", self.say("choice_skip"), "quiet", "skip")
        decline = Choice(
            f"{question.id}.{DECLINE}", self.say("choice_decline"), "quiet", "rather_not_say"
        )
        kept = [Choice(KEEP_WORDS, self.say("choice_keep_words"))] if keep else []
        return [*kept, skip, decline]

    def _decision(self, name: str, style: str) -> Choice:
        words = tuple(self.say(f"words_{name}").split("|"))
        return Choice(f"{REVIEW}.{name}", self.say(f"choice_{name}"), style, words=words)


def _target(choice: Choice) -> str:
    return choice.token.partition(".")[2]
