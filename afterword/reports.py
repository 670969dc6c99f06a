"""Browsers tell here that a page of ours broke its policy: counted, never kept.

A report holds the address of the page, which holds the patient's token, and may hold a sample of
what was on it. Only the name of the directive and the kind of the page are looked at.
"""

import json
import logging
import re
from collections import Counter
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from afterword.quotas import REPORT_BODY

DIRECTIVES = frozenset(
    [
        "base-uri",
        "child-src",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "require-trusted-types-for",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "trusted-types",
        "worker-src",
    ]
)
OTHER = "other"
_KINDS = (
    ("embed", re.compile("/f/[^/]+/embed")),
    ("patient", re.compile("/(f/.*|help|leave)")),
    ("staff", re.compile("/portal(/.*)?")),
)
_log = logging.getLogger("afterword.reports")


class Reports:
    """Counts by directive and kind of page, in memory; the log has the 1st, 10th, 100th ..."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    async def endpoint(self, request: Request) -> Response:
        """204 always: a browser has no use for anything else."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > REPORT_BODY:
                return Response(status_code=413)
        self.note(bytes(body))
        return Response(status_code=204)

    def note(self, body: bytes) -> None:
        try:
            report = json.loads(body)["csp-report"]
            directive = str(report.get("effective-directive") or report["violated-directive"])
            path = urlsplit(str(report.get("document-uri", ""))).path
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            return
        named = directive.partition(" ")[0]
        key = (named if named in DIRECTIVES else OTHER, _kind(path))
        self.counts[key] += 1
        if re.fullmatch("10*", str(self.counts[key])):
            told = {"directive": key[0], "pages": key[1], "count": self.counts[key]}
            _log.warning("a page broke its policy", extra=told)


def _kind(path: str) -> str:
    return next((name for name, fits in _KINDS if fits.fullmatch(path)), OTHER)
