"""Each patient has a key; keys change while everything runs; moved values do not open."""

import json
from pathlib import Path

import pytest
from factory import Clinic, Clock, rated, said
from sqlalchemy import select, update

from afterword.records import alerts, models, people, rekey, sealing
from afterword.records.access_models import Concern, PatientKey
from afterword.records.alerts import Incident
from afterword.records.sealing import CONDUCT, RECORD, Place
from afterword.records.store import Records
from afterword.records.vault import (
    Vault,
    VaultError,
    add_key,
    create_key_file,
    load_vault,
    retire_keys,
)
from afterword.safety.finding import Category, Route, Tier

CANARY = "canary words nobody else may read"


def raise_concern(clinic: Clinic, reflection: str) -> str:
    with clinic.records.begin() as tx:
        return alerts.raise_alert(
            tx,
            Incident(
                reflection,
                Route.SAFEGUARDING,
                Tier.SAME_DAY,
                CANARY,
                evidence=("en-1",),
                categories=(Category.ABUSE_BY_CLINICIAN,),
                version="rules 1",
                language="en",
            ),
        ).alert_id


def test_words_of_one_patient_do_not_open_for_another(clinic: Clinic, records: Records) -> None:
    kim = clinic.add_patient("Kim Lund", clinic.ada)
    with records.begin() as tx:
        place = Place(clinic.robin, "answer", "words", "row.1")
        sealed = sealing.seal(tx, place, CANARY)
        assert sealing.unseal(tx, place, sealed) == CANARY
        with pytest.raises(VaultError) as caught:
            sealing.unseal(tx, Place(kim, "answer", "words", "row.1"), sealed)
    assert CANARY not in str(caught.value)


def test_a_key_moved_to_another_patient_does_not_open(clinic: Clinic, records: Records) -> None:
    kim = clinic.add_patient("Kim Lund", clinic.ada)
    with records.begin() as tx:
        wrapped = tx.session.scalar(
            select(PatientKey.wrapped).where(PatientKey.patient_id == clinic.robin)
        )
        tx.session.execute(
            update(PatientKey).where(PatientKey.patient_id == kim).values(wrapped=wrapped)
        )
    with pytest.raises(VaultError), records.read() as tx:
        people.patient_view(tx, tx.session.get_one(models.Patient, kim))


def test_with_the_key_destroyed_nothing_opens(clinic: Clinic, records: Records) -> None:
    reflection = clinic.reflect(said("wish", CANARY), sharing=None)
    with records.begin() as tx:
        sealing.destroy_keys(tx, clinic.robin)
    with pytest.raises(VaultError, match="destroyed"):
        clinic.answers(reflection)


def test_after_another_key_the_earlier_words_still_open(clinic: Clinic, records: Records) -> None:
    first = clinic.reflect(said("wish", "before"), sharing=None)
    with records.begin() as tx:
        sealing.new_key(tx, clinic.robin)
    clinic.answer(first, said("open", "after"))
    assert {one.words for one in clinic.answers(first).values()} == {"before", "after"}
    with records.read() as tx:
        sealed = tx.session.scalars(select(models.Answer.sealed_words)).all()
    assert {one[1:3] for one in sealed if one} == {b"\x00\x01", b"\x00\x02"}


def test_a_concern_is_kept_apart_under_a_key_of_its_own(clinic: Clinic, records: Records) -> None:
    reflection = clinic.reflect(rated("heard", 2), sharing=None)
    alert_id = raise_concern(clinic, reflection)
    with records.read() as tx:
        row = tx.session.get_one(models.Alert, alert_id)
        kept = tx.session.get_one(Concern, alert_id)
        assert row.sealed_detail == b""
        place = Place(clinic.robin, "concern", "detail", alert_id, CONDUCT)
        assert CANARY in sealing.unseal(tx, place, kept.sealed_detail)
        with pytest.raises(VaultError):
            sealing.unseal(
                tx, Place(clinic.robin, "concern", "detail", alert_id, RECORD), kept.sealed_detail
            )


def test_keys_change_while_everything_runs(database: str, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path)
    running = Records(database, load_vault(path), clock)
    clinic = Clinic(running, clock)
    reflection = clinic.reflect(said("wish", CANARY), sharing=None)
    name = add_key(path)
    command = Records(database, load_vault(path), clock)
    assert rekey.reseal(command) > 0
    with command.read() as tx:
        assert rekey.left(tx) == []
    # The one that was running since before reads and writes on.
    clinic.answer(reflection, said("open", "more"))
    assert clinic.answers(reflection)["wish"].words == CANARY
    with running.read() as tx:
        assert tx.vault.current == name
        assert rekey.left(tx) == []
    assert retire_keys(path) == ["k1"]
    assert list(json.loads(path.read_text())["keys"]) == [name]
    fresh = Records(database, load_vault(path), clock)
    with fresh.read() as tx:
        assert people.staff_view(tx, tx.session.get_one(models.Staff, clinic.ada)).name
        assert people.patient_view(tx, tx.session.get_one(models.Patient, clinic.robin)).name
    for one in (running, command, fresh):
        one.close()


def test_what_an_older_key_still_holds_is_named(clinic: Clinic, records: Records) -> None:
    other = Vault("k2", records.vault.keys | {"k2": bytes(32)}, records.vault.root)
    with records.begin() as tx:
        tx.session.execute(
            update(models.Staff).values(sealed_name=tx.vault.seal("staff", "name", "x", "Ada"))
        )
    records.vault.keys, records.vault.current = other.keys, "k2"
    assert rekey.reseal(records) > 0
    with records.read() as tx:
        (found,) = rekey.left(tx)
    assert (found.table, found.column) == ("staff", "sealed_name")


def test_keys_may_come_from_a_variable_or_a_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path)
    sealed = load_vault(path).seal("a", "b", "c", CANARY)
    monkeypatch.setenv("CLINIC_KEYS", path.read_text())
    for place in ("env:CLINIC_KEYS", f"command:cat {path}"):
        assert load_vault(place).open("a", "b", "c", sealed) == CANARY
    for place in ("env:NOT_SET", "command:false", "command:echo secret", "command:"):
        with pytest.raises(VaultError) as caught:
            load_vault(place)
        assert "secret" not in str(caught.value)
