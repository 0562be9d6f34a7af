"""Times as people write and read them: in their own zone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo

from continuitybot.errors import Refused

_CLOCK = re.compile(
    r"(?:(?P<day>today|tomorrow|[0-9]{4}-[0-9]{2}-[0-9]{2})[ t]+)?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
)


def shown(at: datetime, zone: tzinfo) -> str:
    """A moment for a reader in `zone`: `Tue 10 Mar 09:12 CET`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def moment_of(text: str, now: datetime, zone: tzinfo) -> datetime:
    """`22:30`, `tomorrow 06:00`, `2026-03-14 22:30` or ISO with an offset; always in the future.

    A time without a day is the next time the clock in `zone` shows it. Raises Refused.
    """
    found = _CLOCK.fullmatch(text.strip().lower())
    at = _with_offset(text) if found is None else _at_clock(found, now.astimezone(zone), zone)
    if at is None:
        raise Refused(
            f"“{text[:40]}” is not a time.",
            remedy="Write 22:30, tomorrow 06:00 or 2026-03-14 22:30.",
        )
    if at <= now:
        raise Refused(f"{shown(at, zone)} has passed.", remedy="Write a time to come.")
    return at


def _with_offset(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _at_clock(found: re.Match[str], here: datetime, zone: tzinfo) -> datetime | None:
    day = found["day"]
    try:
        on = _day(day, here.date())
        at = datetime(
            on.year, on.month, on.day, int(found["hour"]), int(found["minute"]), tzinfo=zone
        )
    except (ValueError, OverflowError):
        return None
    return at + timedelta(days=1) if day is None and at <= here else at


def _day(word: str | None, today: date) -> date:
    if word is None or word == "today":
        return today
    return today + timedelta(days=1) if word == "tomorrow" else date.fromisoformat(word)
