"""An inert TensorFlow, so that Rasa starts without the real one.

Rasa imports TensorFlow at start even when no configured component uses it. `install()` puts
modules in its place that can be imported, subclassed and named in annotations, and that do
nothing else: the first real call raises `TensorFlowMissingError`.

>>> import tensorflow as tf                     # works
>>> class Layer(tf.keras.layers.Layer): ...     # works
>>> tf.constant(1)                              # TensorFlowMissingError
"""

from __future__ import annotations

import importlib.util
import sys
from abc import ABCMeta
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

# The packages that Rasa, or a component written for it, imports together with TensorFlow.
PACKAGES = frozenset(
    {
        "keras",
        "tensorboard",
        "tensorflow",
        "tensorflow_addons",
        "tensorflow_estimator",
        "tensorflow_hub",
        "tensorflow_probability",
        "tensorflow_text",
        "tf_keras",
    }
)

# Version checks at import time should see the release that Rasa 3.6.21 was written for.
VERSION = "2.12.0"

HOW_TO_INSTALL = (
    "requirements/rasa-tensorflow.txt brings it: run `python3.11 scripts/bootstrap.py "
    "rasa-tensorflow`, then ./rasa with AFTERWORD_RASA_ENV=.venv/rasa-tensorflow."
)

# Called while a module is being imported, so they hand back what they decorate.
_DECORATORS = frozenset({"custom_gradient", "do_not_convert", "function", "recompute_grad"})
_DECORATOR_PREFIX = "register_"


class TensorFlowMissingError(RuntimeError):
    """A part of TensorFlow was called in an environment that does without it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs TensorFlow, which this environment leaves out. {HOW_TO_INSTALL}"
        )


def is_installed() -> bool:
    """Whether the real TensorFlow can be imported here."""
    if "tensorflow" in sys.modules:
        return not isinstance(sys.modules["tensorflow"], InertModule)
    return importlib.util.find_spec("tensorflow") is not None


def install() -> bool:
    """Put the stand-in in place, unless TensorFlow is there. Say whether the stand-in is used."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return True
    if is_installed():
        return False
    # Last in line: a package that is really installed always wins.
    sys.meta_path.append(_Finder())
    return True


class _Inert(ABCMeta):
    """Metaclass of every stand-in name: attributes are more names, a call is an error."""

    def __getattr__(cls, name: str) -> Any:
        # A class that Rasa derived from a stand-in answers honestly about what it lacks.
        if _is_dunder(name) or "_stands_for" not in cls.__dict__:
            raise AttributeError(f"{cls.__qualname__} has no attribute {name!r}")
        value = _inert(f"{cls._stands_for}.{name}")
        setattr(cls, name, value)
        return value

    def __getitem__(cls, _parameters: Any) -> _Inert:
        return cls

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        name: str = cls.__dict__.get("_stands_for", cls.__qualname__)
        if _decorates(name):
            return args[0] if args and callable(args[0]) else _unchanged
        _refuse(name)


class InertModule(ModuleType):
    """A module in which every public name exists."""

    def __getattr__(self, name: str) -> Any:
        if _is_dunder(name):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = _inert(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        return ModuleSpec(fullname, self, origin="stand-in", is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return InertModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__version__"] = VERSION


def _inert(name: str) -> _Inert:
    return _Inert(name.rpartition(".")[2], (), {"_stands_for": name, "__module__": __name__})


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _decorates(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in _DECORATORS or last.startswith(_DECORATOR_PREFIX)


def _unchanged(decorated: Any) -> Any:
    return decorated


def _refuse(name: str) -> NoReturn:
    raise TensorFlowMissingError(name)
