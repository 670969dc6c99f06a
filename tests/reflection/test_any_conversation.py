"""Whatever a patient taps or types, in whatever order: what always holds."""

from dataclasses import replace

from factory import asker, by_question, core, lexicon, skipped
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from afterword.reflection.answers import Answer
from afterword.reflection.asides import hold
from afterword.reflection.asking import Prompt
from afterword.reflection.beside import answer_and_correction, sharing_and_correction
from afterword.reflection.choosing import phrases
from afterword.reflection.correcting import read_correction, says_correction
from afterword.reflection.exchange import Heard, Open, Outcome, Pending
from afterword.reflection.plan import REVIEW
from afterword.reflection.sharing import decision
from afterword.reflection.turns import take

GOALS = {"a": "Sleep", "b": "Walk"}
FOLLOW_UPS = {item.follow_up for item in core().items.values() if item.follow_up}
OPTIONS = [option for item in core().items.values() for option in item.options]
LABELS = sorted({phrase for option in OPTIONS for phrase in phrases(option, "en")})
NAMES = ["heard", "safe", "goals", "approach", "strain", "goal", "wish", "it"]
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(LABELS),
    st.sampled_from([*"0123456", "7/10", "3 or 4", "hm", "yes", "no", "delete it", "share"]),
    st.builds("make {} {}".format, st.sampled_from(NAMES), st.sampled_from(LABELS)),
    st.builds("{}, but it was late".format, st.sampled_from(LABELS)),
)
INTENTS = st.sampled_from(["answer", "answer", "answer", "skip", "rather_not_say"])
STRAY = ["delete.yes", "delete.no", "keep.words", "menu.skip", "menu.rather_not_say", "", "."]
STRAY += ["safety.go_on", "safety.stop", "safety.support", "safety."]


class Conversation(RuleBasedStateMachine):
    """The decisions of `take`, carried out on a dictionary as the records do it."""

    def __init__(self) -> None:
        super().__init__()
        self.asker = asker(GOALS)
        self.answers: dict[str, Answer] = {}
        self.open: Open | None = Open("heard")
        self.offered: list[str] = []
        self.show()

    def show(self) -> None:
        """Asks the open question, as the assistant does, and notes what is offered."""
        asides = (Pending.DELETE, Pending.PAUSE, Pending.SAFETY)
        if self.open is None or self.open.pending in asides:
            return
        self.offered += [choice.token for choice in self.prompt(self.open).choices]

    def prompt(self, open_: Open) -> Prompt:
        question = self.asker.plan.question(open_.question, self.answers)
        if question is None:
            assert open_.question == REVIEW
            return self.asker.review(self.answers, short=True)
        keep = open_.pending is Pending.KEEP
        return self.asker.prompt(question, self.answers, short=True, keep=keep)

    def hear(self, heard: Heard) -> None:
        before = self.open
        assert before is not None
        outcome = take(heard, before, dict(self.answers), self.asker)
        self.check(heard, before, outcome)
        self.answers |= by_question(*outcome.store)
        if outcome.remove is not None:
            self.answers[outcome.remove] = skipped(outcome.remove)
        self.open = outcome.open
        self.show()

    def check(self, heard: Heard, before: Open, outcome: Outcome) -> None:
        touched = {answer.question for answer in outcome.store} | {outcome.remove} - {None}
        beside = self.beside(heard, before)
        assert len(touched) <= (2 if beside else 1)
        asked = {question.id for question in self.asker.plan.questions(self.answers)}
        assert touched <= asked | self.answers.keys()
        assert touched <= {before.question} | self.named(heard) | beside
        if before.pending is Pending.SAFETY and heard.choice is None:
            assert not touched
        ends = outcome.share is not None or outcome.erase
        assert (outcome.open is None) is ends
        if outcome.share is not None:
            assert before.question == REVIEW
            tapped = heard.choice in ("review.share", "review.ratings", "review.private")
            assert tapped or self.says_what_to_share(heard, before)
        if outcome.erase:
            assert before.pending is Pending.DELETE
        if ends:
            assert not touched

    def says_what_to_share(self, heard: Heard, before: Open) -> bool:
        """Whether typed words say it, or say yes when they were asked back."""
        confirms = before.pending is Pending.SHARE and lexicon().has("affirm", heard.text)
        return heard.choice is None and (confirms or decision(heard.text, lexicon()) is not None)

    def beside(self, heard: Heard, before: Open) -> set[str]:
        """The question that a message puts right beside an answer, or beside what to share."""
        said = (self.answers, self.asker)
        if heard.choice is not None:
            return set()
        question = self.asker.plan.question(before.question, self.answers)
        if question is None:
            both = sharing_and_correction(heard.text, *said)
        else:
            both = answer_and_correction(heard.text, question, *said)
        return {both[1].question.id} if both else set()

    def named(self, heard: Heard) -> set[str]:
        """The questions that a message names."""
        if heard.choice is not None:
            return set(heard.choice.split("."))
        correction = read_correction(heard.text, self.answers, self.asker)
        if correction is None:
            return set()
        if not correction.named and not says_correction(heard.text, lexicon()):
            return set()
        return {correction.question.id}

    @precondition(lambda self: self.open is not None)
    @rule(data=st.data(), title=st.one_of(st.just(""), TEXTS))
    def taps_what_is_offered(self, data: st.DataObject, title: str) -> None:
        assert self.open is not None
        latest = [choice.token for choice in self.prompt(self.open).choices]
        self.hear(Heard(title, "answer", data.draw(st.sampled_from(latest))))

    @precondition(lambda self: self.open is not None)
    @rule(data=st.data())
    def taps_what_was_offered_long_ago(self, data: st.DataObject) -> None:
        old = sorted({*self.offered, *STRAY})
        self.hear(Heard("", "answer", data.draw(st.sampled_from(old))))

    @precondition(lambda self: self.open is not None)
    @rule(text=TEXTS, intent=INTENTS)
    def types(self, text: str, intent: str) -> None:
        self.hear(Heard(text, intent))

    @precondition(lambda self: self.open is not None)
    @rule(pending=st.sampled_from([Pending.DELETE, Pending.PAUSE, None]))
    def digresses(self, pending: Pending | None) -> None:
        assert self.open is not None
        self.open = replace(self.open, pending=pending, draft=None)

    @precondition(lambda self: self.open is not None)
    @rule(text=TEXTS, confidential=st.booleans())
    def says_what_is_answered_with_a_safe_message(self, text: str, confidential: bool) -> None:
        assert self.open is not None
        self.open = hold(Heard(text, "answer"), self.open, confidential=confidential)
        assert self.open.draft is None or not confidential

    @precondition(lambda self: self.open is not None)
    @rule()
    def goes_back(self) -> None:
        assert self.open is not None
        before = self.asker.plan.before(self.open.question, self.answers)
        self.open = Open(before.id if before else self.open.question)

    @precondition(lambda self: self.open is None)
    @rule()
    def it_has_ended(self) -> None:
        """Nothing more reaches `take`."""

    @invariant()
    def the_open_question_is_one_that_this_reflection_asks(self) -> None:
        if self.open is not None and self.open.question != REVIEW:
            asked = self.asker.plan.questions(self.answers)
            assert self.open.question in [question.id for question in asked]

    @invariant()
    def every_question_is_asked_once_and_has_one_answer(self) -> None:
        asked = [question.id for question in self.asker.plan.questions(self.answers)]
        assert len(set(asked)) == len(asked)
        assert all(name == answer.question for name, answer in self.answers.items())
        assert self.answers.keys() <= set(asked)

    @invariant()
    def there_is_at_most_one_follow_up(self) -> None:
        asked = {question.id for question in self.asker.plan.questions(self.answers)}
        assert len(asked & FOLLOW_UPS) <= 1
        assert len(self.answers.keys() & FOLLOW_UPS) <= 1


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
