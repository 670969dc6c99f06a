"""From the inbox into the draft: messages that people have decided on become lines to teach."""

from collections.abc import Iterable

from afterword.access.policy import Action
from afterword.records import data_versions, misheard
from afterword.records.data_versions import Change, Kind
from afterword.records.doors import by_admin
from afterword.records.misheard import Labelled
from afterword.records.store import Tx


@by_admin(Action.READ_MODELS, "clinic_id")
def ready(tx: Tx, clinic_id: str) -> list[Labelled]:
    """What is decided and in no version and no draft yet."""
    return misheard.labelled(tx, clinic_id)


@by_admin(Action.TEACH, "clinic_id")
def take_in(tx: Tx, clinic_id: str) -> int:
    """Puts all of it into the draft; returns how many lines.

    Words of one person alone stay out: an assistant that knows them could give them away.
    """
    found = [one for one in misheard.labelled(tx, clinic_id) if not one.rare]
    for one in found:
        data_versions.add(
            tx,
            clinic_id,
            language=one.language,
            label=one.label,
            text=one.text,
            owner_hash=one.owner_hash,
            misheard_id=one.id,
        )
    return len(found)


@by_admin(Action.TEACH, "clinic_id")
def take_back(tx: Tx, clinic_id: str, change_id: str) -> None:
    """Takes a change out of the draft; the message that it came from waits for a meaning again.

    Otherwise it would be offered for teaching anew, with the meaning that did not fit.
    Raises LookupError.
    """
    draft = data_versions.draft_of(tx, clinic_id)
    changes = data_versions.changes_of(tx, draft) if draft else []
    message = next((one.misheard_id for one in changes if one.id == change_id), None)
    data_versions.drop(tx, clinic_id, change_id)
    if message is not None:
        misheard.reopen(tx, message)


@by_admin(Action.TEACH, "clinic_id")
def put_in(tx: Tx, clinic_id: str, changes: Iterable[Change]) -> None:
    """Puts changes of the staff's into the draft, in their order. Raises ChangeRefused."""
    for one in changes:
        line = {"language": one.language, "text": one.text}
        match one.kind:
            case Kind.ADD:
                data_versions.add(tx, clinic_id, **line, label=one.label)
            case Kind.MOVE:
                data_versions.move(tx, clinic_id, **line, was=one.was, label=one.label)
            case _:
                data_versions.remove(tx, clinic_id, **line, was=one.was)
