"""Who is told that a step of a run waits for them: its owner, privately, with how to answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.approvals.codes import Codes
from continuitybot.chat.commands.by_sms import line_by_sms
from continuitybot.errors import NotFound
from continuitybot.incidents import Incidents
from continuitybot.people.authority import may
from continuitybot.people.directory import Directory
from continuitybot.people.model import BOT, Person
from continuitybot.people.roster import Roster
from continuitybot.runbooks import Runbooks
from continuitybot.runbooks.definition import Kind as RunbookKind
from continuitybot.runbooks.model import Mode, Run
from continuitybot.runbooks.states import StepState
from continuitybot.runbooks.tasks import Kind, Task, tasks_of
from continuitybot.store import Change, Database, Transaction

_TROUBLE = frozenset({StepState.HELD, StepState.UNKNOWN})
_ASKING = frozenset({"ask", "do"})
_SAYS = {
    Kind.ITEM: "{run} has something for you: {text}",
    Kind.QUESTION: "{run} asks you: {text}",
    Kind.TROUBLE: "{run}: {title} needs you, {text}.",
}


class Asking:
    """Tells the owners of items and questions, and somebody of every step that went wrong.

    In chat; by text as well whoever is on no chat platform, or when a step went wrong. A checklist
    and a tabletop exercise text nobody.
    """

    def __init__(
        self,
        database: Database,
        *,
        runbooks: Runbooks,
        directory: Directory,
        incidents: Incidents,
        codes: Codes,
    ) -> None:
        self._runbooks = runbooks
        self._directory = directory
        self._incidents = incidents
        self._codes = codes
        database.subscribe("run.advanced", self._step_moved)

    async def _step_moved(self, tx: Transaction, change: Change) -> None:
        if not _wants_somebody(change.data):
            return
        run = await self._runbooks.run(tx, change.ref)
        for task in tasks_of(run):
            if task.step == change.data["step"]:
                await self._tell(tx, run, task)

    async def _tell(self, tx: Transaction, run: Run, task: Task) -> None:
        roster = await self._directory.roster(tx)
        text = task.text.removesuffix(".") if task.kind is Kind.TROUBLE else task.text
        said = _SAYS[task.kind].format(run=run.ref, text=text, title=task.title)
        mark = "[DRILL] " if run.is_drill else ""
        for person in await self._whose(tx, run, task, roster):
            code = self._codes.code(task.code_question, person.handle)
            lines = {"chat": task.line, "sms": line_by_sms(code, task)}
            for channel in _channels(run, task, person):
                await self._incidents.page(
                    tx,
                    key=f"{task.code_question}/{task.kind}",
                    people=(person,),
                    channels=(channel,),
                    text=f"{mark}{said} To answer: {lines[channel]}",
                    ref=run.ref,
                )

    async def _whose(
        self, tx: Transaction, run: Run, task: Task, roster: Roster
    ) -> tuple[Person, ...]:
        try:
            people = roster.audience(task.owner).people if task.owner else ()
        except NotFound:  # whoever the runbook names has left; the card still asks everybody
            people = ()
        able = tuple(person for person in people if may(person, task.act))
        if able or task.kind is not Kind.TROUBLE:
            return able
        return await self._whoever_leads(tx, run, roster)

    async def _whoever_leads(self, tx: Transaction, run: Run, roster: Roster) -> tuple[Person, ...]:
        """The commander of the incident, or who started the run, or else those on call."""
        commander = ""
        if run.incident:
            commander = (await self._incidents.incident(tx, run.incident)).commander
        handle = commander or ("" if run.requester == BOT else run.requester)
        return tuple(one for one in roster.everyone if one.handle == handle) or roster.on_call


def _wants_somebody(data: Mapping[str, Any]) -> bool:
    if data["state"] in _TROUBLE:
        return True
    is_asking = data["state"] == StepState.WAITING and data["action"] in _ASKING
    return bool(is_asking and data["owner"] and not data["left"])


def _channels(run: Run, task: Task, person: Person) -> tuple[str, ...]:
    silent = run.mode is Mode.TABLETOP or run.definition.kind is RunbookKind.CHECKLIST
    is_urgent = task.kind is Kind.TROUBLE or not person.identities
    return ("chat", "sms") if is_urgent and not silent else ("chat",)
