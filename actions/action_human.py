"""Says how to reach a person of the clinic."""

from actions.digression import Digression
from actions.talk import Talk
from afterword.reflection.turns import Line


class ActionHuman(Digression):
    def name(self) -> str:
        return "action_human"

    def line(self, talk: Talk) -> Line:
        return Line("human")
