"""Verbs that move mail; each is a plan that somebody else approves."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from continuitybot.chat.commands.desk import Asked, Desk, said
from continuitybot.chat.platform import Reply
from continuitybot.chat.times import moment_of
from continuitybot.people.authority import who_may
from continuitybot.people.model import Person


async def invoke(desk: Desk, asked: Asked) -> Reply:
    """Plan the switch to the standby."""
    event = await desk.continuity.invoke(
        by=asked.by,
        provider=asked.args["provider"],
        domains=asked.args["domain"],
        for_=asked.args["for"],
        at=_start(desk, asked),
        reason=asked.text("reason"),
        incident=asked.text("incident") or await _only_incident(desk),
        platform=asked.platform,
    )
    return said(
        f"{event.ref} is planned and waits for approval",
        *event.plan.lines,
        await _who_approves(desk, asked.by),
    )


async def extend(desk: Desk, asked: Asked) -> Reply:
    """Let an event last longer."""
    ref, longer = asked.text("ref"), asked.args["for"]
    event = await desk.continuity.extend(ref, asked.by, longer, asked.platform)
    return said(f"{event.ref} lasts until {event.end:%d %B %H:%M} UTC")


async def failback(desk: Desk, asked: Asked) -> Reply:
    """Plan the way back to the primary."""
    event = await desk.continuity.fail_back(asked.text("ref"), asked.by, asked.platform)
    return said(
        f"Moving {event.ref} back waits for approval",
        *event.plan.reversed_lines,
        await _who_approves(desk, asked.by),
    )


async def confirm(desk: Desk, asked: Asked) -> Reply:
    """What the manual provider asked for has been done."""
    event = await desk.continuity.confirm_manual(asked.text("ref"), asked.by, asked.platform)
    return said(f"{event.ref}: taken as done", "Canaries prove it now.")


async def _who_approves(desk: Desk, asking: Person) -> str:
    able = who_may("approve", await desk.directory.everyone())
    names = [person.name for person in able if person.handle != asking.handle]
    if not names:
        return "Nobody else may approve: give somebody the role approver."
    return f"To approve: {' or '.join(names[:4])}."


async def _only_incident(desk: Desk) -> str:
    async with desk.database.reading() as tx:
        found = await desk.incidents.open_incidents(tx)
    return found[0].ref if len(found) == 1 else ""


def _start(desk: Desk, asked: Asked) -> datetime | None:
    if not asked.text("at"):
        return None
    zone = ZoneInfo(asked.by.time_zone or desk.time_zone)
    return moment_of(asked.text("at"), desk.database.clock.now(), zone)
