"""From the records to the digest: a thin call of the pure builder."""

from collections.abc import Mapping
from dataclasses import dataclass

from afterword.locales import Catalogue
from afterword.records import alert_desk, alert_facts, alerts, digests
from afterword.records.alert_views import AlertTag
from afterword.records.digests import DigestSource, Shared
from afterword.records.store import Tx
from afterword.reflection.digest import Digest, Writer
from afterword.reflection.instrument import Instrument
from afterword.safety.finding import Finding, Route, Tier
from afterword.screening.screener import Screener


@dataclass(frozen=True)
class DigestMaker:
    """Makes digests in one language, each on the instrument that its answers were given on."""

    instruments: Mapping[tuple[str, int], Instrument]
    texts: Catalogue
    screener: Screener

    @property
    def asked(self) -> Instrument:
        """The questions that new reflections ask."""
        return next(iter(self.instruments.values()))

    def digest_for(
        self, tx: Tx, staff_id: str, appointment_id: str
    ) -> tuple[DigestSource, Digest] | None:
        """The digest of one of the clinician's own appointments; None for any other."""
        return self._made(digests.digest_source(tx, staff_id, appointment_id))

    def open_digest(
        self, tx: Tx, staff_id: str, appointment_id: str
    ) -> tuple[DigestSource, Digest] | None:
        """As `digest_for`, and notes that the clinician opened it.

        What was shared is screened once more: rules may have changed since it came.
        """
        source = digests.open_latest(tx, staff_id, appointment_id)
        if source is not None and source.latest is not None:
            self._look_again(tx, source.latest, source.appointment.clinician.name)
        return self._made(source)

    def of_one(self, source: DigestSource) -> Digest:
        """The digest of what the records have let somebody look at."""
        latest = source.latest
        instrument = (
            self.asked
            if latest is None
            else self.instruments[latest.instrument, latest.instrument_version]
        )
        writer = Writer(
            instrument=instrument,
            language=self.texts.language,
            say=self.texts.section("digest"),
            open_with=self.texts.section("openers"),
            clinician=source.appointment.clinician.name,
            instruments=self.instruments,
        )
        goals = {goal.id: goal.text for goal in source.goals}
        return writer.build(source.latest, source.earlier, goals)

    def notices(self, tx: Tx, staff_id: str, source: DigestSource) -> list[AlertTag]:
        """The safety notices that this clinician may see."""
        if source.latest is None:
            return []
        return alert_desk.of_reflection_for(tx, staff_id, source.latest.reflection_id)

    def _look_again(self, tx: Tx, latest: Shared, clinician: str) -> None:
        known = alert_facts.evidence_of(tx, latest.reflection_id)
        for answer in latest.answers.values():
            if not answer.words:
                continue
            finding = self.screener.screen(
                answer.words, question=answer.question, staff_names=(clinician,)
            )
            for route in Route:
                part = finding.part(route)
                if part.tier >= Tier.NOTE and not known.issuperset(part.evidence_ids):
                    _raise(tx, latest, finding, route, answer.words)

    def option(self, digest: Digest, question: str, rank: int) -> str:
        """The words of an option of a scale, counted from 1."""
        instrument = self.instruments[digest.instrument, digest.instrument_version]
        return instrument.items[question].options[rank - 1].label[self.texts.language]

    def _made(self, source: DigestSource | None) -> tuple[DigestSource, Digest] | None:
        return None if source is None else (source, self.of_one(source))


def _raise(tx: Tx, latest: Shared, finding: Finding, route: Route, words: str) -> None:
    part = finding.part(route)
    incident = alerts.Incident(
        reflection_id=latest.reflection_id,
        route=route,
        tier=part.tier,
        text=words,
        evidence=part.evidence_ids,
        # Of all the words: what is also about the clinician is kept from them.
        categories=finding.categories,
        version=part.version,
        channel="digest",
        language=latest.language,
    )
    if part.tier < Tier.SAME_DAY:
        # There is nobody to ask any more; the clinician has the words before them.
        alerts.note(tx, incident)
    else:
        alerts.raise_alert(tx, incident)
