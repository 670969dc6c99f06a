"""How often a link may be used, and how often links may be guessed. In memory, per process.

Fifty people may answer from one clinic's network at once, so an address is only counted when its
link is unknown; whoever has a link is counted by the link.
"""

import hashlib
import ipaddress
import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Limits:
    """Each method counts one use and returns the seconds to wait: 0 when it is allowed."""

    MESSAGES = RateLimitItemPerMinute(60)
    READS = RateLimitItemPerMinute(240)
    UNKNOWN = RateLimitItemPerMinute(30)
    LATE = RateLimitItemPerMinute(60)
    """Messages over the limit that are screened all the same."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def message(self, token: str) -> int:
        return self._hit(self.MESSAGES, "message", _hidden(token))

    def late(self, token: str) -> int:
        return self._hit(self.LATE, "late", _hidden(token))

    def read(self, token: str) -> int:
        return self._hit(self.READS, "read", _hidden(token))

    def unknown(self, address: str) -> int:
        return self._hit(self.UNKNOWN, "unknown", _network(address))

    def _hit(self, limit: RateLimitItem, kind: str, who: str) -> int:
        if self._limiter.hit(limit, kind, who):
            return 0
        free_at = self._limiter.get_window_stats(limit, kind, who).reset_time
        return max(1, math.ceil(free_at - time.time()))


def _hidden(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _network(address: str) -> str:
    """One household has one IPv4 address but a whole /64 of IPv6 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
