"""Laying a clinic's changes over the texts and the question set that are shipped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from afterword.reflection.editions import asked_words, change_of, edition, shipped_of
from afterword.reflection.instrument import Instrument, Item, Option
from afterword.wording.braces import fits
from afterword.wording.changes import Change, holding, upto
from afterword.wording.places import option_key, part_key, why_fixed

Version = tuple[str, int]
Held = Mapping[tuple[str, str], Change]


def overlaid(texts: Mapping[str, str], language: str, changes: Sequence[Change]) -> dict[str, str]:
    """The texts of one language, by `section.key`, with the changes that hold laid over.

    What could not be filled in, and what may not be changed, stays as it is shipped.
    """
    found = dict(texts)
    for (spoken, key), change in holding(changes).items():
        if spoken == language and key in texts and not why_fixed(key):
            found[key] = change.text if fits(texts[key], change.text) else texts[key]
    return found


def number_of(instrument: Instrument, changes: Sequence[Change]) -> int:
    """The number of the last change of this question set; 0 when it is as shipped."""
    return max((one.number for one in _of(instrument, changes)), default=0)


def worded(instrument: Instrument, changes: Sequence[Change]) -> Instrument:
    """A shipped question set with a clinic's changes; it is a version of its own.

    An item says by language when what it asks was last changed. Typing what an option was called
    before is still understood.
    """
    own = _of(instrument, changes)
    if not own:
        return instrument
    held = holding(own)
    dates = _reworded(instrument, own)
    items = {
        name: replace(_item(instrument.id, item, held), reworded=dates.get(name, {}))
        for name, item in instrument.items.items()
    }
    version = edition(instrument.version, number_of(instrument, own))
    return replace(instrument, version=version, items=items)


class Editions(Mapping[Version, Instrument]):
    """All versions of the question sets that a clinic's reflections may be on, by (id, version).

    The first is the one that new reflections are opened on. Editions are made when asked for.
    """

    def __init__(self, shipped: Mapping[Version, Instrument], changes: Sequence[Change]) -> None:
        self._shipped = shipped
        self._changes = changes
        self._made: dict[Version, Instrument] = {}
        self._keys = tuple(dict.fromkeys(self._all()))

    def __getitem__(self, key: Version) -> Instrument:
        if key in self._shipped:
            return self._shipped[key]
        if key not in self._keys:
            raise KeyError(key)
        if key not in self._made:
            shipped = self._shipped[key[0], shipped_of(key[1])]
            self._made[key] = worded(shipped, upto(self._changes, change_of(key[1])))
        return self._made[key]

    def __iter__(self) -> Iterator[Version]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def _all(self) -> Iterator[Version]:
        for name, version in self._shipped:
            numbers = {one.number for one in _of(self._shipped[name, version], self._changes)}
            yield from ((name, edition(version, one)) for one in sorted(numbers, reverse=True))
            yield name, version


def _of(instrument: Instrument, changes: Sequence[Change]) -> list[Change]:
    return [one for one in changes if one.key.startswith(f"{instrument.id}/")]


def _item(instrument: str, item: Item, held: Held) -> Item:
    def words(part: str) -> dict[str, str]:
        return _words(getattr(item, part), part_key(instrument, item.id, part), held)

    return replace(
        item,
        label=words("label"),
        ask=words("ask"),
        again=words("again"),
        means=words("means"),
        why=words("why"),
        options=_options(instrument, item, held),
    )


def _options(instrument: str, item: Item, held: Held) -> tuple[Option, ...]:
    labels = {
        option.id: _words(
            option.label, option_key(instrument, item.id, item.scale, option.id), held
        )
        for option in item.options
    }
    return tuple(
        option
        if labels[option.id] == option.label
        else replace(option, label=labels[option.id], words=_typed(item, option, labels))
        for option in item.options
    )


def _typed(
    item: Item, option: Option, labels: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, ...]]:
    """What people type for an option, with what it was called before if nothing else is now."""
    words = {name: tuple(given) for name, given in option.words.items()}
    for language, before in option.label.items():
        taken = {
            phrase.casefold()
            for other in item.options
            if other.id != option.id
            for phrase in (labels[other.id][language], *other.words.get(language, ()))
        }
        now = labels[option.id][language].casefold()
        free = [one for one in (*words.get(language, ()), before) if one.casefold() not in taken]
        words[language] = tuple(dict.fromkeys(one for one in free if one.casefold() != now))
    return words


def _words(shipped: Mapping[str, str], key: str, held: Held) -> dict[str, str]:
    english = shipped.get("en", "")
    return {
        language: held[language, key].text
        if (language, key) in held and fits(text, held[language, key].text, english)
        else text
        for language, text in shipped.items()
    }


def _reworded(instrument: Instrument, changes: Sequence[Change]) -> dict[str, dict[str, datetime]]:
    """When what an item asks was last changed, by item and language."""
    dates: dict[str, dict[str, datetime]] = {}
    before = dict(instrument.items)
    for change in sorted(changes, key=lambda one: one.number):
        held = holding(upto(changes, change.number))
        for name in _touched(instrument, change.key):
            now = _item(instrument.id, instrument.items[name], held)
            if asked_words(now, change.language) != asked_words(before[name], change.language):
                dates.setdefault(name, {})[change.language] = change.at
            before[name] = now
    return dates


def _touched(instrument: Instrument, key: str) -> Iterator[str]:
    """The items that a key is of; a scale's options are of several."""
    for name, item in instrument.items.items():
        keys = {part_key(instrument.id, name, part) for part in ("ask", "again")}
        keys |= {option_key(instrument.id, name, item.scale, option.id) for option in item.options}
        if key in keys:
            yield name
