"""What follows from a look, inside the transaction that accepts the message.

The alert, the lines that say so and the message itself are committed together or not at all: what
the patient is told has happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from afterword.gateway.guard import Guard, Look, look_alone
from afterword.gateway.safe_lines import Body, Speaker
from afterword.records import alert_facts, alerts, reflections
from afterword.records.alerts import Incident, Raised
from afterword.records.store import Tx
from afterword.records.views import Invitation, Reflection
from afterword.reflection.asides import goes_on
from afterword.safety import replies
from afterword.safety.finding import Category, Finding, Route, Tier
from afterword.safety.helplines import choose
from afterword.safety.replies import Concern, Line, Notice

_CHOSEN = {
    replies.GO_ON: alerts.Choice.GO_ON,
    replies.SUPPORT: alerts.Choice.SUPPORT,
    replies.HELP_NOW: alerts.Choice.HELP_NOW,
}
_HELD_CHOICES = {replies.SUPPORT, replies.HELP_NOW, replies.FORWARD_YES, replies.FORWARD_NO}


@dataclass(frozen=True)
class Answer:
    """What is said at once, and what Rasa is told. `held`: the dialogue stops here.

    `concerns` are the questions of a form whose words are not to be kept as answers.
    """

    lines: tuple[Body, ...] = ()
    mark: dict[str, Any] = field(default_factory=dict)
    concerns: frozenset[str] = frozenset()

    @property
    def held(self) -> bool:
        return bool(self.mark.get("held"))


@dataclass(frozen=True)
class Arrival:
    """One message on its way in: by which link and channel, and its client's id."""

    invitation: Invitation
    channel: str
    message: str


def answer(tx: Tx, guard: Guard, arrival: Arrival, seen: Look | None) -> Answer:
    """Raises what has to be raised and says what has to be said."""
    if seen is None:
        return Answer()
    desk = _Desk(tx, guard, arrival, seen)
    lines = desk.choose() if seen.choice else desk.react()
    finding = seen.finding
    held = bool(lines) and (not seen.closing or desk.keeps_back)
    if seen.choice is not None:
        held = seen.choice in _HELD_CHOICES
    mark = {
        "tier": finding.tier.word,
        "route": finding.route,
        "held": held,
        "screen": finding.version,
    }
    concerns = frozenset() if seen.closing else seen.concerns
    return Answer(tuple(desk.speaker(lines).bodies(lines)), mark, concerns)


def unreadable(tx: Tx, guard: Guard, arrival: Arrival) -> Answer:
    """What came is no text, so nobody has looked at it; the question that was open stays open."""
    desk = _Desk(tx, guard, arrival, look_alone(guard, ""))
    lines = (Line("unreadable", replies.ANY_TROUBLE, emergency=True),)
    mark = {"tier": Tier.NONE.word, "route": None, "held": True, "screen": "not screened"}
    return Answer(tuple(desk.speaker(lines).bodies(lines)), mark)


class _Desk:
    def __init__(self, tx: Tx, guard: Guard, arrival: Arrival, seen: Look) -> None:
        self.tx = tx
        self.guard = guard
        self.arrival = arrival
        self.invitation = arrival.invitation
        self.seen = seen
        self.catalogue = guard.catalogue(seen.finding, self.invitation.language)
        self.values: dict[str, str] = {}
        self.keeps_back = False
        """Whether what would be shared holds a concern that the patient has not been told of."""

    def speaker(self, lines: Iterable[Line]) -> Speaker:
        """Whoever says the lines; the names are only looked up when something is said."""
        clinic = self.invitation.clinic
        country = choose(
            self.guard.help,
            named_place_text=self.seen.place,
            clinic_country=clinic.country or self.guard.country,
            phone_prefix=clinic.phone,
        )
        values = {**self._names(), **self.values} if any(True for _ in lines) else {}
        return Speaker(self.catalogue, country, clinic, values)

    def react(self) -> tuple[Line, ...]:
        """The lines on what was found; none when the message goes on as any other."""
        finding = self._unknown() if self.seen.closing else self.seen.finding
        danger = finding.part(Route.DUTY)
        concern = finding.part(Route.SAFEGUARDING)
        lines: tuple[Line, ...] = ()
        # The concern first: from then on the clinician is kept out of the other alert too.
        if concern.tier >= Tier.CHECK:
            lines = self._concern(concern)
        elif concern.tier is Tier.NOTE:
            alerts.note(self.tx, self._incident(concern, Route.SAFEGUARDING))
        if danger.tier >= Tier.CHECK:
            return self._danger(danger, asks=not lines) + lines
        if danger.tier is Tier.NOTE:
            alerts.note(self.tx, self._incident(danger, Route.DUTY))
        if not lines and goes_on(self.seen.typed):
            self._go_on()
        return lines

    def _go_on(self) -> None:
        """*Go on* was typed instead of tapped; it only counts where somebody was asked."""
        if alert_facts.is_waiting(self.tx, self.invitation.reflection_id):
            alerts.patient_chose(self.tx, self.invitation.reflection_id, alerts.Choice.GO_ON)

    def _unknown(self) -> Finding:
        """At the end all is looked at once more; what was answered when it came stays quiet."""
        known = alert_facts.evidence_of(self.tx, self.invitation.reflection_id)
        finding = self.seen.finding
        new = tuple(one for one in finding.evidence if one.id not in known)
        tier = max((one.tier for one in new), default=Tier.NONE)
        return Finding(tier, new, finding.version, finding.failed)

    def choose(self) -> tuple[Line, ...]:
        """The lines on a choice that stood under earlier lines of safety."""
        choice = self.seen.choice
        reflection = self.invitation.reflection_id
        if choice in (replies.FORWARD_YES, replies.FORWARD_NO):
            yes = choice == replies.FORWARD_YES
            told = alerts.forward_concern(self.tx, reflection, yes)
            return replies.forwarded(Concern.FORWARDED if told.names else Concern.KEPT)
        if choice not in _CHOSEN:
            return ()
        raised = alerts.patient_chose(self.tx, reflection, _CHOSEN[choice])
        about = alert_facts.about(self.tx, reflection)
        if choice == replies.SUPPORT:
            return replies.support(about)
        if choice == replies.HELP_NOW:
            self.values["told"] = self._told(raised)
            return replies.help_now(about)
        return ()

    def _danger(self, finding: Finding, *, asks: bool) -> tuple[Line, ...]:
        if finding.tier is Tier.CHECK and not self.guard.screener.asks:
            alerts.note(self.tx, self._incident(finding, Route.DUTY))
            return ()
        raised = alerts.raise_alert(self.tx, self._incident(finding, Route.DUTY))
        new = raised.new or raised.higher or raised.new_evidence
        if finding.tier is Tier.CHECK and (not new or not asks):
            return ()
        if finding.tier is not Tier.CHECK:
            self.values["told"] = self._told(raised)
        again = not (raised.new or raised.higher)
        return replies.danger(max(finding.tier, Tier.CHECK), finding.categories, again=again)

    def _concern(self, finding: Finding) -> tuple[Line, ...]:
        raised = alerts.raise_alert(self.tx, self._incident(finding, Route.SAFEGUARDING))
        self.keeps_back = self.seen.closing
        return replies.concern(
            self._standing(raised),
            again=not raised.new,
            urgent=finding.tier is Tier.NOW,
            answered=self.seen.closing,
        )

    def _standing(self, raised: Raised) -> Concern:
        if raised.told.names:
            return Concern.ALWAYS
        can = alert_facts.can_forward(self.tx, raised.alert_id)
        return Concern.ASK if can else Concern.NOBODY

    def _incident(self, finding: Finding, route: Route) -> Incident:
        return Incident(
            reflection_id=self.invitation.reflection_id,
            route=route,
            tier=finding.tier,
            text=self.seen.words,
            evidence=finding.evidence_ids,
            categories=self._categories(),
            version=finding.version,
            channel=self.arrival.channel,
            language=self.catalogue.language,
            message=self.arrival.message,
        )

    def _categories(self) -> tuple[Category, ...]:
        """Of the whole message: words that also hold a concern are kept from the clinician."""
        strong = [one for one in self.seen.finding.counting if one.tier >= Tier.CHECK]
        return tuple(dict.fromkeys(one.category for one in strong or self.seen.finding.counting))

    def _told(self, raised: Raised | None) -> str:
        """Who has a notice by now, in words: only what this transaction commits."""
        tell = self.catalogue.section("safety")
        clinic = self.invitation.clinic
        if raised is None or not raised.told.names:
            return tell(Notice.NOBODY, clinic=clinic.name)
        if not (raised.new or raised.higher):
            return tell(Notice.BEFORE, clinic=clinic.name)
        key = Notice.STAFFED if raised.told.staffed else Notice.LATER
        said = [tell(key, clinic=clinic.name)]
        if raised.tier is Tier.NOW:
            return said[0]
        hidden = alert_facts.is_hidden(self.tx, raised.alert_id)
        who = "told_words_only" if hidden else "told_words"
        said.append(tell(who, **self._names()))
        if raised.told.by is not None:
            local = raised.told.by.astimezone(ZoneInfo(clinic.timezone))
            said.append(tell("told_when", time=f"{local:%d/%m %H:%M}"))
        return " ".join(said)

    def _names(self) -> dict[str, str]:
        reflection: Reflection | None = reflections.by_id(self.tx, self.invitation.reflection_id)
        return {"clinician": reflection.clinician.name if reflection else ""}
