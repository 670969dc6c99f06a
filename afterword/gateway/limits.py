"""How often a link may be used, and how often links may be guessed. In memory, per process.

Fifty people may answer from one clinic's network at once, so an address is only counted here when
its link is unknown; whoever has a link is counted by the link.
"""

import hashlib

from afterword.quotas import Counter, Rate, network_of


class Limits:
    """Each method counts one use and returns the seconds to wait: 0 when it is allowed."""

    MESSAGES = Rate(60)
    READS = Rate(240)
    UNKNOWN = Rate(30)
    LATE = Rate(60)
    """Messages over the limit that are screened all the same."""

    def __init__(self, counter: Counter | None = None) -> None:
        # Guesses are counted apart: they must not push out what is counted by link.
        self._links, self._guesses = counter or Counter(), Counter()

    def message(self, token: str) -> int:
        return self._links.hit(self.MESSAGES, ("message", _hidden(token)))

    def late(self, token: str) -> int:
        return self._links.hit(self.LATE, ("late", _hidden(token)))

    def read(self, token: str) -> int:
        return self._links.hit(self.READS, ("read", _hidden(token)))

    def unknown(self, address: str) -> int:
        return self._guesses.hit(self.UNKNOWN, network_of(address))


def _hidden(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
