"""What a patient does with a reflection, and how it stands then."""

from factory import new_message

from afterword.records import reflections
from afterword.records.store import Records
from afterword.records.views import Reflection
from afterword.reflection.answers import Sharing


def look(records: Records, reflection: str) -> Reflection:
    with records.read() as tx:
        found = reflections.by_id(tx, reflection)
    assert found is not None
    return found


def share(records: Records, reflection: str, sharing: Sharing) -> None:
    with records.begin() as tx:
        reflections.share(tx, reflection, sharing)


def take_back(records: Records, reflection: str) -> bool:
    with records.begin() as tx:
        return reflections.take_back(tx, reflection)


def remove(records: Records, reflection: str, question: str) -> None:
    with records.begin() as tx:
        reflections.remove_answer(tx, reflection, question, new_message())


def erase(records: Records, reflection: str) -> None:
    with records.begin() as tx:
        reflections.erase(tx, reflection)
