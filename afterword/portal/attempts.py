"""How often somebody may try to sign in."""

from afterword.quotas import Counter, Rate, network_of

MINUTES = 15


class Attempts:
    """Counts tries by account and by client address, in memory."""

    # A clinic's staff often share one address, so a client may try more often than an account.
    BY_ACCOUNT = Rate(10, MINUTES * 60)
    BY_CLIENT = Rate(60, MINUTES * 60)
    # Nobody can guess a passkey; this only bounds what strangers make us keep.
    BEGUN_BY_CLIENT = Rate(300, MINUTES * 60)

    def __init__(self) -> None:
        self._clients, self._accounts, self._begun = Counter(), Counter(), Counter()

    def may_try(self, account: str, client: str) -> bool:
        """Counts this try; False when there were too many. Unknown accounts count alike."""
        if self._clients.hit(self.BY_CLIENT, network_of(client)):
            return False
        return not self._accounts.hit(self.BY_ACCOUNT, account)

    def may_begin(self, client: str) -> bool:
        """Counts a sign-in by passkey that begins; False when there were too many."""
        return not self._begun.hit(self.BEGUN_BY_CLIENT, network_of(client))

    def succeeded(self, account: str) -> None:
        """Forgets the tries of an account that has signed in."""
        self._accounts.forget(account)
