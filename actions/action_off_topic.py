"""Answers what is not about the session."""

from actions.digression import Digression
from actions.talk import Talk
from afterword.reflection.turns import Line


class ActionOffTopic(Digression):
    def name(self) -> str:
        return "action_off_topic"

    def line(self, talk: Talk) -> Line:
        return Line("off_topic")
