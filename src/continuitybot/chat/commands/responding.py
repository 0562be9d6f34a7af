"""Verbs of whoever has an incident in hand."""

from __future__ import annotations

from continuitybot.chat.commands.desk import Asked, Desk, said
from continuitybot.chat.platform import Reply
from continuitybot.incidents.model import Severity


async def declare(desk: Desk, asked: Asked) -> Reply:
    """An incident that no check has seen."""
    incident = await desk.incidents.open_by_hand(
        asked.by,
        asked.text("title"),
        Severity(asked.text("severity") or Severity.SEV2),
        platform=asked.platform,
    )
    return said(f"{incident.ref} is open", "Whoever is on call is paged.")


async def ack(desk: Desk, asked: Asked) -> Reply:
    """Paging stops; the asker has it."""
    incident = await desk.incidents.ack(asked.text("ref"), asked.by, asked.platform)
    return said(f"{incident.ref} is yours", "Nobody is paged about it any more.")


async def note(desk: Desk, asked: Asked) -> Reply:
    """One line in the timeline of an incident, or among the notes of a run."""
    ref = asked.text("ref")
    if not ref.startswith("INC-"):
        await desk.runbooks.note(ref, by=asked.by, text=asked.text("text"), platform=asked.platform)
        return said(f"Noted on {ref}")
    await desk.incidents.note(ref, asked.by, asked.text("text"), asked.platform)
    return said(f"Noted on {ref}")


async def update(desk: Desk, asked: Asked) -> Reply:
    """How it stands, for everybody in the channel."""
    ref = asked.text("ref")
    await desk.incidents.update(ref, asked.by, asked.text("text"), asked.platform)
    return said(f"Everybody in the channel can read it under {ref}")


async def close(desk: Desk, asked: Asked) -> Reply:
    """The incident is over."""
    incident = await desk.incidents.close(asked.text("ref"), asked.by, asked.platform)
    return said(f"{incident.ref} is closed", f"Its report: report {incident.ref}")


async def mute(desk: Desk, asked: Asked) -> Reply:
    """No pages from one check, or about one incident, for a time."""
    name, for_ = asked.text("check"), asked.args["for"]
    until = desk.database.clock.now() + for_
    if name.upper().startswith("INC-"):
        await desk.incidents.suspend(name.upper(), asked.by, for_, asked.platform)
        return said(f"No pages about {name.upper()} until {until:%H:%M} UTC")
    await desk.mailflow.mute(name, until, by=asked.by, platform=asked.platform)
    text = "It is observed, but not judged."
    return said(f"{name} is muted until {until:%d %B %H:%M} UTC", text)


async def unmute(desk: Desk, asked: Asked) -> Reply:
    """A check is judged again."""
    name = asked.text("check")
    await desk.mailflow.unmute(name, by=asked.by, platform=asked.platform)
    return said(f"{name} is judged again")
