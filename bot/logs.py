"""Rasa's logs, which by default quote what patients write.

Measured with 3.6.21: a failing turn logs its text and all local variables, a text with a leading
slash is printed whole, and a failing action prints the conversation. Here an entry of Rasa keeps
its name and nothing else, see `afterword/logs.py`.
"""

from __future__ import annotations

import logging
import os
import re
from typing import Any

from afterword import logs

# `processor.message.parse`: Rasa names its entries, and never with what they are about.
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def set_up() -> None:
    """Before Rasa is imported: what any library logs, warns of or dies of."""
    logs.set_up(os.environ.get("LOG_LEVEL", "info"))


def keep_rasa_from_changing_that() -> None:
    """After Rasa is imported: its own set-up of structlog and of colours is ours."""
    import rasa.__main__
    import rasa.utils.common
    import rasa.utils.io
    import rasa.utils.log_utils

    rasa.__main__.configure_structlog = configure_structlog
    rasa.utils.log_utils.configure_structlog = configure_structlog
    rasa.utils.io.configure_colored_logging = lambda _: None
    # It takes two failures for one: what would tell them apart is a field now.
    rasa.utils.common.RepeatedLogFilter.filter = lambda *_: True
    # Loggers that Rasa has at import time are bound at their first use: from here on.
    configure_structlog()


def configure_structlog(log_level: int | None = None) -> None:
    """As Rasa's, with one processor that keeps the name of an entry and where it failed."""
    import structlog

    structlog.configure(
        processors=[name_only],
        context_class=dict,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.INFO if log_level is None else log_level
        ),
        cache_logger_on_first_use=True,
    )


def name_only(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    """What is passed on to the logger of the standard library."""
    name = str(entry.get("event"))
    known = _NAME.fullmatch(name) is not None
    return {
        "msg": logs.Event(name if known else "an entry without a name"),
        "exc_info": entry.get("exc_info"),
    }
