"""Which archives of models stay: the newest, and all that somebody may still talk with."""

from collections.abc import Collection, Sequence
from pathlib import Path

from afterword import manifest
from afterword.records import registry, serving
from afterword.records.registry import Model, State
from afterword.records.store import Records
from afterword.settings import Settings


def to_remove(newest_first: Sequence[Model], needed: Collection[str], kept: int) -> list[str]:
    """The names of models whose archives may go. Pure.

    `needed` go for nobody; they count among the `kept`.
    """
    left = [one.name for one in newest_first if one.state is not State.REMOVED]
    return [name for name in left[kept:] if name not in needed]


def prune(records: Records, settings: Settings, shipped: str) -> list[str]:
    """Deletes the archives and manifests that are not kept; returns the names.

    Only what the registry knows is touched: a folder of models may be that of several databases.
    """
    with records.begin() as tx:
        state = serving.state(tx)
        needed = {state.live, state.previous, state.candidate, shipped} | serving.pinned(tx)
        gone = to_remove(registry.models(tx), needed, settings.models_kept)
        for name in gone:
            registry.set_state(tx, name, State.REMOVED)
    for name in gone:
        _delete(settings.models_dir / f"{name}.tar.gz")
    return gone


def _delete(archive: Path) -> None:
    # The manifest first: what is left of a removal that was cut off is never loaded.
    manifest.path_of(archive).unlink(missing_ok=True)
    archive.unlink(missing_ok=True)
