"""The conversation as the page gets it: plain JSON made from what the records hold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from afterword.locales import Catalogue
from afterword.records import inbox, reflections
from afterword.records.store import Tx
from afterword.records.views import Message, Reflection
from afterword.reflection.answers import ReflectionState

START = "menu.start"
MENU = ("skip", "back", "ask_who_sees", "ask_why", "pause", "ask_human", "stop_delete")
"""The intents that the page's menu offers at every turn."""

_STATES = {inbox.RECEIVED: "waiting", inbox.DONE: "done", inbox.REFUSED: "refused"}
OVER = (ReflectionState.SHARED, ReflectionState.PRIVATE, ReflectionState.DELETED)


@dataclass(frozen=True)
class Snapshot:
    """One look at a conversation; `waiting` is in seconds."""

    revision: int
    body: dict[str, Any]
    waiting: float


def look(
    tx: Tx, reflection_id: str, after: int, catalogue_of: Callable[[str], Catalogue]
) -> Snapshot:
    """What is new since revision `after`, and where the reflection stands.

    `catalogue_of` gives the texts of a language. The page loads itself again when it changes.
    """
    reflection = reflections.by_id(tx, reflection_id)
    if reflection is None:
        raise LookupError("There is no such reflection.")
    catalogue = catalogue_of(reflection.language)
    # A number from the future is from before a restored backup: then everything is new.
    since = after if 0 <= after <= reflection.revision else 0
    messages = inbox.conversation_since(tx, reflection_id, since)
    titles = _titles(tx, reflection_id, messages, catalogue)
    oldest = inbox.waiting_since(tx, reflection_id)
    # Not 0 while anything waits: 0 says that nothing does.
    waiting = max(0.1, (tx.now - oldest).total_seconds()) if oldest else 0.0
    body = {
        "cursor": reflection.revision,
        "language": catalogue.language,
        "messages": [
            _message(message, titles, catalogue) for message in messages if _is_said(message)
        ],
        "waiting": round(waiting, 1),
        "reflection": reflection.state,
        "read": _read(reflection),
        "notice": notice(reflection, catalogue),
    }
    return Snapshot(reflection.revision, body, waiting)


def notice(reflection: Reflection, catalogue: Catalogue) -> dict[str, str] | None:
    """What happens next, once the reflection has ended; None while it is open."""
    if reflection.state not in OVER:
        return None
    say = catalogue.section("page")
    if reflection.read is not None:
        day = _day(reflection.read.at, reflection.clinic.timezone, catalogue)
        title = say("read_by", by=f"\u2068{reflection.read.by}\u2069", date=day)
        return {"title": title, "text": say("read_next")}
    state = str(reflection.state)
    return {"title": say(f"done_{state}"), "text": say(f"done_{state}_next")}


def _day(at: datetime, timezone: str, catalogue: Catalogue) -> str:
    local = at.astimezone(ZoneInfo(timezone))
    month = catalogue("page.months").split()[local.month - 1]
    return catalogue("page.date", day=local.day, month=month, year=local.year)


def _read(reflection: Reflection) -> dict[str, Any] | None:
    if reflection.read is None:
        return None
    return {"by": reflection.read.by, "at": reflection.read.at.isoformat(), "note": None}


def _is_said(message: Message) -> bool:
    """A saved form is no line of the conversation, and an erased message has nothing left."""
    return message.sender == "assistant" or not message.body.keys().isdisjoint({"text", "choice"})


def _message(message: Message, titles: dict[str, str], catalogue: Catalogue) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": message.order,
        "from": message.sender,
        "state": _STATES[message.state],
    }
    if message.sender == "assistant":
        progress = message.body.get("progress")
        place = catalogue("page.progress", **progress) if progress else ""
        return message.body | shown | {"place": place}
    if message.body.get("safety", {}).get("held") and message.state == inbox.RECEIVED:
        # It has had its answer; the assistant only has to hear of it.
        shown["state"] = "done"
    choice = message.body.get("choice")
    text = message.body["text"] if choice is None else titles.get(choice, choice)
    return shown | {"client": message.client_id, "text": text, "choice": choice}


def _titles(
    tx: Tx, reflection_id: str, messages: Iterable[Message], catalogue: Catalogue
) -> dict[str, str]:
    """What stood on each button that was offered, by token; empty when nothing was tapped."""
    if not any("choice" in message.body for message in messages):
        return {}
    say = catalogue.section("page")
    titles = {START: say("start")} | {f"menu.{key}": say(f"menu_{key}") for key in MENU}
    for message in inbox.conversation_since(tx, reflection_id, 0):
        for row in message.body.get("rows") or ():
            for way in ("change", "remove"):
                if row.get(way):
                    titles[row[way]] = f"{say(way)}: {row['label']}"
        for choice in message.body.get("choices") or ():
            titles[choice["token"]] = choice["title"]
    return titles
