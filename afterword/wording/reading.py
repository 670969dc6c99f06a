"""How easy a text is to read: Flesch-Kincaid in English, Fernández-Huerta in Spanish."""

import re

EASY = 6.0
"""The grade up to which everybody is taken along."""
EASY_IN_SPANISH = 70.0
"""On Fernández-Huerta's scale, 70 and more is what is read in the sixth year of school."""
_FEWEST_WORDS = 6
# Each ten points below stand for about a year of school more.
_POINTS_A_GRADE = 10.0


def school_grade(text: str, language: str) -> float:
    """The year of school that a text asks for, in one scale for both languages.

    A text of fewer than six words says nothing of itself: 0.
    """
    if not is_long_enough(text):
        return 0.0
    if language == "es":
        return max(0.0, EASY + (EASY_IN_SPANISH - ease(text)) / _POINTS_A_GRADE)
    return max(0.0, grade(text))


def is_long_enough(text: str) -> bool:
    """Whether a text has words enough for a measure to say anything."""
    return len(re.findall(r"\{\w+\}|[^\W\d_]+", text)) >= _FEWEST_WORDS


def grade(text: str) -> float:
    """The Flesch-Kincaid grade; names and numbers in braces count as short words."""
    plain = re.sub(r"\{\w+\}|\d+", "Kim", text).replace("’", "'")
    words = re.findall(r"[A-Za-z]+(?:'[a-z]+)?", plain)
    sentences = [part for part in re.split(r"[.!?:]+(?:\s|$)", plain) if re.search(r"\w", part)]
    if len(words) < _FEWEST_WORDS:
        return 0.0
    per_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * per_word - 15.59


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e, es or ed at the end."""
    word = word.casefold().removesuffix("'s").replace("every", "evry")
    if re.search(r"[^td]ed$|[^aeioulscxgz]es$", word):
        word = word[:-2]
    elif re.search(r"[^aeioul]e$|[aeiou]le$", word):
        word = word[:-1]
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def ease(text: str) -> float:
    """Fernández-Huerta's measure of Spanish: 100 is very easy, 0 very hard."""
    plain = re.sub(r"\{\w+\}|\d+", "Ana", text)
    words = re.findall(r"[^\W\d_]+", plain)
    parts = re.split(r"[.!?:]+(?:[»)]*\s|[»)]*$)", plain)
    sentences = [part for part in parts if re.search(r"\w", part)]
    if len(words) < _FEWEST_WORDS:
        return 100.0
    per_word = sum(map(spanish_syllables, words)) / len(words)
    return 206.84 - 60 * per_word - 1.02 * len(words) / len(sentences)


def spanish_syllables(word: str) -> int:
    """Groups of vowels; two strong ones, or one with an accent on a weak one, are two."""
    word = re.sub(r"(?<=[qg])u(?=[eiéí])", "", word.casefold())
    groups = re.findall(r"[aeiouáéíóúü]+", re.sub(r"y$", "i", word))
    return max(1, sum(max(1, len(re.findall(r"[aeoáéíóú]", group))) for group in groups))
