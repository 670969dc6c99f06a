"""Looking at each message before anything else: what it is screened with, and what is found.

Only `intake` uses it for messages, and nothing enters but through `intake`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from afterword.locales import Catalogue
from afterword.phrasing import Phrasing
from afterword.records import inbox, reflections
from afterword.records.store import Records, Tx
from afterword.records.views import Invitation
from afterword.reflection.asides import answers_go_on
from afterword.reflection.lexicon import normalise
from afterword.reflection.plan import REVIEW
from afterword.safety.finding import Finding, Route, Tier
from afterword.safety.helplines import Directory
from afterword.safety.replies import FORWARD_NO, FORWARD_YES, GO_ON, HELP_NOW, STOP, SUPPORT
from afterword.screening.screener import Screener

CHOICES = (GO_ON, STOP, SUPPORT, HELP_NOW, FORWARD_YES, FORWARD_NO)
"""The choices under a line of safety; they are taken here, not in the dialogue."""
# Typed under "May I pass it on?" in every language; anything less clear passes nothing on.
_FORWARDS = {
    **dict.fromkeys(("yes", "y", "yes please", "yes, please", "yes pass it on"), FORWARD_YES),
    **dict.fromkeys(("yes, pass it on", "sí", "si", "sí por favor", "si por favor"), FORWARD_YES),
    **dict.fromkeys(("sí, por favor", "sí, pásalo", "si pasalo", "sí pásalo"), FORWARD_YES),
    **dict.fromkeys(("no", "n", "no thanks", "no, thanks", "no thank you"), FORWARD_NO),
    **dict.fromkeys(("no, do not pass it on", "don't pass it on", "no gracias"), FORWARD_NO),
    **dict.fromkeys(("no, gracias", "no lo pases", "no, no lo pases"), FORWARD_NO),
}
_JOINED = 2
_ENDS = ("share", "ratings", "private")
_FALLBACK = "en"


@dataclass(frozen=True)
class Guard:
    """All that a message is screened and answered with. Raises ScreenBroken when made blind.

    `catalogues` by language; `country` is that of the installation, for clinics that name none.
    """

    records: Records
    screener: Screener
    help: Directory
    catalogues: Mapping[str, Catalogue]
    phrasing: Phrasing
    country: str = ""

    def __post_init__(self) -> None:
        self.screener.prove()

    def catalogue(self, finding: Finding, language: str) -> Catalogue:
        """The reflection's language, unless the words that were found are in another one."""
        written = [one.id.partition("-")[0] for one in finding.counting]
        if language not in written:
            language = next((one for one in written if one in self.catalogues), language)
        return self.catalogues.get(language, self.catalogues[_FALLBACK])


@dataclass(frozen=True)
class Look:
    """What was seen in one message. `words` are those to keep with an alert.

    `place` is where the patient may have named a place. `closing`: these are all answers, looked
    at once more when the reflection ends. `concerns` are the questions of a form whose words are
    about the clinician's conduct.
    """

    finding: Finding
    words: str
    place: str
    choice: str | None = None
    closing: bool = False
    typed: str = ""
    concerns: frozenset[str] = frozenset()


def look(guard: Guard, invitation: Invitation, kind: str, body: Mapping[str, Any]) -> Look | None:
    """Screens one message; None when it holds nobody's words. Raises RecordsAway."""
    if kind == inbox.CHOICE and body["choice"] in CHOICES:
        return Look(_nothing(guard), "", "", body["choice"])
    if kind == inbox.UNREADABLE:
        return None
    words = _words(guard, invitation.clinic.id, kind, body)
    closing = _closes(body)
    if not words and not closing:
        return None
    with guard.records.read(by=invitation.actor) as tx:
        reflection = reflections.by_id(tx, invitation.reflection_id)
        if closing:
            words = _answered(tx, invitation.reflection_id)
        earlier = inbox.last_texts(tx, invitation.reflection_id, _JOINED)
        asked = inbox.last_question(tx, invitation.reflection_id)
        offered = inbox.last_choices(tx, invitation.reflection_id) if kind == inbox.TEXT else ()
    typed = str(body.get("text", ""))
    token = _FORWARDS.get(normalise(typed))
    if token and token in offered:
        return Look(_nothing(guard), "", "", token)
    if GO_ON in offered and answers_go_on(typed):
        # It answers the safe message; what that was about was told when it came.
        earlier = ()
    if not words:
        return None
    names = (reflection.clinician.name,) if reflection else ()
    found = [
        (
            guard.screener.screen(
                text,
                earlier=earlier if kind == inbox.TEXT else (),
                question=question or asked,
                staff_names=names,
            ),
            text,
        )
        for question, text in words
    ]
    concerns = frozenset(
        question
        for (question, _), (finding, _) in zip(words, found, strict=True)
        if finding.part(Route.SAFEGUARDING).tier >= Tier.CHECK
    )
    return replace(
        _together(found, earlier),
        closing=closing,
        typed=typed,
        concerns=concerns,
    )


def look_alone(guard: Guard, text: str) -> Look:
    """Screens a message while the records are away: it has to do without what was said before."""
    return Look(guard.screener.screen(text), text, text)


def _together(found: list[tuple[Finding, str]], earlier: tuple[str, ...]) -> Look:
    """Several answers of one form are one message; only words that say something are kept."""
    finding = Finding(
        max(one.tier for one, _ in found),
        tuple(evidence for one, _ in found for evidence in one.evidence),
        found[0][0].version,
        any(one.failed for one, _ in found),
    )
    told = [text for one, text in found if one.tier > Tier.NONE]
    words = "\n".join(told)
    if any(one.start < 0 for one in finding.evidence):
        words = "\n".join((*earlier, words))
    return Look(finding, words, "\n".join((*earlier, *(text for _, text in found))))


def _words(
    guard: Guard, clinic_id: str, kind: str, body: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """The words of a message, each with the question that it answers, if that is known."""
    if kind == inbox.TEXT:
        return [("", str(body["text"]))]
    if kind == inbox.CHOICE:
        title = _title(guard, clinic_id, str(body["choice"]))
        return [("", title)] if title else []
    answers = body.get("answers") or {}
    return [
        (str(question), str(answer["words"]))
        for question, answer in answers.items()
        if answer.get("words")
    ]


def _closes(body: Mapping[str, Any]) -> bool:
    """Whether the message ends the reflection, in the chat or on the form."""
    decision = body.get("decision", "")
    return str(body.get("choice", "")).startswith(f"{REVIEW}.") or decision in _ENDS


def _answered(tx: Tx, reflection_id: str) -> list[tuple[str, str]]:
    answers = reflections.answers_of(tx, reflection_id)
    return [(one.question, one.words) for one in answers.values() if one.words]


def _title(guard: Guard, clinic_id: str, token: str) -> str:
    """What stands on the button of an option: a clinic's own instrument may name danger there."""
    question, _, option = token.partition(".")
    words = guard.phrasing.of(clinic_id)
    for instrument in (words.asked, *guard.phrasing.shipped.instruments.values()):
        item = instrument.items.get(question)
        found = item.option(option) if item else None
        if found is not None:
            return " . ".join(found.label.values())
    return ""


def _nothing(guard: Guard) -> Finding:
    """A tap holds nobody's words; the version is said all the same, Rasa takes no turn without."""
    return Finding(Tier.NONE, (), guard.screener.screen("").version)
