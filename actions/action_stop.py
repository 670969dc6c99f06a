"""Stops the questions: what was answered is kept, and nothing is shared."""

from actions.digression import Leaving
from afterword.reflection.exchange import Pending


class ActionStop(Leaving):
    pending = Pending.STOP

    def name(self) -> str:
        return "action_stop"
