"""Who is told for a clinic, and what is refused or missed so that somebody always is."""

from datetime import date

import pytest
from desk import OFFICE, Desk
from factory import Clinic
from sqlalchemy import update

from afterword.problems import DataProblem
from afterword.records import contacts, models, people
from afterword.records.contacts import ContactRefused, NewContact
from afterword.records.store import Records
from afterword.safety.finding import Tier
from afterword.safety.recipients import Kind


def add(clinic: Clinic, kind: str, name: str, email: str = "", staff_id: str | None = None) -> str:
    with clinic.records.begin() as tx:
        return contacts.add_contact(
            tx,
            clinic.id,
            kind=kind,
            name=name,
            email=email or "them@elsewhere.example",
            staff_id=staff_id,
        )


def names(clinic: Clinic) -> list[str]:
    with clinic.records.read() as tx:
        return [one.name for one in contacts.of_clinic(tx, clinic.id)]


def problems(clinic: Clinic) -> dict[str, str]:
    with clinic.records.read() as tx:
        return {one.code: one.text for one in contacts.problems_of(tx)}


def test_contacts_are_listed_by_what_they_are_for(clinic: Clinic) -> None:
    add(clinic, "backup", "Cy")
    add(clinic, "safeguarding", "Dee")
    add(clinic, "duty", "Bo", " bo@clinic.example ")
    add(clinic, "duty", "Abe")
    with clinic.records.read() as tx:
        found = contacts.of_clinic(tx, clinic.id)
    assert [(one.kind, one.name) for one in found] == [
        (Kind.DUTY, "Bo"),
        (Kind.DUTY, "Abe"),
        (Kind.BACKUP, "Cy"),
        (Kind.SAFEGUARDING, "Dee"),
    ]
    assert (found[0].email, found[0].staff_id) == ("bo@clinic.example", None)


def test_an_unknown_kind_is_refused(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="friend"):
        add(clinic, "friend", "Eve")


def test_a_removed_contact_is_told_no_more(desk: Desk) -> None:
    desk.raises(Tier.NOW)
    desk.leaves("Bo Duty")
    assert desk.post() == []
    assert (desk.sees(desk.bo), names(desk.clinic)) == ([], ["Cy Backup", "Dee Safe"])
    with pytest.raises(LookupError):
        desk.leaves("Bo Duty")
    desk.ticks(minutes=5)
    assert desk.post() == ["Cy Backup"]


def test_a_disabled_account_is_told_no_more(desk: Desk) -> None:
    with desk.records.begin() as tx:
        tx.session.execute(
            update(models.Staff).where(models.Staff.id == desk.bo).values(disabled_at=tx.now)
        )
    assert desk.raises(Tier.NOW).told.names == ("backup",)
    assert desk.post() == ["Cy Backup"]
    assert desk.sees(desk.bo) == []


def test_a_clinician_is_not_the_only_one_for_concerns_about_them(clinic: Clinic) -> None:
    with pytest.raises(ContactRefused, match="Add another safeguarding contact"):
        add(clinic, "safeguarding", "Ada", staff_id=clinic.ada)
    assert names(clinic) == []
    add(clinic, "safeguarding", "Dee")
    add(clinic, "safeguarding", "Ada", staff_id=clinic.ada)
    assert names(clinic) == ["Dee", "Ada"]


def test_their_sign_in_address_gives_them_away(clinic: Clinic) -> None:
    eve = clinic.add_clinician("Eve", email="eve@clinic.example")
    clinic.add_patient("Kim", eve)
    with pytest.raises(ContactRefused, match="themselves"):
        add(clinic, "safeguarding", "A stranger", " EVE@clinic.example")
    add(clinic, "duty", "Eve again", "Eve@clinic.example")
    with clinic.records.read() as tx:
        assert [one.staff_id for one in contacts.of_clinic(tx, clinic.id)] == [eve]


def test_one_persons_address_is_not_anothers(clinic: Clinic) -> None:
    clinic.add_clinician("Eve", email="eve@clinic.example")
    with pytest.raises(ContactRefused, match="another account"):
        add(clinic, "duty", "Ada", "eve@clinic.example", clinic.ada)
    with pytest.raises(ContactRefused, match="one of the clinic"):
        add(clinic, "duty", "Nobody", staff_id="0" * 32)


def test_somebody_without_patients_may_be_the_only_one(clinic: Clinic) -> None:
    add(clinic, "safeguarding", "Bo", staff_id=clinic.add_clinician("Bo"))
    past = clinic.add_clinician("Past")
    clinic.add_patient("Gone", past, date(2025, 1, 1), date(2025, 12, 31))
    add(clinic, "safeguarding", "Past", staff_id=past)


def test_two_clinicians_stand_in_for_each_other_when_added_together(clinic: Clinic) -> None:
    bo = clinic.add_clinician("Bo")
    clinic.add_patient("Kim", bo)
    pair = [
        NewContact(Kind.SAFEGUARDING, name, f"{name}@elsewhere.example", staff_id)
        for name, staff_id in (("Ada", clinic.ada), ("Bo", bo))
    ]
    with clinic.records.begin() as tx:
        ids = contacts.add_contacts(tx, clinic.id, pair)
    assert names(clinic) == ["Ada", "Bo"]
    with pytest.raises(ContactRefused, match="before this one"), clinic.records.begin() as tx:
        contacts.remove_contact(tx, ids[0])
    assert names(clinic) == ["Ada", "Bo"]


def test_two_who_treat_the_same_patient_do_not_stand_in(clinic: Clinic) -> None:
    bo = clinic.add_clinician("Bo")
    with clinic.records.begin() as tx:
        people.assign(tx, bo, clinic.robin, date(2026, 1, 1))
    add(clinic, "safeguarding", "Dee")
    add(clinic, "safeguarding", "Ada", staff_id=clinic.ada)
    add(clinic, "safeguarding", "Bo", staff_id=bo)
    with clinic.records.read() as tx:
        dee = contacts.of_clinic(tx, clinic.id)[0].id
    with pytest.raises(ContactRefused), clinic.records.begin() as tx:
        contacts.remove_contact(tx, dee)


def test_a_refusal_leaves_nothing_behind_when_the_caller_goes_on(clinic: Clinic) -> None:
    with clinic.records.begin() as tx:
        with pytest.raises(ContactRefused):
            contacts.add_contact(
                tx,
                clinic.id,
                kind="safeguarding",
                name="Ada",
                email="a@b.example",
                staff_id=clinic.ada,
            )
        contacts.add_contact(tx, clinic.id, kind="duty", name="Bo", email="b@b.example")
    assert names(clinic) == ["Bo"]


def test_the_last_safeguarding_contact_may_go_and_is_then_missed(clinic: Clinic) -> None:
    dee = add(clinic, "safeguarding", "Dee")
    with clinic.records.begin() as tx:
        contacts.remove_contact(tx, dee)
    assert "no_safeguarding" in problems(clinic)


# What is missing.


def test_a_clinic_without_anything_is_told_what_to_do(clinic: Clinic) -> None:
    found = problems(clinic)
    assert list(found) == ["no_duty", "no_safeguarding", "no_privacy", "no_hours", "no_country"]
    for text in found.values():
        assert text.startswith("Harbour Clinic: ")
        assert text.endswith(".")


def test_a_clinic_with_everything_has_no_problem(desk: Desk) -> None:
    assert list(problems(desk.clinic)) == ["no_privacy"]
    desk.contact(Kind.PRIVACY, "Pia Privacy")
    assert problems(desk.clinic) == {}


def test_a_clinician_who_is_safeguarding_alone_is_found(desk: Desk) -> None:
    desk.clinic.add_patient("Kim", desk.dee)
    found = problems(desk.clinic)
    assert list(found) == ["safeguarding_is_clinician", "no_privacy"]
    assert "Dee Safe" in found["safeguarding_is_clinician"]


def test_a_clinician_who_is_on_duty_alone_is_found(desk: Desk) -> None:
    desk.joins(Kind.DUTY, "Ada", desk.clinic.ada)
    desk.leaves("Bo Duty")
    desk.leaves("Cy Backup")
    assert list(problems(desk.clinic)) == ["duty_is_clinician", "no_privacy"]


def test_hours_that_cannot_be_read_promise_nothing_and_are_found(desk: Desk) -> None:
    desk.set(duty_hours='{"mon": "always"}')
    assert "mon" in problems(desk.clinic)["hours_unreadable"]
    told = desk.raises(Tier.SAME_DAY).told
    assert (told.names, told.staffed, told.by) == (("duty",), False, None)


def test_a_clinic_keeps_country_hours_and_policy(records: Records) -> None:
    given = {
        "name": "North",
        "timezone": "Europe/London",
        "phone": "",
        "urgent_phone": "",
        "urgent_text": "",
    }
    more = {"country": "gb-eng", "duty_hours": OFFICE, "forward_concerns": "always"}
    with records.begin() as tx:
        row = tx.session.get_one(models.Clinic, people.add_clinic(tx, **given, **more))
        view = people.clinic_view(row)
        plain = tx.session.get_one(models.Clinic, people.add_clinic(tx, **given))
        assert (plain.country, plain.duty_hours, plain.forward_concerns) == ("", "", "ask")
    assert (view.country, view.duty_hours, view.forward_concerns) == tuple(more.values())
    for wrong in ({"duty_hours": "nine to five"}, {"forward_concerns": "never"}):
        with pytest.raises(DataProblem), records.begin() as tx:
            people.add_clinic(tx, **given, **wrong)
