"""Spanish in English words, one by one: the sentence encoder has read only English.

It is no translation and nobody sees it. The encoder learns from the sentences of
`safety/sentences/es.jsonl` what such a text means; words that it shares with English bring along
what was learnt there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from afterword.screening.wordpiece import unaccented

_ENDINGS = {
    # What a verb's ending says: {} is the English verb.
    **dict.fromkeys(("ar", "er", "ir"), "to {}"),
    **dict.fromkeys(("ando", "iendo", "yendo"), "{} ing"),
    **dict.fromkeys(("ado", "ido", "ada", "ida", "ados", "idos", "adas", "idas"), "{} ed"),
    "o": "i {}",
    **dict.fromkeys(("as", "es"), "you {}"),
    **dict.fromkeys(("a", "e"), "he {}"),
    **dict.fromkeys(("amos", "emos", "imos"), "we {}"),
    **dict.fromkeys(("an", "en"), "they {}"),
    **dict.fromkeys(("i", "é", "í"), "i {} ed"),
    **dict.fromkeys(("ó", "ió"), "he {} ed"),
    **dict.fromkeys(("aré", "eré", "iré"), "i will {}"),
    **dict.fromkeys(("ará", "erá", "irá", "arán", "erán", "irán"), "will {}"),
    "io": "he {} ed",
    **dict.fromkeys(("aste", "iste"), "you {} ed"),
    **dict.fromkeys(("aron", "ieron"), "they {} ed"),
    **dict.fromkeys(("aba", "ia", "abas", "ias", "aban", "ian", "abamos", "iamos"), "used to {}"),
    **dict.fromkeys(("are", "ere", "ire", "ara", "era", "ira", "aran", "eran", "iran"), "will {}"),
    **dict.fromkeys(("aria", "eria", "iria", "arian", "erian", "irian"), "would {}"),
    **dict.fromkeys(("iera", "iese", "ieran", "iesen", "ase", "aramos", "ieramos"), "would {}"),
}
_CLITIC = re.compile(
    r"(?P<verb>\w*?(?:[aei]r|[aeiy]ndo))(?P<who>(?:me|te|se|nos|lo|la|le|los|las|les)+)"
)
_WHO = re.compile("me|te|se|nos|los|las|les|lo|la|le")
_SELVES = {
    "me": "myself", "te": "you", "se": "himself", "nos": "us", "los": "them", "las": "them",
    "les": "them", "lo": "it", "la": "it", "le": "him",
}  # fmt: skip
_ALIKE = (
    ("ciones", "tions"),
    ("cion", "tion"),
    ("dad", "ty"),
    ("mente", "ly"),
    ("ico", "ic"),
    ("ica", "ic"),
)
_LONGEST_WORD = 40
_WORD = re.compile(r"[^\W\d_]+")
_SURE = re.compile("[ñ¿¡áíóú]")
_ENGLISH_WORDS = (
    "the an and of to i my you it we they is was are were am be been have had do did not don't "
    "didn't i'm it's that this with for on at in but because what when how so if her his about "
    "from would could there just too go up here can will get got like know think want good"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_SHARED_WORDS = (
    "a abuse abuser alcohol ate bate bus buses caller calmer cancer case chat come comes cons "
    "continue cree crisis da de decide di doc doctor doctors doses e ex fallen favor favors "
    "final gas gay gran grave ha has he here hire hospital idea ideas imagine invite la large "
    "las less loss machete mama man mass mate mates me mess meter mi miss more no note notes o "
    "pa pack packs page pages papa pies plan plans practice quite ra ran rare re recorder "
    "reduce rifle robe rota sale se sea serve sexual si sin sober son sons sos suicide sus tape "
    "ten tension toy toys uno use user uses va van ve via video videos vine y ya you real "
    "normal dice once red pan as fin bar time times done ago funeral funerals cause parking move "
    "moves finger weed bye sofa radio terrible cereal inhaler control controls social roommate "
    "diabetes trauma horrible drama rehab lean pension blisters legal mental interpreter cries "
    "banana insomnia metal compare miles decision crack dealer simple pie hotel aisle sensible "
    "euro ms cola supervisor psoriasis porter extra personal cruel angel angels mole purge coma "
    "hero data pure tan reunion benzos tense pasta timer opinion fumes opera nausea torture ignore "
    "anorexia chilli meningitis valium x k"
)
_ALSO_ENGLISH = frozenset(_SHARED_WORDS.split())


class Glossary:
    """Words, phrases and verb stems of `es-words.txt`."""

    def __init__(self, content: str) -> None:
        groups = _groups(content)
        self._phrases = _by_first_word(groups.get("phrases", ()))
        self._words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        for english, forms in groups.get("words", ()):
            for form in forms.split():
                self._words.setdefault(form, english)
        for english, forms in groups.get("verbs", ()):
            for form in forms.split():
                self._stems.setdefault(form.partition("*")[0], english)
        self._accented = {
            "él": "he",
            "mí": "me",
            "sé": "i know",
            "sí": "yes",
            "té": "tea",
            "tú": "you",
        }
        self._of_word = lru_cache(maxsize=20_000)(self._word)
        self._known = lru_cache(maxsize=20_000)(self._looked_up)

    def is_spanish(self, text: str) -> bool:
        """Whether a cleaned text is rather Spanish than English; English when nothing tells."""
        words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?", text)
        english = sum(word in _ENGLISH for word in words)
        spanish = sum(
            bool(_SURE.search(word)) or (word not in _ALSO_ENGLISH and bool(self._known(word)))
            for word in words
            if word not in _ENGLISH
        )
        if not english and not spanish:
            return any(word in {"me", "no", "la", "mi", "de"} for word in words[:1]) and any(
                word not in _ALSO_ENGLISH and self._known(word) for word in words[1:]
            )
        return spanish > english

    def english(self, text: str) -> str:
        """A cleaned Spanish text in English words; what is not known stays."""
        return "".join(self._told(text))

    def _told(self, text: str) -> Iterator[str]:
        at = 0
        for word in _WORD.finditer(text):
            if word.start() < at:
                continue
            for pattern, english in self._phrases.get(unaccented(word[0]), ()):
                found = _compiled(pattern).match(text, word.start())
                if found:
                    yield self._by_words(text[at : found.start()])
                    yield english
                    at = found.end()
                    break
        yield self._by_words(text[at:])

    def _by_words(self, text: str) -> str:
        return _WORD.sub(lambda found: self._of_word(found[0]), text)

    def _word(self, word: str) -> str:
        return self._known(word) or self._with_clitic(word) or self._alike(word)

    def _looked_up(self, word: str) -> str | None:
        if len(word) > _LONGEST_WORD:
            return None
        if word in self._accented:
            return self._accented[word]
        plain = unaccented(word)
        if plain in self._words:
            return self._words[plain]
        return self._verb(word) or self._verb(plain) or self._other_form(plain)

    def _verb(self, word: str) -> str | None:
        for size in range(len(word) - 1, 0, -1):
            english = self._stems.get(word[:size])
            ending = _ENDINGS.get(word[size:])
            if english and ending:
                return ending.format(english)
        return None

    def _other_form(self, word: str) -> str | None:
        """Another number or gender, or a little one."""
        for ending, instead in (
            ("es", ""), ("s", ""), ("a", "o"), ("as", "o"), ("ito", "o"), ("ita", "a"),
            ("isimo", "o"), ("isima", "a"), ("e", "ar"),
        ):  # fmt: skip
            if word.endswith(ending) and len(word) - len(ending) > 2:
                found = self._words.get(word[: -len(ending)] + instead)
                if found:
                    return found
        # The first past and the wish of verbs in -car, -gar and -zar.
        for ending, instead in (("que", "c"), ("gue", "g"), ("ce", "z"), ("e", "")):
            if word.endswith(ending) and word[: -len(ending)] + instead in self._stems:
                return f"i {self._stems[word[: -len(ending)] + instead]} ed"
        return None

    def _with_clitic(self, word: str) -> str | None:
        found = _CLITIC.fullmatch(unaccented(word)) if len(word) <= _LONGEST_WORD else None
        verb = self._known(found["verb"]) if found else None
        if found is None or verb is None:
            return None
        return " ".join([verb, *(_SELVES[one] for one in _WHO.findall(found["who"]))])

    def _alike(self, word: str) -> str:
        word = unaccented(word)
        for ending, instead in _ALIKE:
            if word.endswith(ending) and len(word) > len(ending) + 2:
                return word[: -len(ending)] + instead
        return word


def _by_first_word(
    groups: Iterable[tuple[str, str]],
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Patterns of phrases with their English, by first word without accents, longest first."""
    english = {phrase.strip(): said for said, forms in groups for phrase in forms.split("|")}
    found: dict[str, list[tuple[str, str]]] = {}
    for phrase in sorted(english, key=len, reverse=True):
        pattern = rf"{_either(phrase)}\b"
        found.setdefault(unaccented(phrase.split()[0]), []).append((pattern, english[phrase]))
    return found


@lru_cache(maxsize=4_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    """When it is first needed: there are two thousand, and a process that starts needs none."""
    return re.compile(pattern)


def _either(phrase: str) -> str:
    """A pattern for the phrase with or without accents, but for the last letter of a word.

    `me corto` is about oneself, `me cortó` about somebody else.
    """
    for plain, accented in (("a", "á"), ("e", "é"), ("i", "í"), ("o", "ó"), ("u", "ú"), ("n", "ñ")):
        phrase = re.sub(rf"{plain}(?=\w)", f"[{plain}{accented}]", phrase)
    return phrase


def _groups(content: str) -> Mapping[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in content.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif " = " in line and not line.startswith("#"):
            english, _, forms = line.partition(" = ")
            found.setdefault(name, []).append((english, forms))
    return found
