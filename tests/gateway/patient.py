"""Somebody with a link, for the tests of what they see of their data."""

import re
import uuid
from html import unescape
from typing import Any

from factory import cheap_hash
from stand_in import Clinic
from starlette.testclient import TestClient

from afterword.access.actors import Actor
from afterword.locales import load
from afterword.records import codes, reflections
from afterword.reflection.answers import Answer, AnswerState, Sharing

CODE, WRONG = "4711 0815", "00000000"
HASH = cheap_hash("47110815")
WORDS = "I liked the <i>pace</i>"
SAY = load("en").section("page")


class Patient:
    """Somebody with a link, and a browser that keeps cookies."""

    def __init__(self, clinic: Clinic, client: TestClient) -> None:
        self.clinic, self.client = clinic, client
        self.token = clinic.link()
        self.start = clinic.records.clock()
        self.reflection_id = clinic.reflection_id(self.token)
        self.patient_id = clinic.reflection(self.token).patient_id

    @property
    def records(self) -> Any:
        return self.clinic.records

    def has_code(self) -> "Patient":
        with self.records.begin(by=Actor.operator("tests")) as tx:
            codes.give(tx, self.patient_id, HASH)
        return self

    def answers(self, words: str = WORDS, sharing: Sharing | None = Sharing.ALL) -> None:
        with self.records.begin() as tx:
            reflections.begin(tx, self.reflection_id)
            answer = Answer("heard", AnswerState.ANSWERED, "4", words)
            reflections.record_answer(tx, self.reflection_id, answer, str(uuid.uuid4()))
            if sharing:
                reflections.share(tx, self.reflection_id, sharing)

    def get(self, path: str = "/mine") -> Any:
        return self.client.get(f"/f/{self.token}{path}")

    def sees(self, path: str = "/mine") -> str:
        """The text of a page, without its marks."""
        reply = self.get(path)
        assert reply.status_code == 200, reply.status_code
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", reply.text)).split())

    def does(self, do: str, **fields: str) -> Any:
        return self.client.post(f"/f/{self.token}/mine", data={"do": do, **fields})

    def enters(self, code: str = CODE, to: str = "mine") -> Any:
        return self.client.post(f"/f/{self.token}/code", data={"code": code, "to": to})

    def locks(self) -> "Patient":
        """Wants the code each time, and leaves."""
        self.has_code()
        self.enters()
        self.does("each_time", on="1")
        self.client.cookies.clear()
        return self


DANGER = "I am going to kill myself tonight"
