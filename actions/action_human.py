"""Says how to reach a person of the clinic."""

from actions.digression import Reply


class ActionHuman(Reply):
    intent = "ask_human"

    def name(self) -> str:
        return "action_human"
