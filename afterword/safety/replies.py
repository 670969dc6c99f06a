"""What the patient gets, as keys of the section `safety`: decided here, worded in locales/. Pure.

Sources of the order (number first, then lines, then a trusted person; nothing to fill in; a shorter
message the second time): docs/clinical-safety.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from afterword.safety.finding import Category, Tier

GO_ON, STOP = "safety.go_on", "safety.stop"
SUPPORT, HELP_NOW = "safety.support", "safety.help_now"
FORWARD_YES, FORWARD_NO = "safety.forward_yes", "safety.forward_no"
_RESUME = (GO_ON, STOP)

# Which help lines fit what the words may be about; the emergency number is always there.
_KINDS: Mapping[Category, tuple[str, ...]] = {
    Category.SUICIDE: ("suicide",),
    Category.SELF_HARM: ("suicide",),
    Category.HARM_TO_OTHERS: ("urgent_mental_health",),
    Category.ABUSE_BY_OTHER: ("domestic_abuse", "sexual_assault", "child", "elder"),
    Category.ABUSE_BY_CLINICIAN: ("clinician_complaint",),
    Category.MEDICAL_EMERGENCY: ("poison",),
}
ANY_TROUBLE = ("suicide", "urgent_mental_health")
_CONCERN = _KINDS[Category.ABUSE_BY_CLINICIAN]


class Notice(StrEnum):
    """Who at the clinic has a notice, as it is stored. Nothing else may be claimed."""

    STAFFED = "told_staffed"
    LATER = "told_later"
    NOBODY = "told_nobody"
    BEFORE = "told_before"


class Concern(StrEnum):
    """What becomes of a concern about the clinician."""

    ASK = "concern_ask"
    ALWAYS = "concern_always"
    NOBODY = "concern_nobody"
    FORWARDED = "concern_forwarded"
    KEPT = "concern_kept"


@dataclass(frozen=True)
class Line:
    """One line: a key, the kinds of help lines under it, and the choices under those.

    `emergency` puts the emergency number among the help lines, first.
    """

    key: str
    kinds: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    emergency: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


def kinds_for(categories: Iterable[Category]) -> tuple[str, ...]:
    """The kinds of help lines, in the order of the categories, each once."""
    kinds = [kind for category in categories for kind in _KINDS[category]]
    return tuple(dict.fromkeys(kinds)) or ANY_TROUBLE


def danger(tier: Tier, categories: Iterable[Category], *, again: bool) -> tuple[Line, ...]:
    """The lines on words that may mean danger; the clinician's conduct is `concern`."""
    about = tuple(one for one in categories if one is not Category.ABUSE_BY_CLINICIAN)
    kinds = kinds_for(about)
    hint = (Line("leave_hint"),) if Category.ABUSE_BY_OTHER in about and not again else ()
    if tier is Tier.NOW:
        if again:
            return (Line("now_again", kinds, emergency=True),)
        return (Line("now_first", emergency=True), Line("now_body", kinds), *hint)
    if tier is Tier.SAME_DAY:
        body = Line("day_again" if again else "day_body", kinds, emergency=True)
        return (body, *hint, Line("go_on_ask", choices=_RESUME))
    return (Line("check_body", choices=(GO_ON, SUPPORT, HELP_NOW)),)


def concern(
    standing: Concern, *, again: bool, urgent: bool = False, answered: bool = False
) -> tuple[Line, ...]:
    """The lines on words about the clinician's conduct; `urgent` when something happens now.

    `answered`: the words are in the answers that the patient is about to share.
    """
    first = (Line("now_first", emergency=True),) if urgent else ()
    body = Line("concern_again" if again else "concern_body")
    if answered:
        body = Line("concern_answered")
    if standing is Concern.ASK:
        return (*first, body, Line(standing, choices=(FORWARD_YES, FORWARD_NO)))
    return (*first, body, Line(standing, _CONCERN), Line("go_on_ask", choices=_RESUME))


def forwarded(standing: Concern) -> tuple[Line, ...]:
    """The lines after the patient has decided whether a concern is passed on."""
    return (Line(standing, _CONCERN), Line("go_on_ask", choices=_RESUME))


def support(categories: Iterable[Category]) -> tuple[Line, ...]:
    """The lines for *Show me support*."""
    return (
        Line("support", kinds_for(categories), emergency=True),
        Line("go_on_ask", choices=_RESUME),
    )


def help_now(categories: Iterable[Category]) -> tuple[Line, ...]:
    """The lines for *I need help now*."""
    return (Line("help_now", kinds_for(categories), emergency=True),)
