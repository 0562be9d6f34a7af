"""What templates can do to a value: a short list, each documented, none of which can run away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import filters

from continuitybot.runbooks.moves import Fault
from continuitybot.settings.values import format_duration, parse_duration

MAX_TEXT = 20_000
_MAX_DIGITS = 6
_FROM_JINJA = (
    "abs", "capitalize", "default", "first", "float", "int", "join", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "rejectattr", "select", "selectattr", "sort", "sum",
    "title", "tojson", "trim", "truncate", "unique", "upper",
)  # fmt: skip


def at_most(value: str) -> str:
    """The text, when it is not endlessly long."""
    if len(value) > MAX_TEXT:
        raise Fault(f"it would become longer than {MAX_TEXT} characters")
    return value


def _replaced(value: Any, old: Any, new: Any) -> str:
    text, before, after = str(value), str(old), str(new)
    if len(text) + text.count(before) * len(after) > MAX_TEXT:
        raise Fault(f"it would become longer than {MAX_TEXT} characters")
    return text.replace(before, after)


def _rounded(value: Any, digits: int = 0) -> float | int:
    if not 0 <= digits <= _MAX_DIGITS:
        raise Fault(f"`round` takes 0 to {_MAX_DIGITS} digits")
    return round(float(value), digits) if digits else round(float(value))


def _duration(value: Any) -> str:
    """Seconds, or a duration, in words: `1h30m`."""
    text = str(value)
    return format_duration(parse_duration(float(text) if _is_number(text) else text))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def _time(value: Any, zone: str = "UTC") -> str:
    """The time of the day of a moment, in a zone: `14:05`."""
    return f"{_moment(value, zone):%H:%M}"


def _date(value: Any, zone: str = "UTC") -> str:
    """The day of a moment, in a zone: `2026-03-10`."""
    return f"{_moment(value, zone):%Y-%m-%d}"


def _moment(value: Any, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Fault(f"`{str(value)[:40]}` is no moment, such as 2026-03-10T09:00:00Z") from None
    try:
        here = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Fault(f"`{zone}` is no time zone, such as Europe/Vienna") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(here)


FILTERS: Mapping[str, Callable[..., Any]] = {
    **{name: filters.FILTERS[name] for name in _FROM_JINJA},
    "date": _date,
    "duration": _duration,
    "replace": _replaced,
    "round": _rounded,
    "time": _time,
}
