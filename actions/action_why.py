"""Says why the open question is asked."""

from actions.digression import Digression, why_line
from actions.talk import Talk
from afterword.reflection.exchange import Line


class ActionWhy(Digression):
    def name(self) -> str:
        return "action_why"

    def lines(self, talk: Talk) -> tuple[Line, ...]:
        return (why_line(talk),)
