"""Loading the statistical layer (docs/safety-model.md), whole and unaltered, or not at all."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from afterword.safety.screen import Model
from afterword.screening import one_core as one_core  # before numpy, see there
from afterword.screening.artefact import FILES, LAYOUT, MANIFEST
from afterword.settings import PROJECT

FOLDER = PROJECT / "safety" / "model"
_HOW = "Restore the folder safety/model/ from the release."


class ModelBroken(Exception):
    """The model cannot be used, in a sentence that says why and what to do."""


def load_model(folder: Path = FOLDER) -> Model:
    """The model of that folder. Raises ModelBroken."""
    manifest = _manifest(folder)
    files = {name: _file(folder, name, manifest) for name in FILES}
    try:
        # Here, so that an installation without these packages still serves by rules.
        from afterword.screening import embedding, scoring
    except ImportError as missing:
        raise ModelBroken(
            f"the safety model needs the package {missing.name}. Install requirements/app.txt."
        ) from None
    try:
        return scoring.build(manifest, files)
    except embedding.EncoderMissing as missing:
        raise ModelBroken(f"the safety model: {missing}. Install requirements/app.txt.") from None
    except (KeyError, ValueError, TypeError, IndexError):
        raise ModelBroken(f"the safety model in {folder} cannot be read. {_HOW}") from None


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ModelBroken(f"{path}: there is no safety model. {_HOW}") from None
    except ValueError:
        raise ModelBroken(f"{path}: this is not JSON. {_HOW}") from None
    if not isinstance(manifest, dict) or manifest.get("layout") != LAYOUT:
        raise ModelBroken(f"{path}: this model was written for another release. {_HOW}")
    return manifest


def _file(folder: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError:
        raise ModelBroken(f"{path}: this part of the safety model is missing. {_HOW}") from None
    if hashlib.sha256(content).hexdigest() != manifest.get("files", {}).get(name):
        raise ModelBroken(f"{path}: this part of the safety model was altered. {_HOW}")
    return content
