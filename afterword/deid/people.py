"""Names and places: by the clinic's own lists, by those that are shipped, and by what is beside."""

from collections.abc import Iterator
from functools import cached_property

from afterword.deid import cues, lists
from afterword.deid.known import Known
from afterword.deid.likeness import is_slip, slips_of
from afterword.deid.spans import Span, Tag
from afterword.deid.tokens import Token
from afterword.deid.vocabulary import fixed, shipped

_LONGEST_CUE = 4
_SHORT_FORM = 3
_INSIDE = 5
# Written with a capital letter and nobody's name.
_CAPITALS = frozenset(
    [
        "i",
        "zoom",
        "teams",
        "google",
        "apple",
        "iphone",
        "android",
        "facetime",
        "whatsapp",
        "telegram",
        "facebook",
        "instagram",
        "tiktok",
        "youtube",
        "netflix",
        "covid",
        "english",
        "spanish",
        "french",
        "christmas",
        "easter",
        "halloween",
        "ramadan",
        "god",
        "jesus",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "internet",
        "ptsd",
        "adhd",
        "cbt",
        "emdr",
        "dbt",
        "lunes",
        "martes",
        "miercoles",
        "jueves",
        "viernes",
        "sabado",
        "domingo",
        "navidad",
        "dios",
        "ingles",
        "espanol",
        "bluetooth",
        "wifi",
        "ok",
        "okay",
        "nhs",
        "gp",
        "tv",
        "uk",
        "us",
        "usa",
        "eu",
        "lol",
        "omg",
        "asap",
        "faq",
        "id",
        "pdf",
        "sms",
    ]
)


class Reader:
    """Finds the names and places in one text."""

    def __init__(self, words: list[Token], language: str, known: Known) -> None:
        self._words = words
        self._language = language
        self._known = known
        self._shipped = shipped(language)
        self._fixed = fixed(language)

    def found(self) -> Iterator[Span]:
        """All of them, overlaps included."""
        yield from self._own_places()
        yield from self._listed_places()
        yield from self._named_places()
        for at in sorted(self._names):
            yield self._span(at, at + 1, Tag.NAME)

    @cached_property
    def _names(self) -> set[int]:
        """Where names stand; a word beside a name is looked at more closely."""
        count = len(self._words)
        sure = {at for at in range(count) if self._is_own(at) or self._is_name(at)}
        beside = {
            at
            for at in range(count)
            if at not in sure
            and self._said(at) not in self._fixed
            and self._follows_a_name(at, sure)
        }
        return sure | beside

    def _is_own(self, at: int) -> bool:
        """Whether it is a name of this clinic, also short or mistyped, whatever else it may be."""
        said = self._said(at)
        parts = {said, *said.split("-")}
        if parts & self._known.names - self._fixed:
            return True
        if parts & self._known.names:
            return self._words[at].capital or self._is_pointed_at(at)
        if said in self._shipped or said in self._fixed:
            return False
        return any(_is_of(said, name) for name in self._known.names if name not in self._fixed)

    def _is_name(self, at: int) -> bool:
        said = self._said(at)
        listed = self._is_listed(said) and said not in self._fixed
        return (listed and not self._is_slip_of_a_word(at)) or self._is_pointed_at(at)

    def _is_listed(self, said: str) -> bool:
        """Whether it is a name and no word of this language."""
        marks = _marks(said)
        if marks is None and said.endswith("s") and said not in self._shipped:
            # "annas": the apostrophe was not typed.
            marks = _marks(said.removesuffix("s"))
        return marks is not None and self._is_no_word(said, marks)

    def _is_no_word(self, said: str, marks: frozenset[str]) -> bool:
        """Neither by the list nor by the texts of today."""
        return "always" in marks or (self._language not in marks and said not in self._shipped)

    def _is_slip_of_a_word(self, at: int) -> bool:
        """ "Thier" is a family name, and in small letters "their" mistyped."""
        word = self._words[at]
        marks = _marks(word.said)
        if word.capital or marks is None or "given" in marks:
            return False
        return not slips_of(word.said).isdisjoint(self._shipped) or (
            len(word.said) > _SHORT_FORM
            and any(is_slip(word.said, one) for one in self._near(word.said))
        )

    def _near(self, said: str) -> Iterator[str]:
        lengths = range(len(said) - 1, len(said) + 2)
        return (one for one in self._shipped if one[:1] == said[:1] and len(one) in lengths)

    def _is_pointed_at(self, at: int) -> bool:
        """Whether the capital letter or the words before say that it is a name."""
        word = self._words[at]
        said = word.said
        if said in _CAPITALS or (said,) in cues.TITLES:
            return False
        if said in cues.NEVER.get(self._language, ()) and not word.capital:
            return False
        marks = _marks(said) or frozenset()
        given = "given" in marks and said not in self._fixed
        unknown = said not in self._shipped and said not in self._fixed
        if word.capital and (unknown or (marks and said not in self._fixed)):
            return True
        if self._after(at, cues.ABBREVIATED):
            return unknown or bool(marks)
        if self._after(at, cues.TITLES | cues.SAYING):
            return unknown or given or word.capital
        if self._after(at, cues.NAMED | cues.NEAR):
            short = unknown and len(said) <= _SHORT_FORM
            return given or short or word.capital or (unknown and self._is_nearly_a_name(said))
        if self._after(at, cues.WITH):
            return unknown and (bool(marks) or self._is_nearly_a_given_name(said))
        return False

    def _is_nearly_a_name(self, said: str) -> bool:
        return any(one in lists.names() for one in slips_of(said)) or self._is_nearly_a_given_name(
            said
        )

    def _is_nearly_a_given_name(self, said: str) -> bool:
        if len(said) <= _SHORT_FORM or any(is_slip(said, one) for one in self._near(said)):
            return False
        return any(is_slip(said, one) for one in lists.given(said[:1], len(said)))

    def _follows_a_name(self, at: int, sure: set[int]) -> bool:
        """The family name after a given name: "anna little" is one, "anna was" is none."""
        word = self._words[at]
        if at - 1 not in sure or word.after.strip(" -"):
            return False
        if word.said in _CAPITALS:
            return False
        return word.capital or self._is_listed(word.said)

    def _own_places(self) -> Iterator[Span]:
        """The clinic by its own word, with what stands beside it: "elm street practice"."""
        for at in range(len(self._words)):
            said = self._said(at)
            own = said in self._known.places or (
                said not in self._shipped
                and any(is_slip(said, one) for one in self._known.places if len(one) > 3)
            )
            if own and said not in self._fixed:
                yield self._span(self._start(at), self._end(at), Tag.PLACE)

    def _start(self, at: int) -> int:
        while at and self._said(at - 1) in self._known.generic - cues.SMALL:
            at -= 1
        return at

    def _end(self, at: int) -> int:
        end = at + 1
        while end < len(self._words) and self._said(end) in self._known.generic - cues.SMALL:
            end += 1
        return end

    def _listed_places(self) -> Iterator[Span]:
        listed, longest = lists.places(), lists.longest_place()
        for at in range(len(self._words)):
            for end in range(min(len(self._words), at + longest), at, -1):
                name = " ".join(self._said(one) for one in range(at, end))
                if name in listed and (end - at > 1 or self._is_place(at, listed[name])):
                    yield self._span(at, end, Tag.PLACE)
                    break

    def _is_place(self, at: int, marks: frozenset[str]) -> bool:
        word = self._words[at]
        if word.said in self._fixed:
            return False
        if not self._is_no_word(word.said, marks):
            return word.capital and self._after(at, cues.AT)
        return word.capital or self._after(at, cues.AT | cues.LIVING) or not self._looks_typed(at)

    def _looks_typed(self, at: int) -> bool:
        said = self._said(at)
        return any(is_slip(said, one) for one in self._near(said))

    def _named_places(self) -> Iterator[Span]:
        for at in range(len(self._words)):
            if self._said(at) in cues.KINDS_AFTER:
                start = at
                while start and at - start < 3 and self._may_be_of_a_place(start - 1):
                    start -= 1
                if start < at:
                    yield self._span(start, at + 1, Tag.PLACE)
            if self._said(at) in cues.KINDS_BEFORE:
                end = at + 1
                while end < len(self._words) and self._said(end) in cues.JOINTS:
                    end += 1
                if end < len(self._words) and self._may_be_of_a_place(end):
                    while end < len(self._words) and self._may_be_of_a_place(end):
                        end += 1
                    yield self._span(at, end, Tag.PLACE)
            if self._after(at, cues.LIVING) and self._may_be_of_a_place(at):
                end = at + 1
                while end < len(self._words) and self._may_be_of_a_place(end):
                    end += 1
                yield self._span(at, end, Tag.PLACE)

    def _may_be_of_a_place(self, at: int) -> bool:
        word = self._words[at]
        if word.said in _CAPITALS or (word.after.strip(" .'") and not word.begins):
            return False
        return word.capital or word.said not in self._shipped or word.said in {"saint", "st"}

    def _after(self, at: int, phrases: frozenset[tuple[str, ...]]) -> bool:
        """Whether one of these phrases stands right before a word."""
        if at and self._words[at].after.strip(" .,:;'"):
            return False
        before = tuple(self._said(one) for one in range(max(0, at - _LONGEST_CUE), at))
        return any(before[start:] in phrases for start in range(len(before)))

    def _said(self, at: int) -> str:
        return self._words[at].said

    def _span(self, start: int, end: int, tag: Tag) -> Span:
        return Span(self._words[start].start, self._words[end - 1].end, tag)


def _marks(said: str) -> frozenset[str] | None:
    """What the list says of a name, or of one of the two of a double name."""
    found = lists.names()
    if said in found:
        return found[said]
    parts = said.split("-") if "-" in said else []
    return next((found[part] for part in parts if part in found), None)


def _is_of(said: str, name: str) -> bool:
    """Whether it is a name of the clinic mistyped, cut short, or run together with something."""
    if is_slip(said, name):
        return True
    if len(said) >= _SHORT_FORM and name.startswith(said):
        return True
    return len(name) >= _INSIDE and name in said
