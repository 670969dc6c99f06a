"""Answers what does not work."""

from actions.digression import Reply


class ActionTechnical(Reply):
    intent = "technical_problem"

    def name(self) -> str:
        return "action_technical"
