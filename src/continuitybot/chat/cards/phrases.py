"""Small phrases that several cards use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from continuitybot.chat.message import Button, Confirm, Fact, Mode, Moment, Text
from continuitybot.settings.values import format_duration


def mode_of(drill: bool) -> Mode:
    """The word on the first line that tells practice from the real thing."""
    return "DRILL" if drill else "LIVE"


def fact(label: str, value: Text | datetime | timedelta | None) -> Fact | None:
    """A labelled value, or None when there is none to show."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return Fact(label, (Moment(value),))
    if isinstance(value, timedelta):
        return Fact(label, format_duration(value))
    return Fact(label, value)


def facts(*found: Fact | None) -> tuple[Fact, ...]:
    """The facts that are there."""
    return tuple(one for one in found if one is not None)


def lasting(span: timedelta) -> str:
    """How long something lasts, as it is said: `40 s`, `12 min`, `1 h 5 min`, `2 d 3 h`."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    sizes = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join([f"{count} {unit}" for count, unit in sizes if count][:2])


def words(state: str) -> str:
    """A state as a person writes it: `failing back`."""
    return state.replace("_", " ")


def plural(count: int, noun: str) -> str:
    """`1 person`, `2 persons`; irregular nouns are given as `person/people`."""
    one, _, many = noun.partition("/")
    return f"{count} {one if count == 1 else many or one + 's'}"


def consent_buttons(subject: str, plan_hash: str, effect: str) -> tuple[Button, Button]:
    """Approve and reject, bound to the plan that the card shows."""
    approve = Button(
        "Approve",
        f"approve {subject} --plan {plan_hash}",
        "primary",
        Confirm(f"Approve {subject}?", effect, "Approve"),
    )
    return approve, Button("Reject", f"reject {subject} --plan {plan_hash}")


def present(*buttons: Button | None) -> tuple[Button, ...]:
    """The buttons that apply now."""
    return tuple(button for button in buttons if button is not None)


def listed(lines: Iterable[str], last: str = "and") -> str:
    """Several things in one phrase: `a, b and c`."""
    found = list(lines)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"
