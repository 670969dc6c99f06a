"""Changing what a clinic says: the text with all that stands around it, the checks, the change.

The pages and the command line both go through here, so that neither gets round a check.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from afterword.phrasing import Phrasing
from afterword.records import wordings
from afterword.records.store import Tx
from afterword.reflection.instrument import Instrument
from afterword.screening.screener import Screener
from afterword.settings import PROJECT
from afterword.wording import checking
from afterword.wording.changes import Change, holding
from afterword.wording.checking import Around, Finding, Weight
from afterword.wording.licence import known_runs
from afterword.wording.places import Shape, Text, texts_of, why_fixed

_PUBLISHED = PROJECT / "instruments" / "published_runs.txt"


class UnknownText(LookupError):
    """There is no such text, or not in this language; the list of texts says which there are."""


class WordingRefused(Exception):
    """A text that is not published; `findings` say why, and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(one.code for one in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Said:
    """A text in one language at one clinic: what it says `now`, and the change that has it so.

    `others` is what it says in the other languages.
    """

    text: Text
    language: str
    now: str
    change: Change | None
    others: dict[str, str]

    @property
    def shipped(self) -> str:
        return self.text.shipped[self.language]


@cache
def published() -> frozenset[str]:
    """Hashes of published questionnaires."""
    return known_runs(_PUBLISHED.read_text(encoding="utf-8").splitlines())


@dataclass(frozen=True)
class Rewording:
    """Works on one clinic; made anew for each piece of work.

    `screener` gives the safety screen, which taps go through as words do.
    """

    phrasing: Phrasing
    screener: Callable[[], Screener]
    clinic_id: str

    @property
    def shipped(self) -> Instrument:
        return self.phrasing.shipped.asked

    @property
    def texts(self) -> dict[str, Text]:
        """Every text that has a place, those too that may not be changed."""
        catalogues = {name: one.texts for name, one in self.phrasing.shipped.catalogues.items()}
        return texts_of(catalogues, self.shipped)

    def said(self, tx: Tx, language: str) -> Iterator[Said]:
        """All texts in a language, in the order of the page. Raises Denied."""
        held = holding(wordings.changes(tx, self.clinic_id))
        for text in self.texts.values():
            if language in text.shipped:
                yield _said(text, language, held)

    def one(self, tx: Tx, language: str, key: str) -> Said:
        """Raises UnknownText and Denied."""
        held = holding(wordings.changes(tx, self.clinic_id))
        return _said(self._text(language, key), language, held)

    def at(self, address: str) -> str:
        """The key of the text with this address. Raises UnknownText."""
        for key, text in self.texts.items():
            if text.address == address:
                return key
        raise UnknownText(address)

    def check(self, tx: Tx, language: str, key: str, new: str) -> list[Finding]:
        """What is to be said about a new text. Raises UnknownText and Denied."""
        held = holding(wordings.changes(tx, self.clinic_id))
        texts = self.texts
        said = _said(self._text(language, key), language, held)
        beside = checking.labels_beside(texts, held, key, language)
        around = Around(
            {**said.others, language: said.now}, published(), beside, self._alarms(said, new)
        )
        return checking.check(said.text, language, plain(new), around)

    def publish(
        self, tx: Tx, language: str, key: str, new: str, *, reason: str = "", meant: bool = False
    ) -> list[Finding]:
        """Has a text say this from now on; returns what is told about it all the same.

        `meant`: somebody ticked that a hard line is meant so, which needs a reason. Raises
        WordingRefused, UnknownText, NoMoreChanges and Denied.
        """
        findings = self.check(tx, language, key, new)
        if checking.refused(findings, with_reason=meant and bool(reason.strip())):
            raise WordingRefused(findings)
        wordings.change(
            tx, self.clinic_id, language=language, key=key, text=plain(new), reason=reason
        )
        return findings

    def back(self, tx: Tx, language: str, key: str, *, reason: str = "") -> bool:
        """Has a text say again what is shipped; False where it does already.

        A text that an update has taken away can be taken back too. Raises UnknownText and Denied.
        """
        changed = wordings.take_back(tx, self.clinic_id, language=language, key=key, reason=reason)
        if not changed:
            self._text(language, key)
        return changed

    def review(self, tx: Tx) -> list[tuple[str, str, Finding]]:
        """What is wrong with all that the clinic says in its own words. Raises Denied."""
        changes = wordings.changes(tx, self.clinic_id)
        return checking.review(self.texts, changes, published())

    def _alarms(self, said: Said, new: str) -> bool:
        """Whether a tap on an answer would raise an alert: it is screened as words are."""
        if said.text.shape is not Shape.OPTION:
            return False
        # By what is found: a screen that took too long asks to be on the safe side, and is no
        # reason here.
        return bool(self.screener().screen(new, question=said.text.item).counting)

    def _text(self, language: str, key: str) -> Text:
        text = self.texts.get(key)
        if text is None and why_fixed(key):
            fixed = Finding(f"fixed_{why_fixed(key)}", Weight.REFUSED)
            raise WordingRefused([fixed])
        if text is None or language not in text.shipped:
            raise UnknownText(key)
        return text


def sentence(say: Callable[..., str], finding: Finding) -> str:
    """A finding in words, with what to do. `say` has the texts of the portal."""
    values = dict(finding.values)
    if "language" in values:
        values["language"] = say(f"language_{values['language']}")
    return say(f"wording_found_{finding.code}", **values)


def plain(text: str) -> str:
    """A text as it is kept: no space at its ends, line ends as everywhere."""
    return text.replace("\r\n", "\n").strip()


def _said(text: Text, language: str, held: dict[tuple[str, str], Change]) -> Said:
    now = {
        one: held[one, text.key].text if (one, text.key) in held else shipped
        for one, shipped in text.shipped.items()
    }
    change = held.get((language, text.key))
    others = {one: words for one, words in now.items() if one != language}
    return Said(text, language, now[language], change, others)
