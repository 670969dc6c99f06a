"""No model is unpacked that was not signed here, by whatever way Rasa came to it.

Rasa makes objects of the classes that an archive names, so the check comes before anything of it
is read, and is made on a copy of our own: what was checked is what is unpacked.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.exceptions import RasaException

from afterword.manifest import ModelRefused, read, require_same


class ModelNotTrusted(RasaException):
    """The model is refused; the message says why and what to do."""


class ModelGuard:
    """Stands before both ways in which Rasa opens an archive."""

    def __init__(self, public_key: str, only: Path | None) -> None:
        """Keeps the key, and the one model that may be loaded when the command serves."""
        self._public_key = public_key
        self._only = only.resolve() if only else None
        # What this very command has trained: `rasa test --config` trains and then loads.
        self._made: set[Path] = set()

    def install(self) -> None:
        """Take the place of Rasa's methods."""
        storage: Any = LocalModelStorage
        load = storage.from_model_archive.__func__
        metadata = storage.metadata_from_archive.__func__
        package = storage.create_model_package

        def from_model_archive(cls: Any, storage_path: Path, model_archive_path: Any) -> Any:
            with tempfile.TemporaryDirectory() as folder:
                return load(cls, storage_path, self._checked(Path(model_archive_path), folder))

        def metadata_from_archive(cls: Any, model_archive_path: Any) -> Any:
            with tempfile.TemporaryDirectory() as folder:
                return metadata(cls, self._checked(Path(model_archive_path), folder))

        def create_model_package(store: Any, model_archive_path: Any, *rest: Any) -> Any:
            self._made.add(Path(model_archive_path).resolve())
            return package(store, model_archive_path, *rest)

        storage.from_model_archive = classmethod(from_model_archive)
        storage.metadata_from_archive = classmethod(metadata_from_archive)
        storage.create_model_package = create_model_package

    def _checked(self, archive: Path, folder: str) -> Path:
        if archive.resolve() in self._made:
            return archive
        if self._only not in (None, archive.resolve()):
            raise ModelNotTrusted(f"{archive} is not the model that was named with --model.")
        copy = Path(folder) / archive.name
        try:
            manifest = read(archive, self._public_key)
            copy.write_bytes(archive.read_bytes())
            require_same(manifest, copy)
        except ModelRefused as refused:
            raise ModelNotTrusted(str(refused)) from None
        except OSError:
            raise ModelNotTrusted(f"{archive} cannot be read. Run: afterword train") from None
        return copy
