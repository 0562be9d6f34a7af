"""Verbs that look and change nothing."""

from __future__ import annotations

from dataclasses import replace

from continuitybot import audit as record
from continuitybot.chat.cards.broadcast import broadcasts_card
from continuitybot.chat.cards.event import events_card
from continuitybot.chat.cards.health import doctor_card, status_card
from continuitybot.chat.cards.help import help_card, verb_card
from continuitybot.chat.cards.incident import incidents_card, report_card
from continuitybot.chat.cards.people import (
    audiences_card,
    audit_card,
    oncall_card,
    people_card,
    whoami_card,
)
from continuitybot.chat.cards.readiness import drill_card, readiness_card
from continuitybot.chat.cards.run import drift_card, runbooks_card, runs_card
from continuitybot.chat.commands.desk import Asked, Desk, shown
from continuitybot.chat.grammar import verb_of
from continuitybot.chat.message import Span
from continuitybot.chat.platform import Reply
from continuitybot.store.instances import present


async def help_(_desk: Desk, asked: Asked) -> Reply:
    """What can be said, or how one verb is written."""
    wanted = asked.text("verb")
    return shown(verb_card(verb_of(wanted), asked.by) if wanted else help_card(asked.by))


async def whoami(_desk: Desk, asked: Asked) -> Reply:
    """Who the bot takes the asker for."""
    return shown(whoami_card(asked.by, asked.platform))


async def status(desk: Desk, _asked: Asked) -> Reply:
    """How mail flows now."""
    async with desk.database.reading() as tx:
        checks = await desk.mailflow.status(tx)
        diagnosis = await desk.mailflow.diagnose(tx)
        incidents = await desk.incidents.open_incidents(tx)
        events = await desk.continuity.events(tx)
        instances = await present(tx)
    return shown(status_card(checks, diagnosis, incidents, events, instances))


async def doctor(desk: Desk, _asked: Asked) -> Reply:
    """Try everything the bot depends on."""
    return shown(doctor_card(await desk.diagnose_self()))


async def oncall(desk: Desk, _asked: Asked) -> Reply:
    """The ladder with the people it means today."""
    roster = await desk.directory.roster()
    rungs = [roster.audience(", ".join(rung.people)) for rung in desk.oncall.ladder]
    return shown(oncall_card(desk.oncall, rungs))


async def people(desk: Desk, _asked: Asked) -> Reply:
    """Everybody in the directory."""
    return shown(people_card(await desk.directory.everyone()))


async def audiences(desk: Desk, _asked: Asked) -> Reply:
    """Who can be sent a broadcast."""
    return shown(audiences_card(await desk.directory.audiences()))


async def incidents(desk: Desk, _asked: Asked) -> Reply:
    """Open incidents."""
    async with desk.database.reading() as tx:
        found = await desk.incidents.open_incidents(tx)
        roster = await desk.directory.roster(tx)
    return shown(incidents_card(found, roster))


async def one_object(desk: Desk, asked: Asked) -> Reply:
    """The present card of whatever a reference names, and the asker's own page of it."""
    ref = asked.text("ref")
    async with desk.database.reading() as tx:
        card = await desk.cards.card(tx, ref)
    page = ("Your page of it, for a day: ", Span(desk.page_of(asked.by, ref), "code"))
    return shown(replace(card, text=(*card.text, page)))


async def events(desk: Desk, _asked: Asked) -> Reply:
    """Continuity events."""
    async with desk.database.reading() as tx:
        found = await desk.continuity.events(tx, open_only=False)
        roster = await desk.directory.roster(tx)
    return shown(events_card(found, roster))


async def broadcasts(desk: Desk, _asked: Asked) -> Reply:
    """Broadcasts."""
    async with desk.database.reading() as tx:
        found = await desk.broadcasts.broadcasts(tx, limit=20)
    return shown(broadcasts_card(found))


async def runbooks(desk: Desk, _asked: Asked) -> Reply:
    """What can be run."""
    return shown(runbooks_card(desk.runbooks.definitions(), desk.runbooks.faults))


async def runs(desk: Desk, _asked: Asked) -> Reply:
    """The newest runs."""
    async with desk.database.reading() as tx:
        return shown(runs_card(await desk.runbooks.runs(tx, limit=20), tx.now))


async def diff(desk: Desk, asked: Asked) -> Reply:
    """How a runbook has changed since a run of it started."""
    async with desk.database.reading() as tx:
        return shown(drift_card(await desk.runbooks.drift(tx, asked.text("ref"))))


async def readiness(desk: Desk, _asked: Asked) -> Reply:
    """What would go wrong today."""
    async with desk.database.reading() as tx:
        return shown(readiness_card(await desk.readiness.readiness(tx)))


async def audit(desk: Desk, asked: Asked) -> Reply:
    """Who did what."""
    async with desk.database.reading() as tx:
        found = await record.entries(tx, asked.text("ref") or None, limit=25)
        roster = await desk.directory.roster(tx)
    return shown(audit_card(found, roster))


async def drill_report(desk: Desk, asked: Asked) -> Reply:
    """What a drill has shown."""
    async with desk.database.reading() as tx:
        return shown(drill_card(await desk.drills.drill_report(tx, asked.text("ref"))))


async def report(desk: Desk, asked: Asked) -> Reply:
    """The measured times of an incident and where its report is; a drill's result."""
    ref = asked.text("ref")
    if ref.startswith("DRILL"):
        return await drill_report(desk, asked)
    page = desk.page_of(asked.by, f"report/{ref}.html")
    return shown(report_card(await desk.incidents.report(ref), page))
