"""What a screen finds. A tier names what happens next; it is no rating of a person."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Tier(IntEnum):
    """What the patient and the staff get, from nothing to at once (docs/clinical-safety.md)."""

    NONE = 0
    NOTE = 1
    CHECK = 2
    SAME_DAY = 3
    NOW = 4

    @property
    def word(self) -> str:
        """As it is written in data files, in JSON and in the database."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Tier":
        """The tier of that word. Raises KeyError."""
        return cls[word.upper()]


class Category(StrEnum):
    """What a message may be about."""

    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    HARM_TO_OTHERS = "harm_to_others"
    ABUSE_BY_CLINICIAN = "abuse_by_clinician"
    ABUSE_BY_OTHER = "abuse_by_other"
    MEDICAL_EMERGENCY = "medical_emergency"


class Route(StrEnum):
    """Who at the clinic is told. A concern about the clinician never goes to that clinician."""

    DUTY = "duty"
    SAFEGUARDING = "safeguarding"


@dataclass(frozen=True)
class Evidence:
    """One reason: the pattern's id (or `model`), its layer, and the tier that it stands for now.

    `lowered` names the context that lowered it; `start` and `end` count the words of the normal
    form; a negative start is in an earlier message.
    """

    id: str
    layer: str
    category: Category
    tier: Tier
    lowered: tuple[str, ...] = ()
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Finding:
    """The result of one screen. `version` says which rules and which model have looked.

    `failed`: a layer could not finish. The tier is then at least *check*.
    """

    tier: Tier
    evidence: tuple[Evidence, ...]
    version: str
    failed: bool = False

    @property
    def counting(self) -> tuple[Evidence, ...]:
        """The evidence that something follows from."""
        return tuple(one for one in self.evidence if one.tier > Tier.NONE)

    @property
    def categories(self) -> tuple[Category, ...]:
        """What the message may be about, the most urgent first."""
        ranked = sorted(self.counting, key=lambda one: -one.tier)
        return tuple(dict.fromkeys(one.category for one in ranked))

    @property
    def route(self) -> Route | None:
        """Safeguarding as soon as anything in it is about the clinician; None when nothing is."""
        if Category.ABUSE_BY_CLINICIAN in self.categories:
            return Route.SAFEGUARDING
        return Route.DUTY if self.tier > Tier.NONE else None

    def part(self, route: Route) -> "Finding":
        """What goes this way: concerns about the clinician apart from all else."""
        safeguarding = route is Route.SAFEGUARDING
        evidence = tuple(
            one
            for one in self.evidence
            if (one.category is Category.ABUSE_BY_CLINICIAN) is safeguarding
        )
        tier = max((one.tier for one in evidence), default=Tier.NONE)
        if self.failed and not safeguarding:
            tier = max(tier, Tier.CHECK)
        return Finding(tier, evidence, self.version, self.failed)

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.id for one in self.counting))
