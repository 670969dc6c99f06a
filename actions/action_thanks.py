"""Answers thanks and small talk."""

from actions.digression import Digression
from actions.talk import Talk
from afterword.reflection.turns import Line


class ActionThanks(Digression):
    def name(self) -> str:
        return "action_thanks"

    def line(self, talk: Talk) -> Line:
        return Line("thanks")
