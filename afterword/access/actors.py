"""Who acts: a member of staff, the holder of a personal link, or one of our own processes."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What kind of actor this is."""

    STAFF = "staff"
    LINK = "link"
    """Whoever opened a personal link: it reaches one reflection and nothing else."""
    PATIENT = "patient"
    """The patient, by link and code."""
    PROCESS = "process"
    """The worker, the assistant's actions, the start: no person."""
    OPERATOR = "operator"
    """Whoever runs the command line on the server."""
    NOBODY = "nobody"


@dataclass(frozen=True)
class Actor:
    """`id` is that of the member of staff, the reflection of the link, the patient or a name."""

    kind: Kind
    id: str

    @classmethod
    def staff(cls, staff_id: str) -> "Actor":
        return cls(Kind.STAFF, staff_id)

    @classmethod
    def link(cls, reflection_id: str) -> "Actor":
        return cls(Kind.LINK, reflection_id)

    @classmethod
    def patient(cls, patient_id: str) -> "Actor":
        return cls(Kind.PATIENT, patient_id)

    @classmethod
    def operator(cls, name: str) -> "Actor":
        return cls(Kind.OPERATOR, name[:64])


PROCESS = Actor(Kind.PROCESS, "afterword")
NOBODY = Actor(Kind.NOBODY, "")
"""A request before it is known whose it is."""
