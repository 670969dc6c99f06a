"""From the records to the digest: a thin call of the pure builder."""

from collections.abc import Mapping
from dataclasses import dataclass

from afterword.locales import Catalogue
from afterword.records import digests
from afterword.records.digests import DigestSource
from afterword.records.store import Tx
from afterword.reflection.digest import Digest, Writer
from afterword.reflection.instrument import Instrument


@dataclass(frozen=True)
class DigestMaker:
    """Makes digests in one language, each on the instrument that its answers were given on."""

    instruments: Mapping[tuple[str, int], Instrument]
    texts: Catalogue

    def digest_for(
        self, tx: Tx, staff_id: str, appointment_id: str
    ) -> tuple[DigestSource, Digest] | None:
        """The digest of one of the clinician's own appointments; None for any other."""
        return self._made(digests.digest_source(tx, staff_id, appointment_id))

    def open_digest(
        self, tx: Tx, staff_id: str, appointment_id: str
    ) -> tuple[DigestSource, Digest] | None:
        """As `digest_for`, and notes that the clinician opened it."""
        return self._made(digests.open_latest(tx, staff_id, appointment_id))

    def option(self, digest: Digest, question: str, rank: int) -> str:
        """The words of an option of a scale, counted from 1."""
        instrument = self.instruments[digest.instrument, digest.instrument_version]
        return instrument.items[question].options[rank - 1].label[self.texts.language]

    def _made(self, source: DigestSource | None) -> tuple[DigestSource, Digest] | None:
        if source is None:
            return None
        latest = source.latest
        instrument = (
            next(iter(self.instruments.values()))
            if latest is None
            else self.instruments[latest.instrument, latest.instrument_version]
        )
        writer = Writer(
            instrument=instrument,
            language=self.texts.language,
            say=self.texts.section("digest"),
            open_with=self.texts.section("openers"),
            clinician=source.appointment.clinician.name,
        )
        goals = {goal.id: goal.text for goal in source.goals}
        return source, writer.build(source.latest, source.earlier, goals)
