"""Makes safety/<language>/words.txt: words that are no slip of the finger.

What enough sentences of safety/sentences/ have in common is a word, not a slip. The other list of a
language, common.txt, is kept by hand: `safety/en/common.txt` began as the whole words of the
vocabulary of bert-base-uncased (Apache-2.0).

    python scripts/safety_words.py           writes the lists
    python scripts/safety_words.py --check   exits with 1 when one is not current
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from afterword.safety.normal import normal_form  # noqa: E402

SAFETY = PROJECT / "safety"
LANGUAGES = ("en", "es")
FEWEST = 10
SHORTEST = 3


def words_of(texts: Iterable[str]) -> list[str]:
    """The words that stand in enough of the texts, in normal form, sorted."""
    counts = Counter(word for text in texts for word in set(normal_form(text).split()))
    return sorted(
        word
        for word, count in counts.items()
        if count >= FEWEST and len(word) >= SHORTEST and word.isascii() and word.isalpha()
    )


def texts_of(folder: Path = SAFETY / "sentences") -> Mapping[str, list[str]]:
    """The texts of the sentence files by language."""
    texts: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            sentence = json.loads(line)
            texts[sentence["lang"]].append(sentence["text"])
    return texts


def lists() -> Mapping[Path, str]:
    """Each list as it has to be."""
    return {
        SAFETY / language / "words.txt": "".join(f"{word}\n" for word in words_of(texts))
        for language, texts in texts_of().items()
    }


def main() -> int:
    stale = [
        path
        for path, content in lists().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != content
    ]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path}: not current; run python scripts/safety_words.py")
        return bool(stale)
    for path in stale:
        path.write_text(lists()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
