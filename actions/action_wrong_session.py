"""Says which session the questions are about."""

from actions.digression import Reply


class ActionWrongSession(Reply):
    intent = "wrong_session"

    def name(self) -> str:
        return "action_wrong_session"
