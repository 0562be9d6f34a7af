"""Logs: one line an event, readable in a terminal, JSON for machines; nobody's phone in them."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

_PHONE = re.compile(r"\+\d{6,15}")
_SECRET_KEYS = ("token", "secret", "password", "authorization")


def configure(level: str, style: Literal["text", "json"]) -> None:
    """Set up structlog, and the standard library's logging under it, for the whole process."""
    renderer: Any = structlog.processors.JSONRenderer()
    if style == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_private_things,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    for name in ("apscheduler", "mail.log", "slack_bolt"):
        logging.getLogger(name).setLevel(logging.ERROR)


def without_private_things(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Shorten phone numbers and drop secrets, whoever forgot not to log them."""
    for key, value in event.items():
        if any(word in key.lower() for word in _SECRET_KEYS):
            event[key] = "[hidden]"
        elif isinstance(value, str):
            event[key] = _PHONE.sub(lambda m: f"{m[0][:3]}…{m[0][-2:]}", value)
    return event
