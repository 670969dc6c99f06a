"""Says why the open question is asked."""

from actions.digression import Digression
from actions.talk import Talk
from afterword.reflection.exchange import Line


class ActionWhy(Digression):
    def name(self) -> str:
        return "action_why"

    def line(self, talk: Talk) -> Line:
        question = talk.asker.plan.question(talk.open.question, talk.answers)
        if question is None:
            return Line("why_review")
        why = question.item.why[talk.asker.language]
        return Line("as_is", {"text": talk.asker.fill(why, question)})
