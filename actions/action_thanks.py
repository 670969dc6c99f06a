"""Answers thanks and small talk."""

from actions.digression import Reply


class ActionThanks(Reply):
    intent = "thanks"

    def name(self) -> str:
        return "action_thanks"
