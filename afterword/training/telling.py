"""A comparison in words: a sentence first, what got worse, what got better. Pure."""

from collections.abc import Callable, Iterator

from afterword.evaluation.lines import DIGRESSIONS, KINDS
from afterword.training.comparing import Comparison, Label
from afterword.training.gates import Gate
from afterword.training.report import Report

Say = Callable[..., str]
MEANINGS = (*(one for one in KINDS if one != "digression"), "asked", "start")
"""What a test message may mean or be taken for, besides what can be asked of the assistant."""
_MOST_NAMED = 3
_ASKED = "asked"


def sentences(say: Say, found: Comparison, *, is_live: bool = False) -> list[str]:
    """What somebody wants to know first, a sentence each."""
    return list(_sentences(say, found, is_live=is_live))


def _sentences(say: Say, found: Comparison, *, is_live: bool) -> Iterator[str]:
    right, of, more = found.candidate.right, found.candidate.of, found.difference
    if is_live:
        yield say("compare_first", right=right, of=of)
        return
    if not more:
        yield say("compare_same", right=right, of=of)
    else:
        one, several = (
            ("compare_more_one", "compare_more")
            if more > 0
            else ("compare_fewer_one", "compare_fewer")
        )
        key = one if abs(more) == 1 else several
        sure = say("compare_sure" if found.sure else "compare_chance")
        yield f"{say(key, count=abs(more), of=of)} {sure}"
    for label in found.worse[:_MOST_NAMED]:
        yield _worse(say, label)
    for label in found.better[:_MOST_NAMED]:
        yield say(
            "compare_better",
            label=meaning(say, label.name),
            right=label.candidate.right,
            of=label.candidate.of,
            live=label.live.right,
        )


def _worse(say: Say, label: Label) -> str:
    got, missed = label.missed_as[0]
    key = "compare_worse_asked" if got == _ASKED else "compare_worse"
    told = say(
        key,
        label=meaning(say, label.name),
        missed=missed,
        of=label.candidate.of,
        got=meaning(say, got),
    )
    return told if label.sure else f"{told} {say('compare_chance')}"


def meaning(say: Say, name: str) -> str:
    """What a test message means or is taken for, in words."""
    return say(f"label_{DIGRESSIONS[name]}" if name in DIGRESSIONS else f"meaning_{name}")


def beside(say: Say, report: Report) -> list[str]:
    """What became of the lines that were taught here, and the conversations, a sentence each."""
    new, data = report.candidate, report.data
    told = [say("compare_dialogues", right=new.dialogues - len(new.broken), of=new.dialogues)]
    if not data.taught:
        return told
    learned = say("compare_learned", right=data.learned, of=data.taught, before=data.known_before)
    return [learned, *told]


def weight(say: Say, report: Report) -> str:
    """Speed and size, in a sentence."""
    now, new = report.live, report.candidate
    return say(
        "compare_speed",
        milliseconds=round(1000 * new.seconds),
        live=round(1000 * now.seconds),
        megabytes=round(new.bytes / 1e6, 1),
        live_megabytes=round(now.bytes / 1e6, 1),
    )


def gate(say: Say, one: Gate) -> tuple[str, str]:
    """What was checked, and what to do where it was not passed."""
    return say(f"gate_{one.code}", **one.facts), say(f"gate_{one.code}_do")
