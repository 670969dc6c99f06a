"""Whether a text is one of a published questionnaire: by hashes of runs of words, not by the words.

The published texts are not ours to keep, so only hashes of them are. What is compared is every run
of five words.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

RUN = 5
# What the published texts call the person whom we name.
_CALLED = ("my therapist", "the therapist", "my clinician", "my doctor", "mi terapeuta")


def known_runs(rows: Iterable[str]) -> frozenset[str]:
    """The hashes of a file, one a line; lines with # say what they are."""
    return frozenset(row for row in rows if row and not row.startswith("#"))


def runs_of(text: str) -> set[str]:
    """Hashes of all runs of five words."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*|\{\w+\}", folded)
    runs = (" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1))
    return {hashlib.blake2b(run.encode(), digest_size=8).hexdigest() for run in runs}


def read_as(text: str) -> set[str]:
    """A text with a name in braces is read as each of those that others write there."""
    found = runs_of(text)
    if "{clinician}" in text:
        for called in _CALLED:
            found |= runs_of(text.replace("{clinician}", called))
    return found
