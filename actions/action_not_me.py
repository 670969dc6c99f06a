"""Answers somebody who is not the patient."""

from actions.digression import Reply


class ActionNotMe(Reply):
    intent = "not_me"

    def name(self) -> str:
        return "action_not_me"
