"""Answers who can see what is said here."""

from actions.digression import Digression
from actions.talk import Talk
from afterword.reflection.turns import Line


class ActionWhoSees(Digression):
    def name(self) -> str:
        return "action_who_sees"

    def line(self, talk: Talk) -> Line:
        return Line("who_sees")
