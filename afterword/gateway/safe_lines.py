"""Lines of safety as the page gets them: words of the catalogue, help lines, choices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from afterword.locales import Catalogue
from afterword.records.views import Clinic
from afterword.safety.helplines import Contact, Country, Kind, contact, contacts
from afterword.safety.replies import ANY_TROUBLE, Line

KIND = "safety"
Body = dict[str, Any]


@dataclass(frozen=True)
class Speaker:
    """Who says it and for where: one clinic, one country, one language."""

    catalogue: Catalogue
    country: Country
    clinic: Clinic | None = None
    values: Mapping[str, str] | None = None

    def bodies(self, lines: Iterable[Line]) -> list[Body]:
        """Lines as messages of the conversation, in their order."""
        return [self._body(line) for line in lines]

    def _body(self, line: Line) -> Body:
        tell = self.catalogue.section("safety")
        known = {
            "emergency": self.country.emergency.voice or "",
            "clinic": self.clinic.name if self.clinic else "",
        }
        text = tell(line.key, **{"told": "", **known, **(self.values or {}), **line.values})
        return {
            "text": " ".join(text.split()),
            "kind": KIND,
            "input": "text",
            "question": None,
            "progress": None,
            "rows": [],
            "contacts": self.contacts(line.kinds, emergency=line.emergency),
            "choices": [
                {
                    "token": token,
                    "title": tell(f"choice_{token.partition('.')[2]}"),
                    "style": "",
                }
                for token in line.choices
            ],
        }

    def contacts(self, kinds: Iterable[str], *, emergency: bool) -> list[dict[str, str]]:
        """Help lines as links: the emergency number first when it is wanted, then the others."""
        wanted = [Kind(kind) for kind in kinds]
        if not wanted and not emergency:
            return []
        language = self.catalogue.language
        lines = contacts(self.country, wanted or [Kind(k) for k in ANY_TROUBLE], language)
        links = [link for one in lines for link in self._links(one)] if wanted else []
        number = self._links(contact(self.country.emergency, language))
        rest = [link for link in links if link not in number]
        clinic = self._clinic_links() if wanted else []
        return [*(number if emergency else []), *clinic, *rest]

    def all_links(self) -> list[dict[str, str]]:
        """Every help line of the country that a person has checked, the emergency number first."""
        lines = [self.country.emergency, *(one for one in self.country.lines if one.is_verified)]
        language = self.catalogue.language
        return [link for line in lines for link in self._links(contact(line, language))]

    def _clinic_links(self) -> list[dict[str, str]]:
        if self.clinic is None or not self.clinic.urgent_phone:
            return []
        tell = self.catalogue.section("safety")
        phone = self.clinic.urgent_phone
        return [_link(tell("clinic_urgent", clinic=self.clinic.name, number=phone), _tel(phone))]

    def _links(self, one: Contact) -> list[dict[str, str]]:
        """One line as links: call, text, chat; its name and hours stand with the first."""
        tell = self.catalogue.section("safety")
        if one.id == self.country.emergency.id:
            return [_link(tell("emergency", number=one.voice), _tel(one.voice or ""))]
        found = []
        if one.voice:
            found.append(_link(tell("call", number=one.voice), _tel(one.voice)))
        if one.text_number:
            words = {"word": one.text_word, "number": one.text_number}
            key = "text_word" if one.text_word else "text"
            found.append(_link(tell(key, **words), _sms(one.text_number, one.text_word)))
        if one.chat or one.web:
            found.append(_link(tell("chat", name=one.name), str(one.chat or one.web)))
        about = ", ".join(part for part in (one.name, one.hours, one.cost) if part)
        return [link | {"about": about if at == 0 else ""} for at, link in enumerate(found)]


def _link(title: str, href: str) -> dict[str, str]:
    return {"title": title, "href": href, "about": ""}


def _tel(number: str) -> str:
    return f"tel:{number.replace(' ', '')}"


def _sms(number: str, word: str | None) -> str:
    return f"sms:{number.replace(' ', '')}" + (f"?&body={word}" if word else "")
