"""The chain of the audit: each link covers its row and the link before. Pure."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

START = "0" * 64
"""What the first row is linked to."""
RENEWED = "renew_root"
"""The action of the row that begins a new key. It is the first to be linked with that key, and its
link covers the end of what the key before has linked: so the rows before it cannot be made anew by
whoever knows the key of before."""


@dataclass(frozen=True)
class Entry:
    """What happened, in ids and codes. `patient_id` is empty where no patient is concerned."""

    at: datetime
    actor_kind: str
    actor_id: str
    action: str
    purpose: str
    outcome: str
    object_kind: str
    object_id: str
    patient_id: str = ""

    def fields(self) -> Sequence[str]:
        return (
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.actor_kind,
            self.actor_id,
            self.action,
            self.purpose,
            self.outcome,
            self.object_kind,
            self.object_id,
            self.patient_id,
        )


@dataclass(frozen=True)
class Broken:
    """Where the chain does not hold, and what is wrong there."""

    seq: int
    why: str


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many rows, and the last link. (0, START) when it is empty."""

    seq: int
    link: str


def next_link(key: bytes, before: str, seq: int, entry: Entry) -> str:
    """The link of row `seq`: keyed, so that nobody with the database alone can make one."""
    body = json.dumps([before, seq, *entry.fields()], ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


def check(
    keys: Sequence[bytes], rows: Iterable[tuple[int, Entry, str]], anchors: Iterable[Head] = ()
) -> Head | Broken:
    """Walks the chain from its start: changed, missing and reordered rows break it.

    `keys` are all that there ever were, the oldest first. `anchors` are earlier heads, kept
    elsewhere: they show what was cut off at the end.
    """
    expected = {anchor.seq: anchor.link for anchor in anchors if anchor.seq}
    head, (key, *later) = Head(0, START), keys
    for seq, entry, link in rows:
        if seq != head.seq + 1:
            return Broken(head.seq + 1, "the row is missing")
        if entry.action == RENEWED and later:
            key = later.pop(0)
        if link != next_link(key, head.link, seq, entry):
            return Broken(seq, "the row was changed")
        if expected.pop(seq, link) != link:
            return Broken(seq, "the chain was made anew: an earlier head says otherwise")
        head = Head(seq, link)
    if later:
        return Broken(head.seq + 1, "the rows since the root key was changed are missing")
    if expected:
        return Broken(head.seq + 1, "rows were cut off at the end: an earlier head had more")
    return head
