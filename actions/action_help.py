"""Says what can be typed here."""

from actions.digression import Digression
from actions.talk import Talk
from afterword.reflection.turns import Line


class ActionHelp(Digression):
    def name(self) -> str:
        return "action_help"

    def line(self, talk: Talk) -> Line:
        return Line("help")
