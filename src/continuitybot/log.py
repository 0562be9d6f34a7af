"""Logs: one line an event, readable in a terminal, JSON for machines; nobody's phone in them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SUSPECT = re.compile(r"[+?&]|%2[Bb]|\b00\d|://|xox|xapp|(?i:earer|asic)\s")
"""Nothing below matches without one of these; most of what is logged has none."""
_SHORTEST = 7
_PHONE = re.compile(r"(?:\+|%2[Bb]|\b00)(\d{2})(?:[ ()/.-]{0,2}\d){2,11}(\d{2})")
_CREDENTIALS = (
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), r"\1 [hidden]"),
    (re.compile(r"\bxox[a-z]-[\w-]+|\bxapp-[\w-]+"), "[hidden]"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), r"\1[hidden]@"),
    (re.compile(r"([?&](?:key|token|code|secret|signature)=)[^&\s\"']+", re.I), r"\1[hidden]"),
)
_SECRET_KEYS = ("token", "secret", "password", "authorization")
_NOISY = ("apscheduler", "mail.log", "slack_bolt")

Style = Literal["text", "json"]

_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Every line written inside, by whoever is called from here, carries these facts."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def always(**facts: Any) -> None:
    """Every line of this task from now on, and of tasks that it begins, carries these facts."""
    _facts.set({**_facts.get(), **facts})


def present_facts() -> Mapping[str, Any]:
    """What is being done here and now, as `about` was told."""
    return _facts.get()


def configure(level: str, style: Style) -> None:
    """Set up structlog, and the standard library's logging with it, for the whole process."""
    structlog.configure(
        processors=[*_processors(), _renderer(style)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(library_formatter(style))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)


def library_formatter(style: Style) -> logging.Formatter:
    """Makes what libraries log lines of our form, without private things either."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_processors()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _renderer(style),
        ],
    )


def _processors() -> list[Processor]:
    return [
        with_facts,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_private_things,
    ]


def _renderer(style: Style) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def with_facts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add what is being done; what the line itself says comes first."""
    for key, value in _facts.get().items():
        event.setdefault(key, value)
    return event


def without_private_things(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Shorten phone numbers and drop secrets, whoever forgot not to log them."""
    for key, value in event.items():
        if not key.startswith("_"):  # the record of a library, which the formatter takes out
            event[key] = _shown(key, value)
    return event


def _shown(key: str, value: Any) -> Any:
    if _is_secret(key):
        return "[hidden]"
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: _shown(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown("", inner) for inner in value]
    return value


@lru_cache(maxsize=1000)
def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET_KEYS)


def masked(text: str) -> str:
    """Text with its phone numbers shortened and its credentials hidden."""
    if len(text) < _SHORTEST or text.isalpha() or _SUSPECT.search(text) is None:
        return text
    for pattern, replacement in _CREDENTIALS:
        text = pattern.sub(replacement, text)
    return _PHONE.sub(r"+\1…\2", text)
