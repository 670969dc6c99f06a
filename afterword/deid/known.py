"""What a clinic knows by name: its people and itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from afterword.deid.vocabulary import words_in

_SHORTEST = 2
# Between the parts of a name, before it, or of many clinics: none of them tells whose it is.
_PARTICLES = frozenset(
    [
        "de",
        "del",
        "la",
        "las",
        "los",
        "el",
        "y",
        "e",
        "da",
        "do",
        "van",
        "von",
        "der",
        "den",
        "of",
        "the",
        "dr",
        "dra",
        "mr",
        "mrs",
        "ms",
    ]
)
_OF_CLINICS = frozenset(
    [
        "street",
        "road",
        "avenue",
        "lane",
        "house",
        "practice",
        "practise",
        "clinic",
        "clinics",
        "centre",
        "center",
        "health",
        "mental",
        "therapy",
        "counselling",
        "counseling",
        "psychology",
        "psychotherapy",
        "wellbeing",
        "wellness",
        "group",
        "services",
        "service",
        "hospital",
        "surgery",
        "medical",
        "care",
        "community",
        "family",
        "family's",
        "demo",
        "calle",
        "avenida",
        "plaza",
        "clinica",
        "centro",
        "salud",
        "consulta",
        "psicologia",
        "terapia",
        "gabinete",
        "hospital",
        "grupo",
        "and",
        "for",
        "in",
        "at",
        "north",
        "south",
        "east",
        "west",
        "new",
        "old",
        "saint",
        "san",
        "santa",
        "town",
        "city",
    ]
)


@dataclass(frozen=True)
class Known:
    """Words of names, folded. `generic` are those that stand beside the clinic's own word."""

    names: frozenset[str]
    places: frozenset[str]
    generic: frozenset[str]

    @classmethod
    def of(cls, people: Iterable[str], clinics: Iterable[str]) -> "Known":
        """From full names and from what the clinic is called."""
        of_people = {word for name in people for word in _words(name)} - _PARTICLES
        of_clinics = {word for name in clinics for word in _words(name)} - _PARTICLES
        return cls(
            frozenset(of_people),
            frozenset(of_clinics - _OF_CLINICS),
            _OF_CLINICS,
        )


def _words(name: str) -> Iterable[str]:
    """ "Anne-Marie O'Neill": as they stand, and each part alone."""
    for word in words_in(name):
        yield word
        yield from (part for part in word.replace("'", "-").split("-") if len(part) > _SHORTEST)


NOBODY = Known.of([], [])
