"""What is said at each clinic: the shipped texts and questions with its own words laid over.

Every process that speaks holds one. It looks for changes when a unit of work begins, at most once a
second, so what is published is said everywhere a second later, and nothing is started anew.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from afterword.locales import Catalogue
from afterword.records import wordings
from afterword.records.store import Records, Tx
from afterword.reflection.instrument import Instrument
from afterword.wording.changes import Change
from afterword.wording.overlay import Editions, overlaid

Instruments = Mapping[tuple[str, int], Instrument]
_EVERY = 1.0


@dataclass(frozen=True)
class Words:
    """All that one clinic says. `instruments` by (id, version), what new reflections ask first."""

    catalogues: Mapping[str, Catalogue]
    instruments: Instruments

    @property
    def asked(self) -> Instrument:
        """The questions that new reflections ask."""
        return next(iter(self.instruments.values()))

    def catalogue(self, language: str | None = None) -> Catalogue:
        """The texts of a language, or of the first one that we have."""
        first = next(iter(self.catalogues.values()))
        return self.catalogues.get(language or "", first)


class Phrasing:
    """The words of every clinic. Safe to share between threads; `of` never waits for anything."""

    def __init__(self, catalogues: Mapping[str, Catalogue], instruments: Instruments) -> None:
        self.shipped = Words(catalogues, instruments)
        self._known: dict[str, tuple[int, Words]] = {}
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def of(self, clinic_id: str = "") -> Words:
        """What a clinic says; what is shipped where it has changed nothing, or is not known."""
        known = self._known.get(clinic_id)
        return self.shipped if known is None else known[1]

    def refresh(self, tx: Tx) -> None:
        """Looks whether somebody has changed words: one short query, at most once a second.

        `tx` has to be one of a process of ours: it reads the words of every clinic.
        """
        now = time.monotonic()
        with self._lock:
            if now - self._looked < _EVERY:
                return
            self._looked = now
        self._look(tx)

    def refresh_now(self, records: Records) -> None:
        """Looks at once, for who has just changed some. Raises RecordsAway."""
        with records.read() as tx:
            self._look(tx)

    def _look(self, tx: Tx) -> None:
        found = wordings.revisions(tx)
        for clinic_id, number in found.items():
            known = self._known.get(clinic_id)
            if known is None or known[0] != number:
                self._known[clinic_id] = (number, self._laid(wordings.changes(tx, clinic_id)))

    def _laid(self, changes: list[Change]) -> Words:
        return Words(
            {
                name: Catalogue(name, overlaid(catalogue.texts, name, changes))
                for name, catalogue in self.shipped.catalogues.items()
            },
            Editions(self.shipped.instruments, changes),
        )
