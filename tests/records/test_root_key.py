"""Another root key: what came from the old one is carried over, and that one is worth nothing."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from desk import Desk
from factory import WEEK, Clinic
from sqlalchemy import delete, event, select, update

from afterword.access import chain
from afterword.access.actors import Actor
from afterword.access.chain import Broken, Head
from afterword.records import (
    accounts,
    alert_rows,
    audit,
    certificates,
    consents,
    data_versions,
    erasure,
    factors,
    invitations,
    misheard,
    misheard_rows,
    models,
    rights_models,
    root_key,
    trail,
)
from afterword.records.access_models import AuditRow, Concern
from afterword.records.consents import Subject, Wording
from afterword.records.data_versions import ChangeRefused
from afterword.records.root_key import RootUnfit
from afterword.records.store import Records, Tx
from afterword.records.tombstones import Tombstones
from afterword.records.training_models import DataChange, Misheard, MisheardWord
from afterword.records.vault import Vault, VaultError
from afterword.safety.finding import Route, Tier

OPERATOR = Actor.operator("tests")
TRAINING = Wording(Subject.TRAINING, 1, "en", "Words may be used to teach it.")
ADDRESS, UNCLEAR = "ada@clinic.example", "take me to the vestibule"


def renewed(vault: Vault) -> Vault:
    """The ring once another root has taken the place of its own."""
    return replace(vault, root=token_bytes(32), former=(*vault.former, vault.root))


class World:
    """Something of all that is derived from a root key; `records` is the one to look through."""

    def __init__(self, clinic: Clinic, file: Tombstones) -> None:
        self.clinic, self.file, self.records = clinic, file, clinic.records
        self.ada = clinic.add_clinician("Ada Two", ADDRESS)
        self.token = clinic.invite(clinic.book(clinic.clock.now + WEEK))
        self.desk = Desk(clinic)
        self.desk.raises(Tier.SAME_DAY, route=Route.SAFEGUARDING)
        gone = clinic.add_patient("Kim Lund", clinic.ada)
        with self.records.begin() as tx:
            self.code = factors.new_recovery_codes(tx, self.ada)[0]
            self._mishears(tx)
        self.gone, self.certificate = gone, self.erase(gone)

    def erase(self, patient_id: str) -> dict[str, Any]:
        return erasure.carry_out(self.records, self.file, patient_id, by=OPERATOR, purpose="test")

    def _mishears(self, tx: Tx) -> None:
        consents.give(tx, self.desk.reflection, TRAINING, "page")
        misheard.note(
            tx,
            self.desk.reflection,
            question="heard",
            language="en",
            text=UNCLEAR,
            reason="fallback",
            did="asked",
            guesses=[("stop", 0.5)],
            model="m",
        )
        owner = misheard_rows.owner_hash(tx, self.clinic.robin)
        new = {"language": "en", "label": "stop", "text": UNCLEAR, "owner_hash": owner}
        data_versions.add(tx, self.clinic.id, **new)

    def carry_over(self, vault: Vault) -> int:
        """As the command does it; whoever looks from then on has the new keys."""
        self.records = Records(
            str(self.records.engine.url.render_as_string(False)), vault, self.clinic.clock
        )
        with self.records.begin(by=OPERATOR, purpose="keys renew-root") as tx:
            return root_key.carry_over(tx)

    def concern(self, tx: Tx) -> str:
        query = select(models.Alert).where(models.Alert.route == Route.SAFEGUARDING)
        row = tx.session.scalars(query).one()
        return str(alert_rows.detail(tx, row)["words"][0]["text"])

    def is_whole(self) -> None:
        """Everything that was there is found, and opens, with the present keys."""
        with self.records.begin() as tx:
            root_key.require_fitting(tx)
            assert accounts.by_email(tx, ADDRESS) == self.ada
            assert self.concern(tx) == "the words of the patient"
            assert invitations.resolve(tx, self.token) is not None
            assert [one["text"] for one in misheard_rows.own(tx, self.clinic.robin)] == [UNCLEAR]
            owner = misheard_rows.owner_hash(tx, self.clinic.robin)
            word = misheard_rows.word_hash(tx, "vestibule")
            assert tx.session.get(MisheardWord, (word, owner)) is not None
            found = audit.verify(tx, [certificates.check(tx.vault, self.certificate).head])
            assert isinstance(found, Head), found


@pytest.fixture
def world(clinic: Clinic, tmp_path: Path) -> Iterator[World]:
    made = World(clinic, Tombstones(tmp_path / "keys" / "tombstones.jsonl"))
    yield made
    made.records.close()


def test_what_came_from_the_old_root_is_found_with_the_new_one(world: World) -> None:
    world.is_whole()
    assert world.carry_over(renewed(world.records.vault)) == 1
    world.is_whole()
    with world.records.begin() as tx:
        assert factors.accept_recovery_code(tx, world.ada, world.code)
        assert not factors.accept_recovery_code(tx, world.ada, world.code)
    # Once is enough: whoever runs it again changes nothing.
    assert world.carry_over(world.records.vault) == 0
    world.is_whole()


def test_with_the_old_root_nothing_opens_and_nothing_is_found(world: World) -> None:
    old = world.records
    world.carry_over(renewed(old.vault))
    with old.read() as tx:
        assert accounts.by_email(tx, ADDRESS) is None
        assert misheard_rows.own(tx, world.clinic.robin) == []
        with pytest.raises(VaultError, match="does not belong"):
            world.concern(tx)
        with pytest.raises(RootUnfit, match="newer key file"):
            root_key.require_fitting(tx)
        with pytest.raises(RootUnfit, match="newer key file"):
            root_key.carry_over(tx)


def test_concerns_that_come_later_have_a_key_that_nobody_knows_yet(world: World) -> None:
    def sealed_with() -> set[bytes]:
        with world.records.read() as tx:
            return {one[1:3] for one in tx.session.scalars(select(Concern.sealed_detail))}

    assert sealed_with() == {b"\x00\x01"}
    world.carry_over(renewed(world.records.vault))
    world.desk.records = world.records
    world.desk.raises(Tier.NOW, route=Route.SAFEGUARDING)
    assert sealed_with() == {b"\x00\x02"}, "with what was said before, in one value"


def test_an_erasure_after_it_reaches_what_was_not_understood_before(world: World) -> None:
    world.carry_over(renewed(world.records.vault))
    world.erase(world.clinic.robin)
    with world.records.read() as tx:
        assert tx.session.scalars(select(Misheard.id)).all() == []
        assert tx.session.scalars(select(DataChange.id)).all() == []


def test_an_erasure_reaches_lines_that_were_written_to_files_before(world: World) -> None:
    with world.records.begin() as tx:
        draft = data_versions.draft_of(tx, world.clinic.id)
        assert draft is not None
        changes = data_versions.changes_of(tx, draft)
        tx.session.execute(delete(DataChange))
    world.carry_over(renewed(world.records.vault))
    with world.records.begin() as tx:
        given = {"reason": "r", "closed_at": tx.now, "changes": changes, "renewals": 0}
        data_versions.restore(tx, world.clinic.id, 1, **given)
    world.erase(world.clinic.robin)
    with world.records.read() as tx:
        assert tx.session.scalars(select(DataChange.id)).all() == []


def test_files_that_are_newer_than_the_keys_are_not_brought_in(world: World) -> None:
    with world.records.begin() as tx, pytest.raises(ChangeRefused, match="newer than the keys"):
        given = {"reason": "r", "closed_at": tx.now, "changes": [], "renewals": 1}
        data_versions.restore(tx, world.clinic.id, 1, **given)


def back(world: World, patient_id: str) -> list[str]:
    """Who is found to have been erased, once an old copy has brought them back."""
    with world.records.begin() as tx:
        tx.session.add(
            models.Patient(
                id=patient_id,
                clinic_id=world.clinic.id,
                sealed_name=b"",
                language="en",
                created_at=tx.now,
            )
        )
        tx.session.flush()
        missing, found = erasure.agree_with(tx, world.file.read())
        assert missing == []
    return found


@pytest.mark.parametrize("lost", ["nothing", "the rows"])
def test_who_was_erased_before_or_after_it_stays_erased(world: World, lost: str) -> None:
    later = world.clinic.add_patient("Lee Moss", world.clinic.ada)
    world.carry_over(renewed(world.records.vault))
    world.erase(later)
    if lost == "the rows":
        with world.records.begin() as tx:
            tx.session.execute(rights_models.Tombstone.__table__.delete())
    assert back(world, world.gone) == [world.gone]
    assert sorted(back(world, later)) == sorted([world.gone, later])
    assert len(world.file.read()) == 2


def test_tombstones_that_are_newer_than_the_keys_are_said_to_be(world: World) -> None:
    old = world.records
    world.carry_over(renewed(old.vault))
    world.erase(world.clinic.robin)
    with pytest.raises(VaultError, match="newer key file"), old.begin() as tx:
        erasure.agree_with(tx, world.file.read())


def test_earlier_heads_and_certificates_hold_and_the_row_names_the_end_before(
    world: World,
) -> None:
    with world.records.read() as tx:
        before = audit.head(tx)
    world.carry_over(renewed(world.records.vault))
    with world.records.read() as tx:
        row = tx.session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
        assert row is not None
        assert (row.action, row.object_id, row.actor_id) == ("renew_root", before.link, "tests")
        assert isinstance(audit.verify(tx, [before]), Head)
    assert certificates.check(world.records.vault, world.certificate).formerly
    later = world.clinic.add_patient("Lee Moss", world.clinic.ada)
    assert not certificates.check(world.records.vault, world.erase(later)).formerly


def linked_anew(world: World, key: bytes) -> None:
    """All rows up to the renewal get links again, made with the old key."""
    with world.records.begin() as tx:
        head = Head(0, chain.START)
        for row in reversed(audit.latest(tx, limit=1000)):
            if row.action == chain.RENEWED:
                return
            head = Head(row.seq, chain.next_link(key, head.link, row.seq, row))
            tx.session.execute(
                update(AuditRow).where(AuditRow.seq == row.seq).values(link=head.link)
            )


def test_whoever_knows_the_old_root_cannot_make_the_rows_before_anew(
    world: World, tamper: Callable[[str], None]
) -> None:
    key = trail.keys_of(world.records.vault)[-1]
    world.carry_over(renewed(world.records.vault))
    tamper("UPDATE audit SET outcome = 'denied' WHERE seq = 1")
    linked_anew(world, key)
    with world.records.read() as tx:
        found = audit.verify(tx)
    assert isinstance(found, Broken)
    assert found.why == "the row was changed"


def test_rows_that_were_cut_back_to_before_it_are_missed_without_any_head(
    world: World, tamper: Callable[[str], None]
) -> None:
    world.carry_over(renewed(world.records.vault))
    tamper("DELETE FROM audit WHERE action = 'renew_root'")
    with world.records.read() as tx:
        found = audit.verify(tx)
    assert isinstance(found, Broken)
    assert "since the root key was changed" in found.why


def test_an_older_backup_is_carried_over_all_the_way(world: World) -> None:
    present = renewed(renewed(world.records.vault))
    behind = Records(world.records.engine.url.render_as_string(False), present, world.clinic.clock)
    with behind.read() as tx, pytest.raises(RootUnfit, match="--carry-over"):
        root_key.require_fitting(tx)
    behind.close()
    assert world.carry_over(present) == 2
    world.is_whole()


class Killed(BaseException):
    """As if the power went."""


def test_broken_off_at_any_statement_all_is_as_it_was(world: World) -> None:
    before, after = world.records, renewed(world.records.vault)
    seen = last = 0

    def listen(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == last:
            raise Killed

    changing = Records(before.engine.url.render_as_string(False), after, world.clinic.clock)
    event.listen(changing.engine, "before_cursor_execute", listen)
    done = 0
    while not done:
        seen, last = 0, last + 1
        with suppress(Killed), changing.begin(by=OPERATOR, purpose="keys renew-root") as tx:
            done = root_key.carry_over(tx)
        if not done:
            world.is_whole()
    changing.close()
    assert last > 10
    world.records = Records(before.engine.url.render_as_string(False), after, world.clinic.clock)
    world.is_whole()
