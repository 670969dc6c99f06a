"""Answers what is not about the session."""

from actions.digression import Reply


class ActionOffTopic(Reply):
    intent = "off_topic"

    def name(self) -> str:
        return "action_off_topic"
