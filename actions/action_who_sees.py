"""Answers who can see what is said here."""

from actions.digression import Reply


class ActionWhoSees(Reply):
    intent = "ask_who_sees"

    def name(self) -> str:
        return "action_who_sees"
