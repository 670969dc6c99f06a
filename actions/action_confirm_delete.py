"""Stop and delete: the next thing that is asked is whether to delete everything."""

from actions.digression import Leaving
from afterword.reflection.exchange import Pending


class ActionConfirmDelete(Leaving):
    pending = Pending.DELETE

    def name(self) -> str:
        return "action_confirm_delete"
