"""Whether a word is another one with a slip of the finger. Pure."""

_ONE_SLIP, _TWO_SLIPS = 4, 8
"""From how many letters on one or two slips are allowed."""


def is_slip(word: str, meant: str) -> bool:
    """Whether `word` may be `meant`, mistyped; the first letter or the last one has to be right."""
    if word == meant:
        return True
    allowed = 0 if len(meant) < _ONE_SLIP else 1 if len(meant) < _TWO_SLIPS else 2
    if abs(len(word) - len(meant)) > allowed:
        return False
    if word[:1] != meant[:1] and word[-1:] != meant[-1:]:
        return False
    return _distance(word, meant, allowed) <= allowed


def slips_of(word: str) -> set[str]:
    """All that a word becomes when a letter is left out, doubled away or two change places."""
    cut = {word[:at] + word[at + 1 :] for at in range(len(word))}
    turned = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return cut | turned


def _distance(one: str, other: str, most: int) -> int:
    """Letters changed, added, left out, or two that changed places; stops above `most`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, start=1):
        last, before = before, row
        row = [at]
        for to, meant in enumerate(other, start=1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (sign != meant))
            if last and to > 1 and sign == other[to - 2] and one[at - 2] == meant:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
