"""Reading a typed answer to a question with options. What is not certain is never guessed."""

from dataclasses import dataclass

from afterword.reflection.choosing import leading_option, named_option
from afterword.reflection.clauses import clauses_of
from afterword.reflection.degrees import (
    Clause,
    Degree,
    is_of_the_topic,
    is_scale,
    read_clause,
)
from afterword.reflection.instrument import Option
from afterword.reflection.lasting import is_taken_back, said_last, says_both
from afterword.reflection.lexicon import Lexicon, Tokens, length_at, normalise
from afterword.reflection.plan import Question
from afterword.reflection.vocabulary import Vocabulary, usual, vocabulary

_MOST_WORDS_AROUND = 60
_MOST_WORDS_BESIDE = 12
_MOST_WORDS_OF_A_NUMBER = 3
_MOST_WORDS_AROUND_A_NUMBER = 5
_FAR = 2
"""So many options lie between what does not go together."""


@dataclass(frozen=True)
class Reading:
    """What a typed text says.

    `options`: one is certain when `sure`, else it is to be confirmed; several leave it open; none
    is unclear. `words` is the whole text when it says more than the option. `leans`: the degree
    may be turned around by the word behind it, "very rattled".
    """

    options: tuple[Option, ...] = ()
    words: str | None = None
    sure: bool = False
    leans: bool = False

    @property
    def option(self) -> Option | None:
        """The option, when it is certain."""
        return self.options[0] if self.sure else None


UNCLEAR = Reading()
_AROUND = " \n\t:;'\"“”‘’()"
"""Signs that may stand around a text and mean nothing."""


def read_option(question: Question, text: str, lexicon: Lexicon, *, last: bool = True) -> Reading:
    """What `text` says about the options of `question`; `last`: also where it ends in one.

    Two options, a negated one, another scale that falls between two, or agreement without a
    degree are not certain: the patient is asked, the text is kept by the caller.
    """
    if is_scale(question):
        return _read_degree(question, text, lexicon, last)
    return _read_choice(question, text, lexicon)


def _read_degree(question: Question, text: str, lexicon: Lexicon, last: bool) -> Reading:
    if not 0 < len(text.split()) <= _MOST_WORDS_AROUND or _is_small_letter(text, lexicon):
        return UNCLEAR
    if lexicon.contains("no_session", text) or lexicon.contains("about_options", text):
        # "I had no session today" says how much of nothing; "is 5 good or bad" asks.
        return UNCLEAR
    known = vocabulary(question, lexicon)
    said = clauses_of(text.strip(_AROUND), known)
    clauses = _corrected([read_clause(words, known) for words in said], known)
    places, sure = _decide(clauses, known)
    sure = sure and not is_taken_back(clauses, known) and not says_both(clauses, places)
    if last and not sure and (place := said_last(clauses, known)):
        places, sure = place, True
    options = tuple(question.item.options[place - 1] for place in sorted(places))
    if not options or len(options) == known.size:
        return UNCLEAR
    more = any(one.content or _is_long(one) or _is_beside(one, clauses, lexicon) for one in clauses)
    leans = any(one.leans for one in clauses)
    return Reading(options, text.strip() if more else None, sure and len(options) == 1, leans)


def is_degree(text: str, lexicon: Lexicon, *, only: bool = False) -> bool:
    """Whether a text only says how much, or says it first: then it is an answer to a scale.

    Whatever else its words may be taken for: "last option", "not completely but mostly". With
    `only` nothing else may be in it.
    """
    known = usual(lexicon)
    if not 0 < len(text.split()) <= _MOST_WORDS_AROUND or _is_small_letter(text, lexicon):
        return False
    if lexicon.contains("meant", text) or lexicon.contains("about_options", text):
        # "I said a little but I meant very much", "is 5 good or bad": it is no answer to this.
        return False
    clauses = _corrected([read_clause(words, known) for words in clauses_of(text, known)], known)
    first = next((clause for clause in clauses if clause.degrees or clause.content), None)
    if first is None:
        return False
    # "Qué va" asks nothing.
    said_so = bool(first.degrees) and first.degrees[0].start == 0 and first.degrees[0].end > 1
    asks = first.words[0] in lexicon.words("asking") and not said_so
    # That words of the question are said or denied does not yet answer it: "I don't want to say".
    named = [degree for degree in first.degrees if _is_named(degree, first, known)]
    leads = any(degree.kind != "manner" for degree in named)
    if only and any(clause.content for clause in clauses):
        return False
    if first.content:
        return leads and _says_it_first(first, known)
    return leads or (bool(named) and not asks and not any(one.content for one in clauses))


def _is_named(degree: Degree, clause: Clause, known: Vocabulary) -> bool:
    said = clause.words[degree.start : degree.end]
    own = said in known.phrases or known.lexicon.extreme(clause.words, degree.start) is not None
    return own or degree.kind in ("measure", "scaled") or degree.end == 1


def _is_small_letter(text: str, lexicon: Lexicon) -> bool:
    """A grade is a capital letter; a small one alone is a slip of the finger, but for "y"."""
    alone = normalise(text)
    if (alone,) in lexicon.groups["yes"] | lexicon.groups["no"]:
        return False
    return len(alone) == 1 and alone.isalpha() and text.strip(" .!").islower()


def _is_long(clause: Clause) -> bool:
    """ "Could do without the worksheets": what is only denied is no degree either."""
    return all(degree.kind == "turned" for degree in clause.degrees) and len(clause.words) > 3


def _is_beside(clause: Clause, clauses: list[Clause], lexicon: Lexicon) -> bool:
    """ "None at all, he is great": praise in a clause of its own is of somebody, and is kept."""
    figures = lexicon.groups["best"] | lexicon.groups["worst"]
    praise = bool(clause.degrees) and all(
        degree.kind == "manner" or clause.words[degree.start : degree.end] in figures
        for degree in clause.degrees
    )
    return praise and len(clause.words) > 2 and len(clauses) > 1


def _corrected(clauses: list[Clause], known: Vocabulary) -> list[Clause]:
    """ "Completely, no wait, mostly": what was said after such words is what is meant."""
    correctors = known.lexicon.lists["correctors"]
    for at in range(len(clauses) - 1, -1, -1):
        words = clauses[at].words
        for start in range(len(words)):
            length = length_at(words, start, correctors)
            if words[start] in _negators(known) and length == 1 and start + 1 < len(words):
                # "Algo, no del todo" denies what follows; "mucho no, del todo" puts right.
                continue
            before = [*clauses[:at], read_clause(words[:start], known)]
            after = [read_clause(words[start + length :], known), *clauses[at + 1 :]]
            if length and _is_exact(before) and _is_exact(after):
                return [clause for clause in after if clause.words]
    return clauses


def _is_exact(clauses: list[Clause]) -> bool:
    """Whether they name degrees and nothing else."""
    degrees = [degree for clause in clauses for degree in clause.degrees]
    exact = any(degree.kind in ("label", "measure", "quantity") for degree in degrees)
    return exact and not any(clause.content for clause in clauses)


def _decide(clauses: list[Clause], known: Vocabulary) -> tuple[frozenset[int], bool]:
    """Which places are meant, and whether that is certain."""
    speaking = [clause for clause in clauses if clause.degrees]
    if not speaking:
        return frozenset(), False
    if _says_no_to_it(clauses, known):
        return known.refusing, True
    plain = [clause for clause in speaking if not clause.content]
    if _says_it_first(clauses[0], known):
        return clauses[0].degrees[0].places, len(speaking) == 1
    if _says_no_of_somebody(clauses[0], known):
        return known.refusing, False
    if not plain or (clauses[0].content and not clauses[0].degrees and len(plain) < len(speaking)):
        return _beside_content(speaking[0], clauses, known)
    if _leads_to_agree(clauses[0], plain):
        return clauses[0].degrees[0].places, False
    measured = [one for one in plain if {d.kind for d in one.degrees} <= {"measure", "scaled"}]
    exact = [one for one in plain if any(d.kind not in ("manner", "turned") for d in one.degrees)]
    exact = exact or [one for one in plain if any(d.kind != "manner" for d in one.degrees)]
    chosen = _without_interjections(measured, plain) or exact or plain
    places = _together(chosen)
    kinds = {degree.kind for clause in chosen for degree in clause.degrees}
    opposed = _opposed(speaking, places, known)
    before = clauses.index(chosen[0])
    late = any(clause.content for clause in clauses[:before]) and not _ends_in_number(
        chosen, clauses
    )
    sure = len(places) == 1 and not opposed and not late and not kinds & {"turned", "scaled"}
    if kinds == {"manner"} and places != frozenset({1}) and places != frozenset({known.size}):
        sure = False
    return places, sure


def _leads_to_agree(clause: Clause, plain: list[Clause]) -> bool:
    """ "Mostly what matters to me, yes": the yes agrees to the option that was said before it."""
    leads = bool(clause.content) and clause.leads and clause.degrees[0].kind == "label"
    return leads and all(degree.kind == "manner" for one in plain for degree in one.degrees)


def _says_no_to_it(clauses: list[Clause], known: Vocabulary) -> bool:
    """ "No, I didn't feel safe": the no, and what it says no to, each in a clause."""
    if len(known.refusing) != 1 or len(clauses) < 2 or any(one.content for one in clauses):
        return False
    first, rest = clauses[0], [degree for one in clauses[1:] for degree in one.degrees]
    return (
        [degree.kind for degree in first.degrees] == ["manner"]
        and first.places == known.refusing
        and bool(rest)
        and all(one.kind == "turned" and one.places >= known.refusing for one in rest)
        and all(one.words[0] in _negators(known) or not one.degrees for one in clauses[1:])
    )


def _ends_in_number(chosen: list[Clause], clauses: list[Clause]) -> bool:
    """ "I like worksheets, I'm a nerd. 5": a number by itself at the end is of the scale."""
    words = chosen[0].words
    return (
        chosen == clauses[-1:]
        and len(words) <= _MOST_WORDS_OF_A_NUMBER
        and [degree.kind for degree in chosen[0].degrees] == ["measure"]
        and any(word.isdigit() for word in words)
    )


def _says_it_first(clause: Clause, known: Vocabulary) -> bool:
    """ "Not really he was looking at his screen": the degree can belong to nothing that follows."""
    if not clause.content or not clause.leads:
        return False
    degree, lexicon = clause.degrees[0], known.lexicon
    first = _goes_on_with(clause.words[degree.end :], lexicon)
    # Of a strain some give the more points the worse it was: "5 it was horrible between us".
    counted_up = degree.kind == "measure" and known.ascending
    further = {other.kind for other in clause.degrees[1:]} - {"manner", "turned"}
    if counted_up and first in lexicon.words("subjects") and not further & {"measure", "scaled"}:
        # "5 I loved the drawing bit": how much of something else is of that sentence.
        return True
    # What is praised, or not, further on is somebody or something.
    if further:
        return False
    said = clause.words[degree.start : degree.end]
    if said in lexicon.lists["opening"] and first in lexicon.words("pronouns"):
        # "Partly she was in a hurry" begins as the option does; "partly my fault" may not mean it.
        return degree.kind == "label" or known.is_usual
    if degree.kind == "measure" and said[1:2] == ("/",) and _is_an_end(degree, known):
        # "5/5 would come again", but not "5/5 goals".
        counted = first in lexicon.words("units") or first in lexicon.words("out_of")
        return not counted and not is_of_the_topic(first, known)
    if _denies_it(clause, known):
        return True
    return said in lexicon.lists["standing"] and first in lexicon.words("subjects")


def _goes_on_with(words: Tokens, lexicon: Lexicon) -> str:
    """The word that a sentence after it begins with: "5 and we agreed" goes on with "we"."""
    joined = words[:1] and words[0] in lexicon.words("joining")
    return next(iter(words[1:] if joined else words), "")


def _denies_it(clause: Clause, known: Vocabulary) -> bool:
    """ "No she didn't take in what I said": the no, and what it says no to."""
    words, lexicon = clause.words, known.lexicon
    lowest = frozenset({1})
    if known.refusing != lowest or any(degree.places != lowest for degree in clause.degrees):
        return False
    at = next((at for at in (2, 3) if words[at : at + 1] and words[at] in _negators(known)), 0)
    if words[:1] not in lexicon.groups["no"] or not at:
        return False
    while words[at + 1 : at + 2] and words[at + 1] in lexicon.words("even"):
        at += 1
    about = any(words[at + 1 : at + 1 + length] in lexicon.lists["attending"] for length in (1, 2))
    return about and all(word in lexicon.words("pronouns") for word in words[1:2])


def _says_no_of_somebody(clause: Clause, known: Vocabulary) -> bool:
    """ "No we spent the hour on forms": most likely a no; what is learnt may make it certain."""
    first = next(iter(clause.degrees), None)
    if first is None or not clause.content or not known.ascending or len(known.refusing) != 1:
        return False
    pronouns = known.lexicon.words("pronouns")
    alone = clause.words[:1] in known.lexicon.groups["no"] and len(clause.degrees) == 1
    return alone and clause.words[1:2] != () and clause.words[1] in pronouns


def _negators(known: Vocabulary) -> frozenset[str]:
    return known.lexicon.words("negators")


def _is_an_end(degree: Degree, known: Vocabulary) -> bool:
    return degree.places in (frozenset({1}), frozenset({known.size}))


def _together(chosen: list[Clause]) -> frozenset[int]:
    """All places that are named; of agreement and praise only what they have in common."""
    degrees = [degree for clause in chosen for degree in clause.degrees]
    if all(degree.kind == "manner" for degree in degrees):
        return frozenset.intersection(*(degree.places for degree in degrees))
    return frozenset().union(*(degree.places for degree in degrees))


def _without_interjections(measured: list[Clause], plain: list[Clause]) -> list[Clause]:
    """ "Meh, 6/10": a number beside a word that is no more than one option away."""
    if not measured:
        return []
    places = frozenset().union(*(clause.places for clause in measured))
    others = frozenset().union(*(clause.places for clause in plain))
    far = max(others) - min(others) - (max(places) - min(places)) if places else 0
    return measured if places and far <= 1 else plain


def _opposed(speaking: list[Clause], places: frozenset[int], known: Vocabulary) -> bool:
    """Whether a plain yes or no stands beside a degree that it does not go with."""
    middle = (known.size + 1) / 2
    for clause in speaking:
        manners = [d for d in clause.degrees if d.kind == "manner"]
        if clause.content or not manners or not places or clause.places & places:
            continue
        if (min(clause.places) > middle) != (min(places) >= middle):
            return True
        if min(abs(one - other) for one in clause.places for other in places) >= _FAR:
            # "Not that I can think of, maybe a small thing"
            return True
    return False


def _beside_content(
    clause: Clause, clauses: list[Clause], known: Vocabulary
) -> tuple[frozenset[int], bool]:
    """A degree among other words: shown back when it leads, else it is about something else."""
    words = sum(len(one.words) for one in clauses)
    if len(clauses) == 1 and words <= _MOST_WORDS_AROUND_A_NUMBER and not clause.leads:
        return _number_at_the_end(clause, known), False
    manner = any(degree.kind in ("manner", "turned") for degree in clause.degrees)
    leads = clause is clauses[0] and clause.leads
    if not leads or words > _MOST_WORDS_BESIDE or len(clause.degrees) > 1 or manner:
        return frozenset(), False
    return clause.places, False


def _number_at_the_end(clause: Clause, known: Vocabulary) -> frozenset[int]:
    """ "Mark us a 3", but not "2 fights": it counts nothing. "Go back one" is no number either."""
    last = [(degree.kind, degree.end) for degree in clause.degrees]
    counts = clause.words[-1:] != known.lexicon.order["numbers"][1:2]
    return clause.places if counts and last == [("measure", len(clause.words))] else frozenset()


def _read_choice(question: Question, text: str, lexicon: Lexicon) -> Reading:
    """An option without order: its own words, alone or at the start of a longer text."""
    options, plain = question.item.options, normalise(text)
    named = named_option(options, plain, lexicon)
    if named is not None:
        return Reading((named,), sure=True)
    if len(plain.split()) > _MOST_WORDS_AROUND:
        return UNCLEAR
    first = leading_option(options, plain, lexicon.language)
    return Reading((first,), text.strip(), sure=True) if first is not None else UNCLEAR
