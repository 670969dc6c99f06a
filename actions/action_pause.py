"""Finish later: the next thing that is asked is whether to go on."""

from actions.digression import Leaving
from afterword.reflection.exchange import Pending


class ActionPause(Leaving):
    pending = Pending.PAUSE

    def name(self) -> str:
        return "action_pause"
