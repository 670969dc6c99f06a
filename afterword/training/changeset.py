"""What changes do to the training lines, and what is wrong with them. Pure.

A change is looked at before it is trained: whether its line is there twice under two labels, nearly
there already, one of the lines kept apart for measuring, or one too many of the same person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from afterword.records.data_versions import Change, Kind
from afterword.training.corpus import Line
from afterword.training.nearness import Index, plain

MOST_FROM_ONE = 10
"""Lines of one person in all of a clinic's versions: nobody's way of writing outweighs the rest."""
CLINIC = "clinic"
"""The file of a line that the clinic added, in its place."""


class Trouble(StrEnum):
    """What is wrong with a change, or worth a look. The first four have to be mended."""

    CONFLICT = "conflict"
    """The same line stands under another label."""
    HELD_OUT = "held_out"
    """It is one of the lines that are kept apart for measuring, or nearly."""
    ONE_PERSON = "one_person"
    UNKNOWN_LABEL = "unknown_label"
    NEAR_OTHER = "near_other"
    """Nearly the same line stands under another label."""
    NEAR_SAME = "near_same"
    """Nearly the same line is there already: little is learned from it."""
    STALE = "stale"
    """The line that it moves or removes is not there any more."""


MUST_MEND = frozenset(
    {Trouble.CONFLICT, Trouble.HELD_OUT, Trouble.ONE_PERSON, Trouble.UNKNOWN_LABEL}
)


class Source(StrEnum):
    """Why a line is changed: where it came from."""

    INBOX = "inbox"
    HAND = "hand"


@dataclass(frozen=True)
class Found:
    """A trouble of a change, and the line and label that it is about, if there is one."""

    trouble: Trouble
    text: str = ""
    label: str = ""


@dataclass(frozen=True)
class Row:
    """A change, why it is made, and what was found."""

    change: Change
    source: Source
    found: tuple[Found, ...] = ()

    @property
    def must_mend(self) -> bool:
        """Whether a gate would fail because of it."""
        return any(one.trouble in MUST_MEND for one in self.found)


@dataclass(frozen=True)
class Tally:
    """What a label gains and loses in a language."""

    language: str
    label: str
    before: int
    added: int
    moved_in: int
    moved_out: int
    removed: int

    @property
    def after(self) -> int:
        return self.before + self.added + self.moved_in - self.moved_out - self.removed


@dataclass(frozen=True)
class Applied:
    """What became of changes: shipped lines that go, lines that come, changes that met nothing.

    `lasting` are those that later ones have not undone.
    """

    kept: tuple[Line, ...]
    gone: tuple[Line, ...]
    added: tuple[Line, ...]
    stale: frozenset[str]
    """Ids of the changes."""
    lasting: tuple[Change, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines that are trained."""
        return self.kept + self.added


@dataclass(frozen=True)
class ChangeSet:
    """A draft or a version, as it is looked at."""

    rows: tuple[Row, ...]
    tallies: tuple[Tally, ...]

    @property
    def must_mend(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.must_mend)


def apply(lines: Sequence[Line], changes: Iterable[Change]) -> Applied:
    """Lays changes over the lines, in their order."""
    at: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        at[line.language, line.text].append(line)
    shipped = {(line.language, line.text, line.label): line for line in lines}
    stale = set()
    made: list[tuple[Change, str, bool]] = []
    for number, change in enumerate(changes, start=1):
        here = at[change.language, change.text]
        # What comes back to where it was shipped is the shipped line again.
        line = shipped.get((change.language, change.text, change.label)) or _own(change, number)
        if change.kind is Kind.ADD:
            if not any(one.label == change.label for one in here):
                here.append(line)
                made.append((change, line.place, True))
            continue
        found = next((one for one in here if one.label == change.was), None)
        if found is None:
            stale.add(change.id)
            continue
        here.remove(found)
        if change.kind is Kind.MOVE:
            here.append(line)
            made.append((change, line.place, True))
        else:
            made.append((change, found.place, False))
    left = [one for here in at.values() for one in here]
    places = {one.place for one in left}
    own = {line.place for line in lines}
    return Applied(
        kept=tuple(one for one in lines if one.place in places),
        gone=tuple(one for one in lines if one.place not in places),
        added=tuple(one for one in left if one.place not in own),
        stale=frozenset(stale),
        # A line of one's own that came, or a shipped one that went, and is so still.
        lasting=tuple(
            change
            for change, place, came in made
            if came == (place in places) and came == (place not in own)
        ),
    )


def _own(change: Change, number: int) -> Line:
    return Line(change.language, change.label, change.text, f"{CLINIC}:{number}")


def given(changes: Iterable[Change], applied: Applied) -> Counter[str]:
    """By person, how many of their lines are there still, under whatever label."""
    there = {(one.language, one.text) for one in applied.added}
    return Counter(
        one.owner_hash
        for one in changes
        if one.owner_hash and one.kind is Kind.ADD and (one.language, one.text) in there
    )


def undone(change: Change) -> Change:
    """What takes a change back."""
    match change.kind:
        case Kind.ADD:
            kind, label, was = Kind.REMOVE, change.label, change.label
        case Kind.REMOVE:
            kind, label, was = Kind.ADD, change.was, ""
        case _:
            kind, label, was = Kind.MOVE, change.was, change.label
    return Change("", kind, change.language, label, was, change.text)


class Shipped:
    """The lines that came with the product, ready to be asked; made once, as it takes a second."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        by_language: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            by_language[line.language].append(line)
        self._near = {name: _Near(own) for name, own in by_language.items()}

    def near(self, language: str, text: str) -> list[Line]:
        """The lines that are near to a plain text."""
        return self._near[language].near(text) if language in self._near else []


class _Near:
    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._index = Index(plain(one.text) for one in lines)

    def near(self, text: str) -> list[Line]:
        return [self._lines[place] for place in self._index.near(text)]


def look(
    shipped: Shipped,
    earlier: Sequence[Change],
    changes: Sequence[Change],
    held: Mapping[str, Sequence[str]],
    labels: Sequence[str],
    most_from_one: int = MOST_FROM_ONE,
) -> ChangeSet:
    """A set of changes on top of the earlier ones, with what is wrong with each.

    Args:
        held: the texts that are kept apart for measuring, by language.
    """
    before = apply(shipped.lines, earlier)
    after = apply(shipped.lines, [*earlier, *changes])
    known = _Known(shipped, after, held)
    owned = given(earlier, before)
    rows = []
    for change in changes:
        found = list(known.troubles(change, labels))
        if change.id in after.stale:
            found.append(Found(Trouble.STALE))
        if change.owner_hash and change.kind is Kind.ADD:
            owned[change.owner_hash] += 1
            if owned[change.owner_hash] > most_from_one:
                found.append(Found(Trouble.ONE_PERSON))
        rows.append(Row(change, _source(change), tuple(found)))
    return ChangeSet(tuple(rows), tuple(_tallies(before.lines, changes, after.stale)))


class _Known:
    """The lines after the changes, and those kept apart, ready to be asked."""

    def __init__(self, shipped: Shipped, after: Applied, held: Mapping[str, Sequence[str]]) -> None:
        self._shipped = shipped
        self._gone = {line.place for line in after.gone}
        self._added = {
            language: _Near([one for one in after.added if one.language == language])
            for language in {one.language for one in after.added}
        }
        self._held = {name: Index(map(plain, texts)) for name, texts in held.items()}

    def troubles(self, change: Change, labels: Sequence[str]) -> Iterable[Found]:
        if change.kind is Kind.REMOVE:
            return
        if change.label not in labels:
            yield Found(Trouble.UNKNOWN_LABEL, label=change.label)
        text = plain(change.text)
        held = self._held.get(change.language)
        if held is not None and (near := held.near(text)):
            yield Found(Trouble.HELD_OUT, held.texts[near[0]])
        yield from self._beside(change, text)

    def _beside(self, change: Change, text: str) -> Iterable[Found]:
        """The nearest line under another label, else the nearest under the same one."""
        near = self._near(change.language, text)
        others = [one for one in near if one.label != change.label]
        same = [one for one in others if plain(one.text) == text]
        beside = [one for one in near if one.label == change.label and one.text != change.text]
        if same:
            yield Found(Trouble.CONFLICT, same[0].text, same[0].label)
        elif others:
            yield Found(Trouble.NEAR_OTHER, others[0].text, others[0].label)
        elif beside:
            yield Found(Trouble.NEAR_SAME, beside[0].text, beside[0].label)

    def _near(self, language: str, text: str) -> list[Line]:
        shipped = self._shipped.near(language, text)
        kept = [one for one in shipped if one.place not in self._gone]
        added = self._added[language].near(text) if language in self._added else []
        return kept + added


def conflicts(lines: Iterable[Line]) -> list[tuple[str, tuple[str, ...]]]:
    """The texts that stand under more than one label, each with its labels."""
    under: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        under[line.language, plain(line.text)].add(line.label)
    return [(text, tuple(sorted(of))) for (_, text), of in under.items() if len(of) > 1]


def held_out(lines: Iterable[Line], held: Mapping[str, Sequence[str]]) -> list[str]:
    """The lines kept apart that are in training, word for word."""
    trained: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        trained[line.language].add(plain(line.text))
    return [
        text
        for language, texts in held.items()
        for text in texts
        if plain(text) in trained[language]
    ]


def near_held_out(added: Iterable[Line], held: Mapping[str, Sequence[str]]) -> list[str]:
    """The lines kept apart to which a line that was added is near."""
    indexes = {name: Index(map(plain, texts)) for name, texts in held.items()}
    return [
        held[line.language][place]
        for line in added
        if line.language in indexes
        for place in indexes[line.language].near(plain(line.text))
    ]


def taken_out(applied: Applied) -> dict[str, tuple[int, int]]:
    """By language/label: how many of the shipped lines are gone or moved, and of how many."""
    gone = Counter(f"{one.language}/{one.label}" for one in applied.gone)
    kept = Counter(f"{one.language}/{one.label}" for one in applied.kept)
    return {name: (count, count + kept[name]) for name, count in sorted(gone.items())}


def difference(rows: Iterable[Change]) -> str:
    """The changes as a difference of the data, as a programmer would read it."""
    out: list[str] = []
    for change in rows:
        where = f"{change.language}/{change.label}"
        if change.kind is not Kind.ADD:
            out.append(f"--- {change.language}/{change.was}\n-      - {change.text}")
        if change.kind is not Kind.REMOVE:
            out.append(f"+++ {where}\n+      - {change.text}")
    return "\n".join(out)


def _source(change: Change) -> Source:
    return Source.INBOX if change.owner_hash or change.misheard_id else Source.HAND


def _tallies(
    before: Iterable[Line], changes: Sequence[Change], stale: frozenset[str]
) -> Iterable[Tally]:
    counts = Counter((one.language, one.label) for one in before)
    done: Counter[tuple[str, str, str]] = Counter()
    for change in changes:
        if change.id in stale:
            continue
        if change.kind is Kind.ADD:
            done[change.language, change.label, "added"] += 1
        else:
            out = "moved_out" if change.kind is Kind.MOVE else "removed"
            done[change.language, change.was, out] += 1
        if change.kind is Kind.MOVE:
            done[change.language, change.label, "moved_in"] += 1
    for language, label in sorted({(one[0], one[1]) for one in done}):
        yield Tally(
            language,
            label,
            counts[language, label],
            *(
                done[language, label, kind]
                for kind in ("added", "moved_in", "moved_out", "removed")
            ),
        )
