"""Gives no advice; says whom to ask."""

from actions.digression import Reply


class ActionMedical(Reply):
    intent = "medical_question"

    def name(self) -> str:
        return "action_medical"
