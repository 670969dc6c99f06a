"""What every action works with: the records, the question set and the lines to say."""

from dataclasses import dataclass

from afterword.phrasing import Phrasing
from afterword.records.store import Records
from afterword.reflection.lexicon import Lexicon


@dataclass(frozen=True)
class Desk:
    """`phrasing` has all versions of the questions: a running reflection finishes on its own."""

    records: Records
    phrasing: Phrasing
    lexicons: dict[str, Lexicon]


_desk: Desk | None = None


def set_up(desk: Desk) -> None:
    """Called once, before the first action runs: Rasa's SDK makes the actions by itself."""
    global _desk
    _desk = desk


def desk() -> Desk:
    if _desk is None:
        raise RuntimeError("set_up() was not called before the first action")
    return _desk
