"""How often somebody may try to sign in."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

MINUTES = 15


class Attempts:
    """Counts tries by account and by client address, in memory."""

    # A clinic's staff often share one address, so a client may try more often than an account.
    BY_ACCOUNT = RateLimitItemPerMinute(10, MINUTES)
    BY_CLIENT = RateLimitItemPerMinute(60, MINUTES)

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def may_try(self, account: str, client: str) -> bool:
        """Counts this try; False when there were too many. Unknown accounts count alike."""
        client_may = self._limiter.hit(self.BY_CLIENT, "client", client)
        return client_may and self._limiter.hit(self.BY_ACCOUNT, "account", account)

    def succeeded(self, account: str) -> None:
        """Forgets the tries of an account that has signed in."""
        self._limiter.clear(self.BY_ACCOUNT, "account", account)
