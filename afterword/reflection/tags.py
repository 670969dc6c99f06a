"""A no that only repeats the denial before it: "didn't feel safe, no". Pure."""

from afterword.reflection.lexicon import Lexicon, Tokens


def without_tag(words: Tokens, lexicon: Lexicon) -> Tokens:
    """The words without a "no" at their end that repeats a denial."""
    refusing = {phrase[0] for phrase in lexicon.groups["no"] if len(phrase) == 1}
    signs = next((n for n, word in enumerate(reversed(words)) if word[0].isalnum()), 0)
    said = words[: len(words) - signs]
    denied = not lexicon.words("negators").isdisjoint(said[:-1])
    return said[:-1] if len(said) > 2 and said[-1] in refusing and denied else words


def only_repeats(words: Tokens, before: Tokens, lexicon: Lexicon) -> bool:
    """Whether a clause is such a "no" alone, after one that denies something."""
    refusing = {phrase for phrase in lexicon.groups["no"] if len(phrase) == 1}
    denied = not lexicon.words("negators").isdisjoint(before)
    return words in refusing and denied and len(before) > 2
