"""A check's settings as the values that decisions are made of."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from continuitybot.mailflow.model import CheckRule, Maintenance
from continuitybot.settings.mailflow import CheckSettings, MailflowSettings, RoundTripCheck

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def rule_of(check: CheckSettings) -> CheckRule:
    """How many observations of this check it takes to call it something."""
    return CheckRule(
        fail_after=check.fail_after,
        healthy_after=check.healthy_after,
        late_after=check.late_after,
        flapping_after=check.flapping_after,
        flapping_window=check.flapping_window,
    )


def maintenance_of(check: CheckSettings) -> tuple[Maintenance, ...]:
    """The times of the week in which this check is only watched."""
    return tuple(
        Maintenance(
            days=frozenset(_WEEKDAYS.index(day) for day in window.days),
            start=window.start,
            length=window.length,
            zone=ZoneInfo(window.time_zone),
        )
        for window in check.maintenance
    )


def longest_probe(check: CheckSettings, settings: MailflowSettings) -> timedelta:
    """The longest that one probe of this check can take."""
    if isinstance(check, RoundTripCheck):
        route = settings.routes.get(check.route)
        return route.deadline if route is not None else check.failed_after
    return check.failed_after


def patience_with(check: CheckSettings, settings: MailflowSettings) -> timedelta:
    """How long a healthy check may be silent before nobody knows any more."""
    return (check.fail_after + 1) * check.every + longest_probe(check, settings)
