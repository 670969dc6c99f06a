"""The routes: each path that a process of ours answers, who may come in by it, what it leads to.

A path without a row here is answered by nobody: the process does not start. Who may have which
object behind the path is asked where it is kept; see `policy` and the doors of the records.
`docs/access.md` is this table as a page; a test holds them together.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from afterword.access.policy import Action, Role


class Caller(StrEnum):
    """Who may come in by a path; one that is named is enough."""

    ANYONE = "anyone"
    LINK = "whoever holds the personal link"
    RASA = "our own Rasa, by a shared secret"
    INVITED = "staff who set up their first second factor"
    STAFF = "anybody of the staff"
    CLINICIAN = "clinicians"
    SUPERVISOR = "supervisors"
    ADMIN = "admins"
    ANNOTATOR = "annotators"
    CONTACT = "duty, backup and safeguarding contacts"
    PRIVACY = "privacy contacts"


PRIVACY_KIND = "privacy"
"""The kind of contact that looks after privacy; all other kinds are told of alerts."""
_BY_ROLE = {
    Role.CLINICIAN: Caller.CLINICIAN,
    Role.SUPERVISOR: Caller.SUPERVISOR,
    Role.ADMIN: Caller.ADMIN,
    Role.ANNOTATOR: Caller.ANNOTATOR,
}


@dataclass(frozen=True)
class Row:
    """`actions` are those that the path leads to; `fresh` asks for a second factor just given."""

    callers: frozenset[Caller]
    actions: tuple[Action, ...] = ()
    fresh: bool = False


class NoRow(Exception):
    """A path that is served and stands in no row of the table."""


Key = tuple[str, str]
"""Method and path; `*` is every method."""


def row_of(key: Key) -> Row:
    """Raises NoRow."""
    row = ROUTES.get(key)
    if row is None:
        raise NoRow(f"{' '.join(key)} has no row. Add one to afterword/access/routes.py.")
    return row


def serves(key: Key, ways: Collection[Caller]) -> bool:
    """Whether anybody who comes in one of these ways may come in here."""
    row = ROUTES.get(key)
    return row is not None and not row.callers.isdisjoint(ways)


def callers_of(role: str, contact_kinds: Iterable[str]) -> frozenset[Caller]:
    """What a member of staff comes as: by their role, and by what they are a contact for."""
    found = {Caller.STAFF}
    if role in _BY_ROLE:
        found.add(_BY_ROLE[Role(role)])
    found |= {Caller.PRIVACY if one == PRIVACY_KIND else Caller.CONTACT for one in contact_kinds}
    return frozenset(found)


def _row(callers: Collection[Caller], *actions: Action, fresh: bool = False) -> Row:
    return Row(frozenset(callers), actions, fresh)


def _each(row: Row, *keys: str) -> dict[Key, Row]:
    """The same row for several; `GET POST /path` are two of them."""
    found = {}
    for one in keys:
        *methods, path = one.split()
        found.update({(method, path): row for method in methods})
    return found


_ANYONE = _row({Caller.ANYONE})
_STAFF = _row({Caller.STAFF})
_OWN_ACCOUNT = _row({Caller.STAFF}, fresh=True)
_INVITED = _row({Caller.INVITED})
_PEOPLE = _row({Caller.ADMIN}, Action.MANAGE_PEOPLE, fresh=True)
_READ_LINK = _row({Caller.LINK}, Action.READ_OWN)
_MINE = _row(
    {Caller.LINK}, Action.READ_OWN, Action.ANSWER, Action.READ_ALL_OWN, Action.ERASE_PATIENT
)
_ANSWER = _row({Caller.LINK}, Action.READ_OWN, Action.ANSWER, Action.SCREEN)

_SHARED = {
    **_each(_ANYONE, "GET /", "GET /health", "POST /csp-report"),
    # Whatever else is asked for below it: a page that says that there is none.
    **_each(_STAFF, "GET /portal/{rest:path}"),
}
_ACTIONS = {
    **_each(_row({Caller.RASA}, Action.CARRY), "POST /webhook"),
    **_each(_ANYONE, "GET /health"),
}
_GATEWAY = {
    **_each(_READ_LINK, "GET /f/{token}", "GET /f/{token}/embed", "GET /api/conversation"),
    **_each(_READ_LINK, "GET /f/{token}/form", "GET /f/{token}/form/review"),
    **_each(_ANSWER, "POST /f/{token}/form", "POST /f/{token}/form/review"),
    **_each(_ANSWER, "POST /f/{token}/form/safety", "POST /f/{token}/language"),
    **_each(_ANSWER, "POST /api/messages"),
    **_each(_READ_LINK, "POST /f/{token}/code"),
    **_each(_MINE, "GET POST /f/{token}/mine", "GET /f/{token}/mine/{file}"),
    **_each(_ANYONE, "GET /help", "GET /leave", "GET /embed.js", "GET /demo/clinic"),
    **_each(_ANYONE, "GET /static/patient.js", "GET /static/leave.js"),
    **_each(_ANYONE, "GET /static/patient.css", "GET /static/form.css", "GET /static/demo.css"),
}
_SIGN_IN = {
    **_each(_ANYONE, "* /portal/static"),
    **_each(_ANYONE, "GET POST /portal/sign-in", "GET POST /portal/sign-in/code"),
    **_each(_ANYONE, "GET POST /portal/sign-in/passkey", "POST /portal/sign-in/passkey/begin"),
    **_each(_ANYONE, "GET POST /portal/invitation/{token}"),
    **_each(_INVITED, "GET /portal/welcome", "GET POST /portal/welcome/app"),
    **_each(_INVITED, "GET POST /portal/welcome/passkey"),
    **_each(_STAFF, "POST /portal/sign-out", "GET POST /portal/confirm"),
    **_each(_STAFF, "GET POST /portal/confirm/passkey"),
}
_ACCOUNT = {
    **_each(_STAFF, "GET /portal/account"),
    **_each(_OWN_ACCOUNT, "POST /portal/account/sessions/end"),
    **_each(_OWN_ACCOUNT, "POST /portal/account/sessions/end-others"),
    **_each(_OWN_ACCOUNT, "GET POST /portal/account/password", "GET POST /portal/account/app"),
    **_each(_OWN_ACCOUNT, "GET POST /portal/account/passkey"),
    **_each(_OWN_ACCOUNT, "POST /portal/account/remove", "POST /portal/account/codes"),
}
_ADMIN = {
    **_each(_PEOPLE, "GET /portal/admin/people", "POST /portal/admin/people/invite"),
    **_each(_PEOPLE, "POST /portal/admin/people/{staff_id}/role"),
    **_each(_PEOPLE, "POST /portal/admin/people/{staff_id}/disable"),
    **_each(_PEOPLE, "POST /portal/admin/people/{staff_id}/enable"),
    **_each(_PEOPLE, "POST /portal/admin/people/{staff_id}/reset"),
    **_each(_PEOPLE, "POST /portal/admin/people/{staff_id}/sign-out"),
}
_PROMOTING = {
    **_each(
        _row({Caller.ADMIN}, Action.PROMOTE, fresh=True),
        "POST /portal/admin/models/promote",
        "POST /portal/admin/models/rollback",
    ),
}
_MANAGED = _row({Caller.ADMIN}, Action.MANAGE_CLINIC)
_MANAGED_FRESH = _row({Caller.ADMIN}, Action.MANAGE_CLINIC, fresh=True)
_CLINIC = {
    **_each(_MANAGED, "GET POST /portal/admin/patients", "GET /portal/admin/patients/{patient_id}"),
    # Who treats whom decides who reads, and so does who has the link.
    **_each(
        _MANAGED_FRESH,
        "POST /portal/admin/patients/{patient_id}/assign",
        "POST /portal/admin/patients/{patient_id}/end",
        "POST /portal/admin/patients/{patient_id}/link",
    ),
    **_each(
        _MANAGED,
        "POST /portal/admin/patients/{patient_id}/book",
        "POST /portal/admin/patients/{patient_id}/cancel",
    ),
    # Whom a patient in danger calls, and who is told of it.
    **_each(
        _MANAGED_FRESH,
        "GET /portal/admin/clinic",
        "POST /portal/admin/clinic/details",
        "POST /portal/admin/clinic/hours",
        "POST /portal/admin/clinic/contact",
        "POST /portal/admin/clinic/remove",
    ),
}
_CARE = {
    **_each(_row({Caller.STAFF}, Action.READ_LIST), "GET /portal"),
    **_each(
        _row({Caller.CLINICIAN}, Action.READ_DIGEST, Action.SCREEN),
        "GET /portal/appointments/{appointment_id}",
    ),
    **_each(
        _row({Caller.CLINICIAN}, Action.READ_DIGEST, Action.CONFIRM_DIGEST),
        "POST /portal/appointments/{appointment_id}/read",
    ),
    **_each(
        _row({Caller.CLINICIAN}, Action.CHOOSE_PACKS),
        "GET POST /portal/appointments/{appointment_id}/questions",
    ),
    **_each(
        _row({Caller.CLINICIAN}, Action.READ_DIGEST),
        "GET /portal/appointments/{appointment_id}/handover",
        "GET /portal/emergency/{patient_id}",
    ),
    **_each(
        _row({Caller.CLINICIAN}, Action.READ_DIGEST, Action.HAND_OVER),
        "POST /portal/appointments/{appointment_id}/handover",
        "POST /portal/appointments/{appointment_id}/handover/end",
    ),
    **_each(_row({Caller.SUPERVISOR}, Action.READ_LIST), "GET /portal/supervision"),
    **_each(
        _row({Caller.SUPERVISOR}, Action.READ_HANDED_OVER), "GET /portal/supervision/{handover_id}"
    ),
    **_each(_row({Caller.CLINICIAN}, Action.BREAK_GLASS, fresh=True), "GET POST /portal/emergency"),
    **_each(_row({Caller.PRIVACY}, Action.READ_AUDIT), "GET /portal/privacy"),
}
_ALERTS = {
    **_each(
        _row({Caller.CONTACT}, Action.READ_ALERT),
        "GET /portal/safety",
        "GET /portal/safety/{alert_id}",
    ),
    **_each(_row({Caller.CONTACT}, Action.COUNT_ALERTS), "GET /portal/safety/month"),
    **_each(
        _row({Caller.CONTACT}, Action.ANSWER_ALERT),
        "POST /portal/safety/{alert_id}/acknowledge",
        "POST /portal/safety/{alert_id}/close",
    ),
}

_TEACHING = {
    **_each(
        _row({Caller.ADMIN}, Action.READ_MODELS),
        "GET /portal/admin/teach",
        "GET /portal/admin/teach/lines",
        "GET /portal/admin/training",
        "GET /portal/admin/training/{job_id}/log",
        "GET /portal/admin/models",
        "GET /portal/admin/models/{name}",
    ),
    **_each(
        _row({Caller.ADMIN}, Action.TEACH),
        *(
            f"POST /portal/admin/teach/{name}"
            for name in ("take", "add", "move", "remove", "drop", "withdraw", "close", "train")
        ),
        "POST /portal/admin/training/cancel",
    ),
}
_WORDING = {
    **_each(
        _row({Caller.ADMIN}, Action.READ_WORDING),
        "GET /portal/admin/wording",
        "GET /portal/admin/wording/{language}/{text}",
        "POST /portal/admin/wording/{language}/{text}/check",
    ),
    **_each(
        _row({Caller.ADMIN}, Action.EDIT_WORDING, fresh=True),
        "POST /portal/admin/wording/{language}/{text}/publish",
        "POST /portal/admin/wording/{language}/{text}/back",
    ),
}
_REVIEWING = {
    **_each(_row({Caller.ADMIN, Caller.ANNOTATOR}, Action.LABEL), "GET POST /portal/review"),
}

GROUPS: Mapping[str, Mapping[Key, Row]] = MappingProxyType(
    {
        "patients": _GATEWAY,
        "signing in": _SIGN_IN,
        "one's own account": _ACCOUNT,
        "care": _CARE,
        "alerts": _ALERTS,
        "what was not understood": _REVIEWING,
        "the clinic": {**_CLINIC, **_ADMIN},
        "what the assistant is taught": {**_TEACHING, **_PROMOTING},
        "the words": _WORDING,
        "for all": _SHARED,
    }
)
"""Of the web process, in the order of the page."""
ROUTES: Mapping[Key, Row] = {key: row for group in GROUPS.values() for key, row in group.items()}
ACTION_SERVER: Mapping[Key, Row] = MappingProxyType(_ACTIONS)
"""Of the action server, another process."""
