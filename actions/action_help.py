"""Says what can be typed here."""

from actions.digression import Reply


class ActionHelp(Reply):
    intent = "help"

    def name(self) -> str:
        return "action_help"
