"""The screener of an installation, from its files."""

import logging
from functools import cache

from afterword.safety.screen import Model
from afterword.screening.model import ModelBroken, load_model
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import MODEL, Screener

logger = logging.getLogger(__name__)


@cache
def load_screener(layers: frozenset[str]) -> Screener:
    """The screener with these layers. Without its model it goes on by rules, and says so.

    Raises DataFileError and ScreenBroken.
    """
    screener = Screener(load_rules(), _model() if MODEL in layers else None, layers)
    screener.prove()
    return screener


def _model() -> Model | None:
    try:
        return load_model()
    except ModelBroken as broken:
        logger.error("the screen works by rules alone", extra={"reason": str(broken)})
        return None
