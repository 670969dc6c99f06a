"""How much a sender may ask of each route, and how long a body may be: one table for all routes.

Whoever has a link or a session is counted by that where it is checked, as well; see
`afterword/gateway/limits.py` and `afterword/portal/attempts.py`. In memory, per process.
"""

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

KIB = 1024


@dataclass(frozen=True)
class Rate:
    """So many uses within so many seconds."""

    amount: int
    seconds: float = 60.0


@dataclass(frozen=True)
class Quota:
    """What one sender may ask of the routes that `path` fits. `body` is in bytes.

    `reads_on`: the route looks at the beginning of a body that is too long for words that may
    mean danger, so it has to stop reading by itself.
    """

    name: str
    methods: frozenset[str]
    path: re.Pattern[str]
    rate: Rate
    body: int = 0
    reads_on: bool = False

    def fits(self, method: str, path: str) -> bool:
        return method in self.methods and self.path.fullmatch(path) is not None


_READS, _WRITES = frozenset({"GET", "HEAD"}), frozenset({"POST"})
MESSAGE_BODY, SMALL_BODY, STAFF_BODY, REPORT_BODY = 64 * KIB, KIB, 16 * KIB, 8 * KIB
FORM_BODY = KIB * KIB
"""Ten long answers, each byte written as %XX."""
# A whole clinic answers from one address: a sender may do what fifty patients do.
_MANY = Rate(12_000)


def _row(
    name: str,
    methods: frozenset[str],
    path: str,
    rate: Rate,
    body: int = 0,
    reads_on: bool = False,
) -> Quota:
    return Quota(name, methods, re.compile(path), rate, body, reads_on)


TABLE = (
    _row("messages", _WRITES, "/api/messages", Rate(3_000), MESSAGE_BODY, reads_on=True),
    _row("conversation", _READS, "/api/conversation", _MANY),
    _row("forms", _WRITES, "/f/[^/]*/form(/.*)?", Rate(3_000), FORM_BODY, reads_on=True),
    _row("language", _WRITES, "/f/[^/]*/language", Rate(600), SMALL_BODY),
    _row("links", _WRITES, "/f/.*", Rate(1_200), STAFF_BODY),
    _row("pages", _READS, "/f/.*", _MANY),
    _row("sign-in", _WRITES, "/portal/sign-in(/.*)?", Rate(120), STAFF_BODY),
    _row("staff", _WRITES, "/portal(/.*)?", Rate(1_200), STAFF_BODY),
    _row("portal", _READS, "/portal(/.*)?", Rate(6_000)),
    _row("reports", _WRITES, "/csp-report", Rate(60), REPORT_BODY),
    _row("files", _READS, "/(static/.*|embed\\.js)", _MANY),
    _row("others", _READS | _WRITES, "/.*", Rate(1_200), SMALL_BODY),
)
"""The first row that fits counts; the last one fits every path."""


def quota_of(method: str, path: str) -> Quota:
    """The row of a request; a method that no route has gets the last one."""
    return next((row for row in TABLE if row.fits(method, path)), TABLE[-1])


@dataclass
class _Uses:
    """Uses of one key in its present window, and in the one before it."""

    since: float
    count: int = 0
    before: int = 0


@dataclass
class Counter:
    """Counts uses by key, and holds at most `room` keys: the least used lately makes place.

    What was used in the window before counts for the share of it that is still inside the last
    `seconds`. Who can use more addresses than there is room for could not be held back by
    address anyway.
    """

    room: int = 20_000
    now: Callable[[], float] = time.monotonic
    _uses: OrderedDict[Hashable, _Uses] = field(default_factory=OrderedDict)

    def hit(self, rate: Rate, key: Hashable) -> int:
        """Counts one use and returns the seconds to wait: 0 when it is allowed."""
        now = self.now()
        uses = self._present(rate, key, now)
        passed = (now - uses.since) / rate.seconds
        if uses.count + uses.before * (1 - passed) + 1 <= rate.amount:
            uses.count += 1
            return 0
        if uses.count < rate.amount:
            free_at = 1 - (rate.amount - 1 - uses.count) / uses.before
        else:
            free_at = 1 + 1 / rate.amount
        wait = math.ceil((free_at - passed) * rate.seconds)
        return max(1, min(wait, math.ceil(rate.seconds)))

    def forget(self, key: Hashable) -> None:
        self._uses.pop(key, None)

    def __len__(self) -> int:
        return len(self._uses)

    def _present(self, rate: Rate, key: Hashable, now: float) -> _Uses:
        uses = self._uses.setdefault(key, _Uses(now))
        self._uses.move_to_end(key)
        while len(self._uses) > self.room:
            self._uses.popitem(last=False)
        windows = int((now - uses.since) / rate.seconds)
        if windows:
            uses.before = uses.count if windows == 1 else 0
            uses.since, uses.count = uses.since + windows * rate.seconds, 0
        return uses


def network_of(address: str) -> str:
    """One household has one IPv4 address but a whole /64 of IPv6 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
