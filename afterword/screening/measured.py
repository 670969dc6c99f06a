"""How well a safety model does on sentences that it was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from afterword.safety.finding import Category
from afterword.screening.scoring import LIVE, SafetyModel
from afterword.screening.training import Sentence


@dataclass(frozen=True)
class Scored:
    """A sentence, and its greatest share of danger. `lang` is the language it was taken for."""

    sentence: Sentence
    share: float
    lang: str


_STEPS = (0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97)


def scored(model: SafetyModel, sentences: Sequence[Sentence]) -> list[Scored]:
    found = []
    for one in sentences:
        reading = model.reader.read(one.text)
        shares = model.shares(reading)
        share = float(shares[:, :LIVE].sum(axis=1).max()) if len(shares) else 0.0
        found.append(Scored(one, share, reading.language))
    return found


def part(found: Sequence[Scored], bounds: Mapping[str, Mapping[str, float]], tier: str) -> float:
    """Per cent of them at or above the bound of that tier in their language."""
    if not found:
        return float("nan")
    reached = [one.share >= bounds[one.lang][tier] for one in found]
    return round(100 * float(np.mean(reached)), 1)


def figures(
    found: Sequence[Scored], bounds: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, object]]:
    """Per cent by kind of sentence: any reaction, and *same day*; how many there are."""
    kinds: dict[str, list[Scored]] = {"live": [one for one in found if one.sentence.live]}
    for severity in ("imminent", "active", "passive", "past"):
        kinds[severity] = [one for one in found if one.sentence.severity == severity]
    for category in Category:
        kinds[category] = [one for one in kinds["live"] if one.sentence.label == category]
    kinds["harmless"] = [one for one in found if one.sentence.label == "none"]
    result: dict[str, dict[str, object]] = {}
    for lang in ("en", "es"):
        for kind, of_kind in kinds.items():
            own = [one for one in of_kind if one.sentence.lang == lang]
            if own:
                result[f"{lang} {kind}"] = {
                    "sentences": len(own),
                    "any": part(own, bounds, "check"),
                    "same_day": part(own, bounds, "same_day"),
                }
    return result


def curve(found: Sequence[Scored]) -> dict[str, list[dict[str, float]]]:
    """By language, for bounds from low to high: per cent of each kind at or above the bound."""
    result: dict[str, list[dict[str, float]]] = {}
    for lang in ("en", "es"):
        own = [one for one in found if one.sentence.lang == lang]
        result[lang] = [
            {
                "bound": bound,
                "live": _reached([one for one in own if one.sentence.live], bound),
                "past": _reached([one for one in own if one.sentence.severity == "past"], bound),
                "harmless": _reached([one for one in own if one.sentence.label == "none"], bound),
            }
            for bound in _STEPS
        ]
    return result


def _reached(found: Sequence[Scored], bound: float) -> float:
    return round(100 * float(np.mean([one.share >= bound for one in found])), 1) if found else 0.0
