"""Security headers of the patients' pages."""

import re
from collections.abc import Sequence

from afterword.http import HEADERS, content_policy

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)

PATIENT_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": content_policy(scripts=True),
}


def embed_policy(origins: Sequence[str], *, demo: bool = False) -> str:
    """The policy of the page inside a clinic's own page: only that clinic may frame it."""
    allowed = [origin for origin in origins if _ORIGIN.fullmatch(origin)]
    if demo:
        allowed.append("'self'")
    return content_policy(scripts=True, frame_ancestors=" ".join(allowed) or "'none'")
