"""How sure it is that a message asks for something, whichever request it may be. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def request_share(
    intent: Mapping[str, Any],
    ranking: Iterable[Mapping[str, Any]],
    is_request: Callable[[str], bool],
    least: float,
) -> float:
    """The share of all requests together, from 0 to 1, where the first of them leads.

    "Strain, what is meant by it?" is *help* or *repeat*, and surely one of them: what it is
    compared with are the answers. The first request alone has to reach `least`; else, and where
    it is no request of that kind, its own confidence counts.
    """
    confidence = float(intent.get("confidence") or 0.0)
    if confidence < least or not is_request(str(intent.get("name"))):
        return confidence
    shares = (
        float(one.get("confidence") or 0.0) for one in ranking if is_request(str(one.get("name")))
    )
    return max(confidence, sum(shares))
