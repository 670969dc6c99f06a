"""The one screener: rules, model and time limit together, as every message meets it."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from afterword.safety.finding import Finding, Tier
from afterword.safety.screen import Context, Model, Rules, screen

LONGEST = 0.3
"""Seconds of the processor; a text that takes longer counts as *check*.

Not seconds of the wall: on a busy machine each message would be one to ask about, though all of it
was looked at.
"""
RULES, MODEL, CHECK = "rules", "model", "check"
LAYERS = (RULES, MODEL, CHECK)
"""What a clinic may switch off where the law asks for it; what is off is said."""
_PLAIN = {
    "en": "I want to kill myself",
    "es": "me quiero matar",
}

logger = logging.getLogger(__name__)


class ScreenBroken(Exception):
    """The screener does not find a plain statement; nothing may be served with it."""


@dataclass(frozen=True)
class Screener:
    """`layers` are those in use. `model` is None when it is off, missing or broken."""

    rules: Rules
    model: Model | None = None
    layers: frozenset[str] = frozenset(LAYERS)
    clock: Callable[[], float] = time.thread_time

    @property
    def asks(self) -> bool:
        """Whether the patient is asked when words are not clear."""
        return CHECK in self.layers

    @property
    def missing(self) -> tuple[str, ...]:
        """The layers that do not work now, for the digest and for the patient."""
        off = [layer for layer in LAYERS if layer not in self.layers]
        if MODEL in self.layers and self.model is None:
            off.append(MODEL)
        return tuple(off)

    def screen(
        self,
        text: str,
        *,
        earlier: Collection[str] = (),
        question: str = "",
        staff_names: Collection[str] = (),
    ) -> Finding:
        """The finding of one message; never raises."""
        began = self.clock()
        finding = self._look(text, tuple(earlier), question, tuple(staff_names))
        if self.clock() - began > LONGEST:
            logger.error("a screen took too long", extra={"seconds": LONGEST})
            finding = replace(finding, tier=max(finding.tier, Tier.CHECK), failed=True)
        elif finding.failed:
            logger.error("a layer of the screen failed")
        return finding

    def _look(
        self, text: str, earlier: tuple[str, ...], question: str, staff_names: tuple[str, ...]
    ) -> Finding:
        model = self.model if MODEL in self.layers else None
        use_rules = RULES in self.layers
        return screen(
            text, Context(self.rules, model, earlier, question, staff_names, use_rules=use_rules)
        )

    def prove(self) -> None:
        """Finds a plain statement in each language by rules alone. Raises ScreenBroken."""
        if RULES not in self.layers:
            return
        for language, text in _PLAIN.items():
            # Without the time limit: the first look takes longest, and nobody waits for it.
            # Without the model too: the rules are the floor, and have to hold without it.
            if screen(text, Context(self.rules)).tier < Tier.SAME_DAY:
                raise ScreenBroken(
                    f"the rules do not find a plain statement ({language}); "
                    "restore the folder safety/ from the release"
                )
