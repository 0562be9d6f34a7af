"""What is one person's: their items, questions and approvals, and the runs they lead."""

from __future__ import annotations

from dataclasses import dataclass

from continuitybot.approvals import Approval
from continuitybot.chat.cards.mine import mine_card
from continuitybot.chat.commands.desk import Asked, Desk, shown
from continuitybot.chat.platform import Reply
from continuitybot.people.authority import may
from continuitybot.people.model import Person
from continuitybot.runbooks import Run
from continuitybot.runbooks.tasks import Task, is_for, leads, tasks_of
from continuitybot.store import Transaction

_NEWEST = 200
"""Open runs that are looked through."""


@dataclass(frozen=True)
class Mine:
    """Everything that waits for one person, and what they lead."""

    tasks: tuple[Task, ...]
    approvals: tuple[Approval, ...]
    led: tuple[Run, ...]


async def mine(desk: Desk, asked: Asked) -> Reply:
    """Everything that waits for the asker."""
    async with desk.database.reading() as tx:
        found = await what_is_for(desk, tx, asked.by)
        roster = await desk.directory.roster(tx)

    def page_of(ref: str) -> str:
        return desk.page_of(asked.by, ref)

    return shown(mine_card(found.tasks, found.approvals, found.led, tx.now, roster, page_of))


async def what_is_for(desk: Desk, tx: Transaction, person: Person) -> Mine:
    """What waits for a person in the newest open runs, and what they may approve."""
    roster = await desk.directory.roster(tx)
    incidents = await desk.incidents.open_incidents(tx)
    commander = {incident.ref: incident.commander for incident in incidents}
    runs = await desk.runbooks.runs(tx, open_only=True, limit=_NEWEST)
    led = {run.ref: leads(person, run, commander.get(run.incident, "")) for run in runs}
    tasks = [
        task
        for run in reversed(runs)
        for task in tasks_of(run)
        if is_for(task, person, roster, leads=led[run.ref])
    ]
    approvals = [
        approval
        for approval in await desk.approvals.pending(tx)
        if may(person, approval.act)
        and person.handle not in {approval.requester, *(one.by for one in approval.decisions)}
    ]
    return Mine(tuple(tasks), tuple(approvals), tuple(run for run in runs if led[run.ref]))
