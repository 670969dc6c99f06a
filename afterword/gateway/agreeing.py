"""Noting what a patient agreed to, in the words that stood on the page."""

from afterword.gateway.intake import FORM_PAGE
from afterword.locales import Catalogue
from afterword.records import consents
from afterword.records.consents import Subject, Wording
from afterword.records.store import Tx


def agree(
    tx: Tx,
    catalogue: Catalogue,
    reflection_id: str,
    subject: Subject = Subject.REFLECTION,
    channel: str = FORM_PAGE,
) -> None:
    """The same words again change nothing; after a withdrawal they count anew."""
    wording = Wording.of(subject, catalogue.language, catalogue.section("page"))
    consents.give(tx, reflection_id, wording, channel)
