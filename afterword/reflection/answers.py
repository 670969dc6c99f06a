"""What a patient said to one question."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AnswerState(StrEnum):
    """Skipping and *rather not say* are answers of their own, different from silence."""

    ANSWERED = "answered"
    DECLINED = "declined"
    SKIPPED = "skipped"
    NOT_REACHED = "not_reached"


class Visibility(StrEnum):
    """What the clinician may see of an answer; the patient decides."""

    UNSHARED = "unshared"
    SHARED = "shared"
    RATING = "rating"
    PRIVATE = "private"


class Sharing(StrEnum):
    """The patient's decision over a whole reflection."""

    ALL = "all"
    RATINGS = "ratings"
    PRIVATE = "private"


class ReflectionState(StrEnum):
    """`invited` until the first message; `shared`, `private` and `deleted` end it."""

    INVITED = "invited"
    OPEN = "open"
    SHARED = "shared"
    PRIVATE = "private"
    DELETED = "deleted"


@dataclass(frozen=True)
class Answer:
    """One answer: `value` is the id of the chosen option, `words` what was typed, verbatim."""

    question: str
    state: AnswerState
    value: str | None = None
    words: str | None = None
    visibility: Visibility = Visibility.UNSHARED


Answers = Mapping[str, Answer]


def visibility_when(sharing: Sharing, answer: Answer) -> Visibility:
    """What the decision `sharing` makes of one answer.

    Under *ratings only* an answer without a rating has nothing to show and stays private.
    """
    if sharing is Sharing.ALL:
        return Visibility.SHARED
    if sharing is Sharing.RATINGS and (answer.value or answer.state is not AnswerState.ANSWERED):
        return Visibility.RATING
    return Visibility.PRIVATE
