"""What is kept about a patient, put into words: for their page, as a page to keep, as JSON."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from afterword.locales import Catalogue
from afterword.records.rights import Own
from afterword.reflection.answers import AnswerState
from afterword.reflection.instrument import Instrument
from afterword.reflection.plan import Plan
from afterword.reflection.tongues import spoken

PATIENTS_TERMS = ("messages", "drafts", "words", "ratings", "links", "alert_words", "misheard")
"""The settings `keep_*` that a patient is told of; the others are of staff."""
Instruments = Mapping[tuple[str, int], Instrument]


@dataclass(frozen=True)
class Teller:
    """Puts codes and times into one language, and times into the clinic's zone."""

    catalogue: Catalogue
    instruments: Instruments
    timezone: str

    def explained(self, own: Own) -> Own:
        """The same values, with what was asked and chosen beside the codes of each answer."""
        told = deepcopy(own)
        goals = {goal["id"]: goal["text"] for goal in told["goals"]}
        for reflection in told["reflections"]:
            key = tuple(reflection["instrument"])
            instrument = self.instruments.get((str(key[0]), int(key[1])))
            for answer in reflection["answers"]:
                answer["asked"] = answer["chosen"] = ""
                answer["reworded"] = None
                for before in answer["before"]:
                    before["chosen"] = ""
            if instrument is not None:
                self._explain(reflection, instrument, goals)
        return told

    def day(self, at: datetime | date) -> str:
        local = at.astimezone(ZoneInfo(self.timezone)) if isinstance(at, datetime) else at
        month = self.catalogue("page.months").split()[local.month - 1]
        return self.catalogue("page.date", day=local.day, month=month, year=local.year)

    def moment(self, at: datetime) -> str:
        return f"{self.day(at)}, {at.astimezone(ZoneInfo(self.timezone)):%H:%M}"

    def did(self, read: Mapping[str, Any]) -> str:
        """One row of the audit as a sentence without its day."""
        say = self.catalogue.section("page")
        who = read["name"] or say(f"who_{read['who']}")
        known = f"page.did_{read['did']}" in self.catalogue.texts
        what = "denied" if read["outcome"] == "denied" else read["did"] if known else "other"
        return f"\u2068{who}\u2069: {say(f'did_{what}')}"

    def terms(self, terms: Mapping[str, int]) -> Iterator[tuple[str, str]]:
        """What is kept how long, as a patient reads it."""
        say = self.catalogue.section("page")
        for kind in PATIENTS_TERMS:
            yield say(f"mine_keep_{kind}"), self._long(terms[kind])

    def _long(self, days: int) -> str:
        """A term as people say it: nobody counts 1825 days."""
        say = self.catalogue.section("page")
        years, rest = divmod(days, 365)
        if not days:
            return say("mine_forever")
        if rest:
            return say("mine_days", days=days)
        return say("mine_year") if years == 1 else say("mine_years", years=years)

    def _explain(self, reflection: Own, instrument: Instrument, goals: Mapping[str, str]) -> None:
        language = spoken(self.catalogue.language, instrument.languages)
        # Whether the words had changed goes by those that the patient had read.
        asked_in = spoken(reflection["language"], instrument.languages)
        say = self.catalogue.section("page")
        questions = {one.id: one for one in Plan(instrument, goals).every()}
        for answer in reflection["answers"]:
            question = questions.get(answer["question"])
            if question is None:
                continue
            label = question.item.label[language]
            answer["asked"] = f"{label}: {question.goal}" if question.goal else label
            answer["reworded"] = question.item.reworded.get(asked_in)
            for given in (answer, *answer["before"]):
                option = question.item.option(given["value"] or "")
                given["chosen"] = option.label[language] if option else ""
                if given["state"] == AnswerState.SKIPPED:
                    given["chosen"] = say("mine_skipped")
                if given["state"] == AnswerState.DECLINED:
                    given["chosen"] = say("mine_declined")


def as_json(own: Own, *, made_at: datetime) -> str:
    """A file for other programs; times in UTC."""
    body = {"format": "afterword export", "version": 1, "made_at": made_at} | own
    return json.dumps(body, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(type(value).__name__)
