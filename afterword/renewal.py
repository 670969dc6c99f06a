"""Changing the root key of an installation that does not run: `afterword keys renew-root`.

The order makes it safe to break off anywhere. First the new key is on the disk beside the old one.
Then the assistant's conversations are sealed anew, turn by turn. Then the database is carried over
in one transaction. Then the new key takes its place. Until that nothing starts, and the same
command goes on where it was broken off.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from afterword import children, services
from afterword.access.chain import Broken
from afterword.evaluation.running import RASA_PYTHON
from afterword.operator import operator
from afterword.records import audit, root_file, root_key
from afterword.records.store import Records, Tx
from afterword.records.vault import Vault, load_vault
from afterword.running import StillRunning, alone
from afterword.settings import PROJECT, Settings

_PURPOSE = "keys renew-root"

Report = Callable[[str], object]


class RenewalRefused(Exception):
    """The root key is not changed; the message says why and what to do."""


def renew(settings: Settings, report: Report) -> None:
    """Makes a new root key and carries everything over, or ends what was broken off.

    Raises RenewalRefused, StillRunning, VaultError.
    """
    with alone(settings.data_dir):
        if not root_file.is_proposed(settings.keys):
            require_whole(settings)
            root_file.propose(settings.keys)
            report("A new root key is in the key file, beside the old one.")
        _carry_over(settings, root_file.proposed(settings.keys), report)
        root_file.settle(settings.keys)
        report("The new root key has its place. Back the key file up.")


def carry_over(settings: Settings, report: Report) -> None:
    """Carries over what an older root key still holds. Raises as `renew`."""
    with alone(settings.data_dir):
        _carry_over(settings, load_vault(settings.key_place), report)


def write_elsewhere(settings: Settings, path: Path) -> None:
    """Writes keys with a new root, for who keeps them elsewhere. Raises as `renew`."""
    if path.exists():
        raise RenewalRefused(f"{path} is there already. Give the name of a new file.")
    with alone(settings.data_dir):
        require_whole(settings)
        root_file.write_renewed(load_vault(settings.key_place), path)


def require_whole(settings: Settings) -> None:
    """That the change can be carried out: the audit holds, and all that it needs is there."""
    vault = load_vault(settings.key_place)
    with _opened(settings, vault) as tx:
        _require_nobody(tx)
        root_key.require_fitting(tx)
        found = audit.verify(tx)
    if isinstance(found, Broken):
        raise RenewalRefused(
            f"The audit is broken at row {found.seq}: {found.why}. Nothing was changed. "
            "See docs/audit.md."
        )
    # Nothing is to be done yet; that it can be done is seen before anything has changed.
    _seal_conversations(settings, vault)


def _carry_over(settings: Settings, vault: Vault, report: Report) -> None:
    with _opened(settings, vault) as tx:
        _require_nobody(tx)
    turns = _seal_conversations(settings, vault)
    report(f"{turns['sealed']} turns of the assistant's conversations are sealed anew.")
    if turns["left"]:
        report(f"{turns['left']} turns open with no key that is here: they stay as they are.")
    with _opened(settings, vault) as tx:
        roots = root_key.carry_over(tx)
    report("The database is carried over." if roots else "The database was carried over before.")


def _require_nobody(tx: Tx) -> None:
    """Other machines hold no lock here, but they are connected."""
    if others := root_key.others_connected(tx):
        raise StillRunning(f"Others are connected to the database ({others}). Stop them first.")


@contextmanager
def _opened(settings: Settings, vault: Vault) -> Iterator[Tx]:
    records = Records(settings.database, vault)
    try:
        with records.begin(by=operator(), purpose=_PURPOSE) as tx:
            yield tx
        records.forget_log()
    finally:
        records.close()


def _seal_conversations(settings: Settings, vault: Vault) -> dict[str, int]:
    """In Rasa's environment, which alone knows its tables; `sealed` and `left` are counts.

    Raises RenewalRefused and RasaRefused.
    """
    said: list[str] = []
    try:
        children.run(
            [str(PROJECT / RASA_PYTHON), "-m", "bot.reseal"],
            folder=PROJECT,
            environment=_environment(settings, vault),
            heard=said.append,
        )
        found: dict[str, int] = json.loads(said[-1])
    except (OSError, ValueError, IndexError):
        raise RenewalRefused(
            "The assistant's conversations cannot be sealed anew. Check AFTERWORD_TRACKER_URL and "
            "that its database runs, then run the same command again."
        ) from None
    return found


def _environment(settings: Settings, vault: Vault) -> dict[str, str]:
    environment = services.base_environment() | services.conversations(settings, vault)
    # Keys that come in a variable are not for Rasa's environment.
    environment.pop(settings.key_source.removeprefix("env:"), None)
    *former, _ = vault.derive_all("trackers")
    old = ",".join(base64.b64encode(key).decode() for key in former)
    return environment | {"PYTHONPATH": str(PROJECT), "AFTERWORD_TRACKER_OLD_KEYS": old}
