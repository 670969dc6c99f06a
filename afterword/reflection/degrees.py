"""Finding in one clause what it says about how much: words, numbers on any scale, stars, grades."""

from dataclasses import dataclass

from afterword.reflection.instrument import Kind
from afterword.reflection.lexicon import Lexicon, Tokens, length_at
from afterword.reflection.plan import Question
from afterword.reflection.vocabulary import Vocabulary

_CODE = frozenset("{}<>=\\|_[]$")
_STEM = 4
_LATEST = 6
"""Where an ordinal may stand in a clause: "between the second and the third"."""
_MINUS = {("-",), ("–",), ("−",)}
_LONG_SCALE = 10
_ENDS_OF_GRADES = {"a+", "f"}
_OPPOSITE = 3
"""So many options lie between a no and what it cannot go with."""
_TH = {"st", "nd", "rd", "th"}
_ALONE = {(), ("the",)}
_OF = {"of", "de"}
_FEW = 3
"""Words that are no sentence yet."""


@dataclass(frozen=True)
class Degree:
    """What a piece of a clause stands for: the places of options, from 1.

    `kind` is `label` (the option's own word), `measure` (a number or stars on our scale),
    `scaled` (another scale), `quantity`, `manner` (agreement or praise without a degree) or
    `turned` (a degree after "not"). What is scaled, or turned, or a manner is asked back.
    """

    places: frozenset[int]
    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Clause:
    """The degrees of a clause; `content` counts words that are about something else.

    `leans`: one of these stands right behind a degree, and may turn it around: "very rattled".
    """

    degrees: tuple[Degree, ...]
    content: int
    leads: bool
    words: Tokens
    leans: bool = False

    @property
    def places(self) -> frozenset[int]:
        """All places that are named; without degrees none."""
        return frozenset().union(*(degree.places for degree in self.degrees))


def is_scale(question: Question) -> bool:
    return question.item.kind is Kind.SCALE


def read_clause(words: Tokens, known: Vocabulary) -> Clause:
    """What one clause says about how much."""
    words = _without_decoration(words, known.lexicon)
    found: list[Degree] = []
    content, first, turned, twice, before, leans = 0, None, None, False, 0, False
    lexicon = known.lexicon
    light = lexicon.padding
    at = 0
    while at < len(words):
        degree = _longer(_measure(words, at, known), _phrase(words, at, known))
        if unreal := length_at(words, at, lexicon.lists["unreal"]):
            # "4, would have been 5 if ...": what comes after it is not how it was.
            content, first = content + 1, at if first is None else first
            at += unreal
            at += bool(at < len(words) and lexicon.number(words[at]) is not None)
            continue
        length = length_at(words, at, light)
        if length > 1 and (degree is None or at + length > degree.end):
            at += length
            continue
        if degree is None and words[at] in lexicon.words("negators"):
            twice = twice or turned is not None
            turned, before, at = at, content, at + 1
            continue
        if degree is not None:
            first = at if first is None else first
            stays = turned is None or words[at : degree.end] in lexicon.lists["at_all"]
            # In Spanish "no ... para nada" is one no, not two.
            found.append(degree if stays else _turn(degree, known))
            turned, at = None, degree.end
            continue
        length = length_at(words, at, light)
        if length:
            at += length
            continue
        if is_of_the_topic(words[at], known) or not (words[at][0].isalnum() or words[at] in _CODE):
            at += 1
            continue
        content += 1
        leans = leans or _leans_on(found, words, at)
        first = at if first is None else first
        at += 1
    if turned is not None and found and content == before and not _refuses(found[-1], known):
        # "Mostly not": the degree before it is turned too; "no, he didn't" says no twice, and in
        # "partly I don't see well" something else is denied.
        found[-1] = _turn(found[-1], known)
    if not content:
        found = _of_the_topic(found, words, known, negated=turned is not None)
    if twice and not all(word in lexicon.words("negators") for word in words):
        # "Not that I didn't feel heard": nobody can be sure what is left.
        found = [Degree(frozenset(), "turned", 0, len(words))]
    found = _by_what_follows(found, words, known)
    return Clause(
        degrees=_softened(tuple(found), words, known),
        content=content,
        leads=bool(found) and found[0].start == first,
        words=words,
        leans=leans,
    )


def _leans_on(found: list[Degree], words: Tokens, at: int) -> bool:
    """Whether a degree stands right before this word, or with "of" between."""
    if not found or found[-1].kind not in ("quantity", "label"):
        return False
    return found[-1].end == at or (found[-1].end == at - 1 and words[at - 1] in _OF)


def _without_decoration(words: Tokens, lexicon: Lexicon) -> Tokens:
    """ "5 of 5 ⭐", "two stars ⭐⭐": where a number says it, stars only repeat it."""
    signs = lexicon.words("star_signs")
    others = tuple(word for word in words if word not in signs)
    return others if any(lexicon.number(word) is not None for word in others) else words


def _refuses(degree: Degree, known: Vocabulary) -> bool:
    return degree.kind == "manner" and bool(known.refusing) and degree.places == known.refusing


def is_of_the_topic(word: str, known: Vocabulary) -> bool:
    """A word of the question, or one that begins alike: "suited" where it says "suit"."""
    return word in known.topic or any(
        len(topic) >= _STEM and word.startswith(topic[:_STEM]) and abs(len(word) - len(topic)) <= 3
        for topic in known.topic
    )


def _longer(measure: Degree | None, phrase: Degree | None) -> Degree | None:
    """ "50/50" is a phrase; "4" as an option's word and "4/5" is a measure."""
    if measure is None or phrase is None:
        return measure or phrase
    return phrase if phrase.end >= measure.end else measure


def _phrase(words: Tokens, at: int, known: Vocabulary) -> Degree | None:
    lexicon = known.lexicon
    extreme = lexicon.extreme(words, at)
    if extreme and extreme[0] in known.extremes:
        return Degree(*known.extremes[extreme[0]], at, extreme[1])
    for length in range(min(known.longest, len(words) - at), 0, -1):
        meant = known.phrases.get(words[at : at + length])
        # "She didn't | miss a thing": what begins within it and says more is what is meant.
        if meant is None or lexicon.turns(words, at, length, known.phrases):
            continue
        if meant[1] != "manner" or not lexicon.goes_on(words, at, length, known.phrases):
            return Degree(meant[0], meant[1], at, at + length)
    return None


def _turn(degree: Degree, known: Vocabulary) -> Degree:
    """ "Not completely": what is left are the options next below; they are asked back."""
    if not degree.places:
        return degree
    if degree.kind == "manner":
        opposite = frozenset(range(1, known.size + 1)) - degree.places
        return Degree(opposite, "turned", degree.start, degree.end)
    worst = min(degree.places) if known.ascending else known.size + 1 - max(degree.places)
    below = {place for place in (worst - 1, worst - 2) if place >= 1}
    if not known.ascending:
        below = {known.size + 1 - place for place in below}
    return Degree(frozenset(below), "turned", degree.start, degree.end)


def _of_the_topic(
    found: list[Degree], words: Tokens, known: Vocabulary, *, negated: bool
) -> list[Degree]:
    """ "I felt heard", "I didn't feel heard": the question's own words, said or denied."""
    if negated and not found and all(word in known.lexicon.words("negators") for word in words):
        return [Degree(known.refusing, "manner", 0, 1)] if known.refusing else []
    manners = [degree for degree in found if degree.kind == "manner"]
    asking = known.lexicon.words("asking")
    own = any(is_of_the_topic(word, known) for word in words if word not in asking)
    if len(found) > len(manners) or not own:
        return found
    if negated and manners and manners[0].start == 0 and manners[0].places == known.refusing:
        # "Nope, didn't suit me": the no, and what it says no to.
        return manners[:1]
    if not negated:
        return found or [Degree(known.agreeing, "manner", 0, len(words))]
    if any(length_at(words, at, known.lexicon.lists["at_all"]) for at in range(len(words))):
        worst = 1 if known.ascending else known.size
        return [Degree(frozenset({worst}), "quantity", 0, len(words))]
    low = (1, 2) if known.ascending else (known.size - 1, known.size)
    return [Degree(frozenset(low), "turned", 0, len(words))]


def _softened(found: tuple[Degree, ...], words: Tokens, known: Vocabulary) -> tuple[Degree, ...]:
    """ "Kind of mostly" is mostly; "yes, mostly" too."""
    soft = known.lexicon.lists["soft"]
    kept = [
        degree
        for at, degree in enumerate(found)
        if not (
            words[degree.start : degree.end] in soft
            and at + 1 < len(found)
            and found[at + 1].start == degree.end
            and found[at + 1].kind != "manner"
        )
    ]
    exact = [degree for degree in kept if degree.kind != "manner"]
    # "No, she missed nothing" says two things; "no, a little" may be meant.
    if not exact:
        return tuple(kept)
    places = frozenset().union(*(degree.places for degree in exact))
    ways = [abs(no - place) for no in known.refusing for place in places]
    far = min(ways, default=0) >= _OPPOSITE
    return tuple(exact + [degree for degree in kept if far and _refuses(degree, known)])


def _by_what_follows(found: list[Degree], words: Tokens, known: Vocabulary) -> list[Degree]:
    """ "Very unsafe" is the opposite of *Very much*; "lots of trust" is no strain at all."""
    praise = known.lexicon.groups["good"]
    good = {one.start for one in found if words[one.start : one.end] in praise}
    good = {at for at in good if words[at].isalpha()}
    ill, ease = known.lexicon.words("ill"), known.lexicon.words("ease")
    kept = []
    for degree in found:
        at = degree.end
        at += bool(words[at : at + 1] and words[at] in _OF)
        after = words[at] if at < len(words) else ""
        if degree.kind not in ("quantity", "label"):
            kept.append(degree)
        elif known.ascending:
            kept.append(_opposite(degree, at + 1, known) if after in ill else degree)
        elif known.size in degree.places or (at not in good and after not in ease):
            kept.append(degree)
    return kept


def _opposite(degree: Degree, end: int, known: Vocabulary) -> Degree:
    """ "Very unsafe" is one of the first two places, "a little unsafe" one of those above."""
    small = max(degree.places, default=0) * 2 < known.size
    places = {known.size // 2 + 1, known.size // 2 + 2} if small else {1, 2}
    return Degree(frozenset(places), "turned", degree.start, end)


def _measure(words: Tokens, at: int, known: Vocabulary) -> Degree | None:
    """A number, with its scale if it names one; stars; a grade."""
    lexicon = known.lexicon
    if words[at] in lexicon.words("star_signs"):
        end = at
        while end < len(words) and words[end] in lexicon.words("star_signs"):
            end += 1
        return _placed(end - at, 5, known, at, end)
    if len(words) == 1 and words[0] in lexicon.grades:
        place = lexicon.grades[words[0]]
        kind = "measure" if words[0] in _ENDS_OF_GRADES else "scaled"
        return Degree(frozenset({place}), kind, 0, 1) if known.size == 5 else None
    if (by_place := _several(words, at, known) or _by_place(words, at, known)) is not None:
        return by_place
    number = lexicon.number(words[at])
    if number is None or lexicon.beside_a_unit(words, at):
        return None
    if words[at - 1 : at] in _MINUS and not words[max(0, at - 2)].isalnum():
        # Less than nothing, or a dash before a four.
        after = {int(number)} if 1 <= number <= known.size else set()
        return Degree(frozenset({1} | after), "turned", at, at + 1)
    rest = words[at + 1 :]
    starred = next((n for n in (2, 1) if rest[:n] in lexicon.lists["stars"]), 0)
    for length in (2, 1):
        if rest[:length] in lexicon.lists["percent"]:
            return _placed(number, 100, known, at, at + 1 + length)
    beyond = rest[starred:]
    over = next(
        (n for n in (2, 1) if beyond[:n] in lexicon.lists["out_of"] or beyond[:n] == ("/",)), 0
    )
    # "3 out of the 5"
    over += bool(over and beyond[over : over + 1] == ("the",))
    if over and len(beyond) > over and (of := lexicon.number(beyond[over])):
        return _placed(number, of, known, at, at + 2 + starred + over)
    if starred:
        return _placed(number, 5, known, at, at + 1 + starred)
    return _bare(number, words, known, at)


def _several(words: Tokens, at: int, known: Vocabulary) -> Degree | None:
    """ "The last two": it is open which of them."""
    lexicon = known.lexicon
    first, last = lexicon.order["ordinals"][0], lexicon.words("last")
    number = lexicon.number(words[at + 1]) if at + 1 < len(words) else None
    if number not in range(2, known.size) or (words[at] != first and words[at] not in last):
        return None
    if lexicon.beside_a_unit(words, at + 1):
        return None
    count = int(number or 0)
    places = range(1, count + 1) if words[at] == first else range(known.size, 0, -1)[:count]
    return Degree(frozenset(places), "measure", at, at + 2)


def _by_place(words: Tokens, at: int, known: Vocabulary) -> Degree | None:
    """ "The third one", "last option", "5th option"."""
    lexicon = known.lexicon
    after = words[at + 1 :]
    of_them, of_these = (length_at(words, at + n, lexicon.lists["ones"]) for n in (1, 2))
    place = 0
    joined = at <= _LATEST and (not after or after[0] in lexicon.words("or"))
    if words[at] in lexicon.order["ordinals"] and joined:
        place, length = lexicon.order["ordinals"].index(words[at]) + 1, 1
    elif words[at] in lexicon.order["ordinals"] and of_them:
        place, length = lexicon.order["ordinals"].index(words[at]) + 1, 1 + of_them
    elif words[at] in lexicon.words("last") and len(after) == 0 and at <= 1:
        place, length = known.size, 1
    elif words[at] in lexicon.words("last") and of_them:
        place, length = known.size, 1 + of_them
    elif words[at].isdigit() and after in {(one,) for one in _TH} and words[:at] in _ALONE:
        # "The 4th", but not "on the 4th".
        place, length = int(words[at]), 2
    elif words[at].isdigit() and of_these and after[0] in _TH:
        place, length = int(words[at]), 2 + of_these
    if not 1 <= place <= known.size:
        return None
    return Degree(frozenset({place}), "measure", at, at + length)


def _bare(number: float, words: Tokens, known: Vocabulary, at: int) -> Degree | None:
    """A number alone counts from the first option; a half is between two."""
    if 1 <= number <= known.size:
        low = int(number)
        half = next(
            (n for n in (3, 2) if words[at + 1 : at + 1 + n] in known.lexicon.lists["half"]), 0
        )
        places = {low} if number == low and not half else {low, min(low + 1, known.size)}
        kind = "scaled" if _may_be_somebody(words, at, known.lexicon) else "measure"
        return Degree(frozenset(places), kind, at, at + 1 + half)
    if number in (10, 100) and known.ascending:
        return Degree(frozenset({known.size}), "measure", at, at + 1)
    if known.size < number <= 10:
        place = _share(number / 10, known)
        return Degree(place | {min(max(place) + 1, known.size)}, "scaled", at, at + 1)
    # Nothing, or more than any scale that is usual: it is shown back, or it is no rating at all.
    nothing = frozenset({1 if known.ascending else known.size})
    return Degree(nothing, "turned", at, at + 1) if number < 1 else None


def _may_be_somebody(words: Tokens, at: int, lexicon: Lexicon) -> bool:
    """ "Yes we are one in this": within a sentence a one is no number for certain."""
    within = 0 < at < len(words) - 1 and len(words) > _FEW
    return within and words[at] == lexicon.order["numbers"][1]


def _placed(number: float, of: float, known: Vocabulary, start: int, end: int) -> Degree | None:
    if of == known.size and 1 <= number <= of and number == int(number):
        return Degree(frozenset({int(number)}), "measure", start, end)
    if of <= 1 or number > of:
        return None
    places = _share(number / of, known)
    if not known.ascending:
        # Seven of ten: that much strain, or that little? Asked back, both ways.
        places = places | {known.size + 1 - place for place in places}
    # Who counts to ten or to a hundred begins at one as well as at nothing.
    ends = (0, 1, of) if of >= _LONG_SCALE else (0, of)
    end_of_it = number in ends and known.ascending
    return Degree(places, "measure" if end_of_it else "scaled", start, end)


def _share(share: float, known: Vocabulary) -> frozenset[int]:
    """The places of a share of a whole: 0.8 is the fourth of five, 0.7 the third or the fourth."""
    exact = share * known.size
    low = int(exact + 1e-9)
    places = {low} if exact - low < 1e-6 else {low, low + 1}
    return frozenset(min(max(place, 1), known.size) for place in places)
