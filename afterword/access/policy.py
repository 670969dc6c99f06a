"""The rules: each thing that can be done with a patient's data, and who may do it.

Everything is forbidden that no rule allows. A person may stand in several relations to a patient;
one that is named is enough. `docs/access.md` is this table as a page; a test holds them together.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from afterword.access.chain import Entry


class Role(StrEnum):
    """What an account is for. Duty, safeguarding and privacy contacts are named apart from it."""

    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    ANNOTATOR = "annotator"


class Relation(StrEnum):
    """How an actor stands to the thing that is asked for, at this moment."""

    LINK = "holds the personal link"
    PATIENT = "is the patient, by link and code"
    SESSION = "clinician of the session, patient on their caseload"
    TREATING = "patient on their caseload"
    HANDED_OVER = "supervisor whom it was handed to"
    BROKE_GLASS = "clinician who gave a reason in an emergency"
    DUTY = "duty or backup contact who may know of the alert"
    SAFEGUARDING = "safeguarding contact who never treated the patient"
    PRIVACY = "privacy contact"
    CLINICIAN = "clinician of the clinic"
    ADMIN = "admin of the clinic"
    ANNOTATOR = "annotator of the clinic"
    SELF = "themselves"
    OPERATOR = "runs the command line on the server"
    PROCESS = "worker or assistant, for a message that was accepted"


class Action(StrEnum):
    """What can be done, in words."""

    @property
    def code(self) -> str:
        """The short name under which the audit keeps it."""
        return self.name.lower()

    READ_OWN = "read one's own reflection"
    ANSWER = "answer, change and share one's own reflection"
    READ_ALL_OWN = "read, export and erase everything about oneself"
    SCREEN = "screen what was written for danger"
    READ_LIST = "see whom one sees today"
    READ_DIGEST = "read a digest"
    CONFIRM_DIGEST = "say that one has read a digest"
    CHOOSE_PACKS = "choose a patient's packs of questions"
    HAND_OVER = "hand a reflection over to a supervisor"
    READ_HANDED_OVER = "read what was handed over"
    BREAK_GLASS = "open a record in an emergency"
    READ_ALERT = "read an alert"
    ANSWER_ALERT = "take an alert on, close it"
    COUNT_ALERTS = "read the monthly counts of alerts"
    MANAGE_PEOPLE = "invite and change accounts"
    MANAGE_CLINIC = "change schedule, patients' names and settings"
    ERASE_PATIENT = "erase a patient who asked for it"
    EXPORT_PATIENT = "export everything about a patient who asked for it"
    READ_AUDIT = "read who read what"
    LABEL = "label messages without names"
    READ_MODELS = "see what the assistant was taught, and how well it understands"
    TEACH = "change what the assistant is taught, and train it"
    PROMOTE = "put a model live, and take it back"
    READ_WORDING = "see the words that patients read, and who changed them"
    EDIT_WORDING = "change the words that patients read"
    CARRY = "carry messages and answers between patient, assistant and record"


_OF_PATIENT = frozenset({Relation.LINK, Relation.PATIENT, Relation.PROCESS})

RULES: Mapping[Action, frozenset[Relation]] = {
    Action.READ_OWN: _OF_PATIENT,
    Action.ANSWER: _OF_PATIENT,
    Action.SCREEN: _OF_PATIENT | {Relation.SESSION, Relation.BROKE_GLASS},
    Action.READ_ALL_OWN: frozenset({Relation.PATIENT}),
    Action.READ_LIST: frozenset({Relation.SELF}),
    Action.READ_DIGEST: frozenset({Relation.SESSION, Relation.BROKE_GLASS}),
    Action.CONFIRM_DIGEST: frozenset({Relation.SESSION}),
    Action.CHOOSE_PACKS: frozenset({Relation.TREATING, Relation.OPERATOR}),
    Action.HAND_OVER: frozenset({Relation.SESSION}),
    Action.READ_HANDED_OVER: frozenset({Relation.HANDED_OVER}),
    Action.BREAK_GLASS: frozenset({Relation.CLINICIAN}),
    Action.READ_ALERT: frozenset({Relation.DUTY, Relation.SAFEGUARDING}),
    Action.ANSWER_ALERT: frozenset({Relation.DUTY, Relation.SAFEGUARDING}),
    Action.COUNT_ALERTS: frozenset({Relation.DUTY, Relation.SAFEGUARDING}),
    Action.MANAGE_PEOPLE: frozenset({Relation.ADMIN, Relation.OPERATOR, Relation.PROCESS}),
    Action.MANAGE_CLINIC: frozenset({Relation.ADMIN, Relation.OPERATOR, Relation.PROCESS}),
    Action.ERASE_PATIENT: frozenset({Relation.PATIENT, Relation.ADMIN, Relation.OPERATOR}),
    Action.EXPORT_PATIENT: frozenset({Relation.OPERATOR}),
    Action.READ_AUDIT: frozenset({Relation.PRIVACY, Relation.OPERATOR}),
    Action.LABEL: frozenset({Relation.ANNOTATOR, Relation.ADMIN, Relation.OPERATOR}),
    Action.READ_MODELS: frozenset({Relation.ADMIN, Relation.OPERATOR, Relation.PROCESS}),
    Action.TEACH: frozenset({Relation.ADMIN, Relation.OPERATOR, Relation.PROCESS}),
    Action.PROMOTE: frozenset({Relation.ADMIN, Relation.OPERATOR, Relation.PROCESS}),
    Action.READ_WORDING: frozenset({Relation.ADMIN, Relation.OPERATOR, Relation.PROCESS}),
    Action.EDIT_WORDING: frozenset({Relation.ADMIN, Relation.OPERATOR}),
    Action.CARRY: frozenset({Relation.PROCESS, Relation.OPERATOR}),
}

NOTED = frozenset(
    {
        Action.READ_ALL_OWN,
        Action.READ_DIGEST,
        Action.CONFIRM_DIGEST,
        Action.CHOOSE_PACKS,
        Action.HAND_OVER,
        Action.READ_HANDED_OVER,
        Action.BREAK_GLASS,
        Action.READ_ALERT,
        Action.ANSWER_ALERT,
        Action.MANAGE_PEOPLE,
        Action.MANAGE_CLINIC,
        Action.ERASE_PATIENT,
        Action.EXPORT_PATIENT,
        Action.READ_AUDIT,
        Action.TEACH,
        Action.PROMOTE,
        Action.EDIT_WORDING,
    }
)
"""What leaves a row in the audit when it is allowed. What is denied always leaves one."""


class Denied(LookupError):
    """Not allowed, or not there: who asks is never told which. Carries no words."""

    def __init__(self, action: Action, kind: str, key: str, patient_id: str | None = None) -> None:
        super().__init__(f"not allowed to {action}")
        self.action = action
        self.kind = kind
        self.key = key
        self.patient_id = patient_id
        self.notes: list[Entry] = []


def may(action: Action, relations: Iterable[Relation]) -> bool:
    """Whether one of these relations allows it."""
    return not RULES[action].isdisjoint(relations)
