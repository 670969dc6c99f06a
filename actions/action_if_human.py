"""Says that it is a program."""

from actions.digression import Reply


class ActionIfHuman(Reply):
    intent = "ask_if_human"

    def name(self) -> str:
        return "action_if_human"
