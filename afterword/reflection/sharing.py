"""What to share, in words that say so and nothing else: "yes, share it all please". Pure."""

from collections.abc import Mapping

from afterword.reflection.lexicon import Lexicon, Tokens, tokens

DECISIONS: Mapping[str, str] = {
    "share": "share",
    "ratings": "share_ratings",
    "private": "keep_private",
}
"""The list of a lexicon that stands for each decision."""
_ASKS = frozenset("?¿")


def decision(text: str, lexicon: Lexicon) -> str | None:
    """The one decision that a text is made of; None when there is none, or anything besides.

    "Should I share?" decides nothing, and neither does "share, I guess".
    """
    said = tokens(text)
    if _ASKS & set(said):
        return None
    for name, words in DECISIONS.items():
        if lexicon.has(words, text):
            return name
    made = [name for name, words in DECISIONS.items() if _is_made_of(said, words, lexicon)]
    return made[0] if len(made) == 1 else None


def _is_made_of(words: Tokens, decided: str, lexicon: Lexicon) -> bool:
    phrases, beside = lexicon.lists[decided], lexicon.lists["share_beside"]
    if decided == "share_ratings":
        # "Send it, only the ratings": the one narrows the other down.
        beside = beside | lexicon.lists["share"]
    longest = max(map(len, phrases | beside))
    at, found = 0, False
    while at < len(words):
        lengths = range(longest, 0, -1)
        length = next((n for n in lengths if words[at : at + n] in phrases | beside), 0)
        if not length and words[at].isalnum():
            return False
        found = found or words[at : at + length] in phrases
        at += length or 1
    return found
