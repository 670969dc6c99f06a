"""Who is told: a concern about a clinician never reaches that clinician."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.safety.finding import Route
from afterword.safety.recipients import Case, Kind, Recipient, may_know, recipients, uncovered

ADA, BO, CY = "ada", "bo", "cy"
DUTY_ADA, DUTY_BO = (Recipient(f"duty-{one}", Kind.DUTY, one) for one in (ADA, BO))
BACKUP_CY = Recipient("backup-cy", Kind.BACKUP, CY)
OUTSIDE = Recipient("backup-outside", Kind.BACKUP)
SAFE_ADA, SAFE_CY = (Recipient(f"safe-{one}", Kind.SAFEGUARDING, one) for one in (ADA, CY))
SAFE_OUTSIDE = Recipient("safe-outside", Kind.SAFEGUARDING)
ALL = (DUTY_ADA, DUTY_BO, BACKUP_CY, OUTSIDE, SAFE_ADA, SAFE_CY, SAFE_OUTSIDE)

DANGER = Case(Route.DUTY, frozenset({ADA}))
HIDDEN = Case(Route.DUTY, frozenset({ADA}), hidden_from=ADA)
CONCERN = Case(Route.SAFEGUARDING, frozenset({ADA}), hidden_from=ADA)


@pytest.mark.parametrize(
    ("case", "backup", "told"),
    [
        (DANGER, False, (DUTY_ADA, DUTY_BO)),
        (DANGER, True, (DUTY_ADA, DUTY_BO, BACKUP_CY, OUTSIDE)),
        (HIDDEN, False, (DUTY_BO,)),
        (HIDDEN, True, (DUTY_BO, BACKUP_CY, OUTSIDE)),
        (CONCERN, False, (SAFE_CY, SAFE_OUTSIDE)),
        (CONCERN, True, (SAFE_CY, SAFE_OUTSIDE)),
    ],
)
def test_who_is_told(case: Case, backup: bool, told: tuple[Recipient, ...]) -> None:
    assert recipients(ALL, case, backup=backup) == told


def test_backup_is_told_at_once_where_nobody_is_on_duty() -> None:
    assert recipients([BACKUP_CY, SAFE_CY], DANGER, backup=False) == (BACKUP_CY,)
    assert recipients([DUTY_ADA, BACKUP_CY], HIDDEN, backup=False) == (BACKUP_CY,)


def test_a_concern_never_falls_back_to_duty() -> None:
    for backup in (False, True):
        assert recipients([DUTY_BO, BACKUP_CY, SAFE_ADA], CONCERN, backup=backup) == ()


def test_a_concern_does_not_reach_another_who_treats_the_patient() -> None:
    case = Case(Route.SAFEGUARDING, frozenset({ADA, CY}))
    assert recipients(ALL, case, backup=False) == (SAFE_OUTSIDE,)


def test_whoever_is_there_twice_is_told_once() -> None:
    again = Recipient("backup-bo", Kind.BACKUP, BO)
    assert recipients([DUTY_BO, again, OUTSIDE], DANGER, backup=True) == (DUTY_BO, OUTSIDE)


PEOPLE = st.sampled_from([None, ADA, BO, CY])
CONTACTS = st.lists(st.tuples(st.sampled_from(list(Kind)), PEOPLE), max_size=8).map(
    lambda given: [Recipient(str(at), kind, one) for at, (kind, one) in enumerate(given)]
)


@given(CONTACTS, st.booleans(), st.sampled_from([HIDDEN, CONCERN]))
def test_the_clinician_is_never_told_of_a_concern(
    contacts: list[Recipient], backup: bool, case: Case
) -> None:
    told = recipients(contacts, case, backup=backup)
    assert ADA not in {one.staff_id for one in told}
    assert all(may_know(one, case) for one in told)
    safeguarding = {one.kind is Kind.SAFEGUARDING for one in told}
    assert safeguarding <= {case.route is Route.SAFEGUARDING}


@given(CONTACTS, st.sampled_from([DANGER, HIDDEN]))
def test_escalation_only_ever_adds_people(contacts: list[Recipient], case: Case) -> None:
    first = recipients(contacts, case, backup=False)
    later = recipients(contacts, case, backup=True)
    people = ({one.staff_id or one.id for one in told} for told in (first, later))
    assert next(people) <= next(people)


@pytest.mark.parametrize(
    ("contacts", "treated", "alone"),
    [
        ([], [{ADA}], {ADA}),
        ([SAFE_ADA], [{ADA}], {ADA}),
        ([SAFE_ADA], [{BO}], set()),
        ([SAFE_ADA, SAFE_CY], [{ADA}, {CY}], set()),
        ([SAFE_ADA, SAFE_CY], [{ADA, CY}], {ADA, CY}),
        ([SAFE_OUTSIDE], [{ADA, BO, CY}], set()),
        ([DUTY_BO, BACKUP_CY], [{ADA}], {ADA}),
    ],
)
def test_clinicians_whose_patients_could_tell_nobody_are_found(
    contacts: list[Recipient], treated: list[set[str]], alone: set[str]
) -> None:
    for order in itertools.permutations(contacts):
        assert uncovered(order, treated) == alone
