"""Writing the audit: who read or changed what, and what was refused.

A row is written in the transaction that it tells of, last of all: what was not committed was not
read. What was refused is written by itself, after that transaction is gone.
"""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from afterword.access import chain
from afterword.access.chain import Entry, Head
from afterword.records.access_models import AuditRow
from afterword.records.vault import Vault

ALLOWED, DENIED = "allowed", "denied"
_LOCK = 0x61756469


def keys_of(vault: Vault) -> list[bytes]:
    """The keys of the chain, the oldest first; the last one links. They outlive a rotation."""
    return vault.derive_all("audit")


def append(session: Session, vault: Vault, entries: Iterable[Entry]) -> None:
    """Adds rows at the end of the chain; the transaction then holds it until it ends."""
    waiting = list(entries)
    if not waiting:
        return
    if session.get_bind().dialect.name == "postgresql":
        # On SQLite a writing transaction is alone anyway.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    head = head_of(session)
    key = keys_of(vault)[-1]
    for entry in waiting:
        head = Head(head.seq + 1, chain.next_link(key, head.link, head.seq + 1, entry))
        session.add(_row(head, entry))
    session.flush()


def head_of(session: Session) -> Head:
    """The end of the chain."""
    row = session.execute(
        select(AuditRow.seq, AuditRow.link).order_by(AuditRow.seq.desc()).limit(1)
    ).first()
    return Head(0, chain.START) if row is None else Head(row.seq, row.link)


def _row(at: Head, entry: Entry) -> AuditRow:
    return AuditRow(
        seq=at.seq,
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        action=entry.action,
        purpose=entry.purpose,
        outcome=entry.outcome,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        patient_id=entry.patient_id or None,
        link=at.link,
    )
