"""Gathering what a report is made of from the database."""

from __future__ import annotations

from collections.abc import Iterable

from continuitybot import audit
from continuitybot.errors import NotFound
from continuitybot.incidents import store
from continuitybot.incidents.report.build import Answer, ReportData
from continuitybot.people.model import Person
from continuitybot.people.roster import Roster
from continuitybot.settings.incidents import ObjectiveSettings
from continuitybot.store import Transaction

_ANSWERS = {"approve": True, "reject": False}


async def gather(
    tx: Transaction, ref: str, roster: Roster, objectives: ObjectiveSettings
) -> ReportData:
    """Everything stored about one incident. Raises NotFound."""
    incident = await store.find(tx, ref)
    timeline = await store.timeline(tx, incident.ref)
    links = await store.links(tx, incident.ref)
    answers = await _answers(tx, [link.ref for link in links])
    handles = [entry.who for entry in timeline] + [answer.who for answer in answers]
    return ReportData(
        incident=incident,
        timeline=timeline,
        links=links,
        answers=answers,
        people=_people(roster, handles),
        objectives=dict(objectives),
        written=tx.now,
    )


async def _answers(tx: Transaction, subjects: Iterable[str]) -> list[Answer]:
    found = [
        Answer(entry.at, entry.who, subject, _ANSWERS[entry.verb], entry.text, entry.platform)
        for subject in subjects
        for entry in await audit.entries(tx, subject, limit=500)
        if entry.verb in _ANSWERS and entry.outcome == "done"
    ]
    return sorted(found, key=lambda answer: answer.at)


def _people(roster: Roster, handles: Iterable[str]) -> dict[str, Person]:
    found = {}
    for handle in dict.fromkeys(handles):
        try:
            found[handle] = roster.person(handle)
        except NotFound:
            continue  # `bot`, or somebody whose record is gone: their handle stands for them
    return found
