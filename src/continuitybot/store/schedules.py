"""Scheduled things: APScheduler's triggers tell when, the outbox makes sure that it is once.

Every instance ticks, by the clock of the database. A firing is an effect whose key holds the
schedule and its due time, and which is due then: however many instances tick, and however wrong
their machines' clocks are, one firing results, and not before its time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from continuitybot.errors import Transient
from continuitybot.store.database import Database
from continuitybot.store.effects import Effect

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERED_WEEKDAYS = re.compile(r"(?:(\d)(?:-(\d))?|\*)(?:/(\d+))?")
_LOOK_AGAIN = 5.0
"""Seconds after which the schedules are looked at although none is due: clocks are corrected."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Schedule:
    """When an effect of `kind` with `payload` is due, again and again.

    `trigger` is an APScheduler trigger; `every` and `cron` below make them. Firings are keyed
    `<name>/<due time>`. A firing missed by more than `grace` is enqueued with `late` true in its
    payload, and its duty decides whether to report or to run it.
    """

    name: str
    trigger: BaseTrigger
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    grace: timedelta = timedelta(minutes=5)


def every(period: timedelta) -> BaseTrigger:
    """A trigger at whole multiples of `period`, the same moments on every instance."""
    return IntervalTrigger(seconds=period.total_seconds(), start_date=_EPOCH, timezone=UTC)


def cron(expression: str, time_zone: str = "UTC") -> BaseTrigger:
    """A trigger from a five-field cron expression. Raises ValueError on a wrong one.

    Weekdays are those of cron (0 and 7 are Sunday). A day of the month and a weekday must both
    hold: `0 10 8-14 * 2` is ten o'clock on the second Tuesday.
    """
    *fields, weekdays = expression.split() or [""]
    # APScheduler 3 counts weekdays from Monday; names mean the same to everybody.
    named = ",".join(_named_weekdays(part) for part in weekdays.split(","))
    return CronTrigger.from_crontab(" ".join([*fields, named]), timezone=time_zone)


def _named_weekdays(part: str) -> str:
    numbers = _NUMBERED_WEEKDAYS.fullmatch(part)
    if part == "*" or numbers is None:
        return part
    first, last, step = numbers.groups()
    if last is None:
        last = "6" if step else first
    days = range(int(first or 0), int(last) + 1, int(step or 1))
    if not days or days[-1] > 7:
        raise ValueError(f"{part}: weekdays are 0 (Sunday) to 7 (Sunday again)")
    return ",".join(_WEEKDAYS[day % 7] for day in days)


class Schedules:
    """All schedules of this instance."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._schedules: dict[str, Schedule] = {}

    def add(self, schedule: Schedule) -> None:
        """Add a schedule, or replace the one of the same name."""
        self._schedules[schedule.name] = schedule

    def remove(self, name: str) -> None:
        """Forget a schedule; what it enqueued stays."""
        self._schedules.pop(name, None)

    async def run(self, since: datetime) -> None:
        """Fire what comes due after `since`, for ever.

        Of a schedule that came due several times since the last look, the newest fires.
        """
        looked = since
        while True:
            now = self._database.clock.now()
            try:
                for schedule in tuple(self._schedules.values()):
                    await self._fire_newest(schedule, looked, now)
                looked = max(looked, now)
            except Transient as error:
                log.warning("schedules.database_away", reason=str(error))
            await self._database.clock.sleep(self._until_next(now))

    def next_firing(self, name: str) -> datetime | None:
        """When a schedule is due next, by the database's clock."""
        schedule = self._schedules[name]
        return next_after(schedule.trigger, self._database.clock.now())

    async def catch_up(self, since: datetime, only: Callable[[Schedule], bool]) -> None:
        """Enqueue every firing due after `since` and not later than now."""
        now = self._database.clock.now()
        for schedule in [s for s in self._schedules.values() if only(s)]:
            due = next_after(schedule.trigger, since)
            while due is not None and due <= now:
                await self.fire(schedule.name, due)
                due = next_after(schedule.trigger, due)

    async def fire(self, name: str, due: datetime) -> None:
        """Enqueue the firing of a schedule for one due time; once, whoever else does too."""
        schedule = self._schedules[name]
        moment = due.astimezone(UTC).isoformat(timespec="milliseconds")
        async with self._database.transaction() as tx:
            late = tx.now - due > schedule.grace
            payload = {**schedule.payload, "schedule": name, "due": moment, "late": late}
            await tx.enqueue(Effect(f"{name}/{moment}", schedule.kind, payload, due, ref=name))

    async def _fire_newest(self, schedule: Schedule, since: datetime, now: datetime) -> None:
        newest, due = None, next_after(schedule.trigger, since)
        while due is not None and due <= now:
            newest, due = due, next_after(schedule.trigger, due)
        if newest is not None:
            await self.fire(schedule.name, newest)

    def _until_next(self, now: datetime) -> float:
        moments = [next_after(one.trigger, now) for one in self._schedules.values()]
        waits = [(due - self._database.clock.now()).total_seconds() for due in moments if due]
        return min(_LOOK_AGAIN, max(0.001, min(waits, default=_LOOK_AGAIN)))


def next_after(trigger: BaseTrigger, moment: datetime) -> datetime | None:
    """The first firing strictly after `moment`, or None when there is none left."""
    just_after = moment + timedelta(microseconds=1)
    found = trigger.get_next_fire_time(None, just_after)
    return found.astimezone(UTC) if found is not None else None
