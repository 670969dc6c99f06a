"""Keys struck at random: what says nothing is not kept as an answer without asking."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-zß-ÿœ]+")
_CONSONANT = "bcdfghjklmnñpqrstvwxzßç"
_VOWEL = re.compile(rf"[^{_CONSONANT}]")
# "Strengths" and "catchphrase" have more letters in a row than sounds.
_ONE_SOUND = re.compile(r"[cgpst]h|ng|ck")
_CONSONANTS = re.compile(rf"[{_CONSONANT}]{{5,}}")
# "Sooo good", "nooooo": a letter that is held down says no less than once.
_HELD = re.compile(r"(.)\1{2,}")
_NEVER_TOGETHER = re.compile(
    rf"q[{_CONSONANT}]|j[dfghkl]|wq|qe|zx|xz|xcv|cvb|vbn"
    r"|asd|sdf|dfg|fghj|hjk|jkl|kjh|lkj|wer[tq]|tyu|uio|oiu"
)
_FACES = re.compile(r"(?:(?:[:;=]['^-]?[()\[\]/\\|*]|\^[_.]?\^|-_-)\s*)+")
_SHORT, _ABBREVIATED = 3, 5


def is_nonsense(text: str) -> bool:
    """Whether no part of a text can be read: no word, no number, no emoji.

    Whoever abbreviates leaves the vowels out: "thx", "ptsd" and "thnks" are left as they are.
    """
    plain = unicodedata.normalize("NFC", text.casefold()).strip()
    words = [word for word in _WORD.findall(plain) if len(word) > _SHORT]
    if words:
        return any(map(_is_no_word, words)) and not any(map(_is_word, words))
    if _WORD.search(plain) or any(sign.isdigit() for sign in plain):
        return False
    pictures = any(unicodedata.category(sign) == "So" for sign in plain)
    return bool(plain.strip(" ?!¿¡.…")) and not pictures and not _FACES.fullmatch(plain)


def _is_word(word: str) -> bool:
    once = _HELD.sub(r"\1", word)
    return not _is_no_word(word) and bool(_VOWEL.search(once))


def _is_no_word(word: str) -> bool:
    if not _LATIN.fullmatch(word):
        return False
    once, held = _HELD.subn(r"\1", word)
    if len(once) == 1 or _NEVER_TOGETHER.search(once):
        return True
    if not _VOWEL.search(once):
        return len(once) > _ABBREVIATED or held > 1
    return _CONSONANTS.search(_ONE_SOUND.sub("t", once)) is not None
