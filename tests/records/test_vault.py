"""Words and names are sealed for their place, with keys that can be changed."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from factory import Clinic, said
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from afterword.records import models
from afterword.records.store import Records
from afterword.records.vault import Vault, VaultError, create_key_file, load_vault

OLD, NEW, ROOT = (bytes([number]) * 32 for number in (1, 2, 3))
PLACE = ("answer", "words", "row1")
CANARY = "canary words nobody else may read"


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    vault = Vault("k1", {"k1": OLD}, ROOT)
    assert vault.open(*PLACE, vault.seal(*PLACE, text)) == text


def test_the_same_words_never_look_the_same_twice(vault: Vault) -> None:
    assert vault.seal(*PLACE, "yes") != vault.seal(*PLACE, "yes")


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("answer", "words", "row2"),
        ("answer", "name", "row1"),
        ("goal", "words", "row1"),
    ],
)
def test_a_value_moved_to_another_place_does_not_open(
    vault: Vault, elsewhere: tuple[str, str, str]
) -> None:
    sealed = vault.seal(*PLACE, CANARY)
    with pytest.raises(VaultError) as caught:
        vault.open(*elsewhere, sealed)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("at", range(4, 60, 7))
def test_a_value_with_one_changed_byte_does_not_open(vault: Vault, at: int) -> None:
    sealed = bytearray(vault.seal(*PLACE, CANARY))
    sealed[at] ^= 1
    with pytest.raises(VaultError):
        vault.open(*PLACE, bytes(sealed))


@given(st.binary(max_size=80))
def test_rubbish_in_the_database_is_a_named_error(rubbish: bytes) -> None:
    with pytest.raises(VaultError):
        Vault("k1", {"k1": OLD}, ROOT).open(*PLACE, rubbish)


def test_a_value_sealed_with_a_key_that_is_gone_says_so() -> None:
    sealed = Vault("old", {"old": OLD}, ROOT).seal(*PLACE, CANARY)
    with pytest.raises(VaultError, match="the key file lacks"):
        Vault("new", {"new": NEW}, ROOT).open(*PLACE, sealed)


def test_after_rotation_old_values_open_and_new_ones_need_only_the_new_key() -> None:
    before = Vault("old", {"old": OLD}, ROOT)
    after = Vault("new", {"old": OLD, "new": NEW}, ROOT)
    assert after.open(*PLACE, before.seal(*PLACE, CANARY)) == CANARY
    assert Vault("new", {"new": NEW}, ROOT).open(*PLACE, after.seal(*PLACE, CANARY)) == CANARY


def test_each_purpose_has_a_key_of_its_own(vault: Vault) -> None:
    keys = {vault.derive("channel"), vault.derive("actions"), vault.root, vault.keys["k1"]}
    assert len(keys) == 4


def test_derived_keys_outlive_a_rotation() -> None:
    before = Vault("old", {"old": OLD}, ROOT)
    after = Vault("new", {"old": OLD, "new": NEW}, ROOT)
    assert before.derive("channel") == after.derive("channel")


def test_a_new_key_file_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sealed = load_vault(path).seal(*PLACE, CANARY)
    create_key_file(path)
    assert load_vault(path).open(*PLACE, sealed) == CANARY


KEY = base64.b64encode(OLD).decode()


def key_file(**changed: Any) -> str:
    return json.dumps({"root": KEY, "current": "k1", "keys": {"k1": KEY}} | changed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        ("not json", "cannot be read"),
        ("[]", "cannot be read"),
        (key_file(current=None), "incomplete"),
        (json.dumps({"root": KEY, "keys": {"k1": KEY}}), "cannot be read"),
        (json.dumps({"current": "k1", "keys": {"k1": KEY}}), "cannot be read"),
        (key_file(keys={"k1": "abc"}), "cannot be read"),
        (key_file(current="k2"), "incomplete"),
        (key_file(keys={"k1": KEY[:8]}), "incomplete"),
        (key_file(root=KEY[:8]), "incomplete"),
    ],
)
def test_a_broken_key_file_says_what_to_do(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(VaultError, match=said) as caught:
        load_vault(path)
    assert str(path) in str(caught.value)
    assert KEY not in str(caught.value)


def test_words_swapped_between_two_patients_rows_do_not_open(
    clinic: Clinic, records: Records
) -> None:
    mine = clinic.reflect(said("wish", "mine"), sharing=None)
    other = clinic.reflect(said("wish", "theirs"), appointment=clinic.book(), sharing=None)
    with records.begin() as tx:
        rows = {row.reflection_id: row for row in tx.session.query(models.Answer)}
        tx.session.execute(
            update(models.Answer)
            .where(models.Answer.id == rows[mine].id)
            .values(sealed_words=rows[other].sealed_words)
        )
    with pytest.raises(VaultError):
        clinic.answers(mine)
    assert clinic.answers(other)["wish"].words == "theirs"
