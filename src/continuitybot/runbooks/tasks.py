"""What a run waits for people to do: items, questions, and steps that went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from continuitybot.errors import NotFound
from continuitybot.people.authority import may
from continuitybot.people.model import BOT, Person
from continuitybot.people.roster import Roster
from continuitybot.runbooks.actions.ask import Ask
from continuitybot.runbooks.answering import (
    line_for_item,
    line_for_question,
    line_for_trouble,
)
from continuitybot.runbooks.model import Purpose, Run
from continuitybot.runbooks.states import StepState

_ASK = Ask()


class Kind(StrEnum):
    """What is wanted of a person."""

    ITEM = "item"
    QUESTION = "question"
    TROUBLE = "trouble"
    """The step failed, or may have happened: somebody has to look and say how to go on."""


@dataclass(frozen=True)
class Task:
    """One thing that a run waits for a person to do.

    `owner` is whom it is for (a handle or an audience, "" for anybody with the authority `act`),
    `choices` what a question can be answered with (id -> label), `line` what answers it, `since`
    when its step began.
    """

    run: str
    step: str
    kind: Kind
    title: str
    text: str
    line: str
    owner: str
    since: datetime | None
    act: str = "respond"
    due: datetime | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    evidence: bool | str = False

    @property
    def code_question(self) -> str:
        """What a code for answering by text message is bound to: this very asking."""
        return f"{self.run}/{self.step}/{self.since}"

    @property
    def needs_code(self) -> bool:
        """Whether a text message, whose sender can be forged, needs a code to answer it."""
        return self.act != "respond"


def tasks_of(run: Run) -> list[Task]:
    """Everything that waits for a person, in the order of the runbook."""
    found = (_task(run, id) for id in run.open_steps)
    return [task for task in found if task is not None]


def is_for(task: Task, person: Person, roster: Roster, *, leads: bool) -> bool:
    """Whether a task is a person's: as its owner, or without one as whoever may answer or leads."""
    if task.owner:
        try:
            return person.handle in roster.audience(task.owner).handles
        except NotFound:
            return leads
    return may(person, task.act) if task.kind is Kind.QUESTION else leads


def leads(person: Person, run: Run, commander: str) -> bool:
    """Whether a run is a person's to lead: they started it, or have its incident in hand.

    What the bot started, and nobody has in hand, any responder leads.
    """
    if run.requester == BOT and not commander:
        return may(person, "respond")
    return person.handle in {run.requester, commander}


def _task(run: Run, id: str) -> Task | None:
    step, definition = run.steps[id], run.definition.spots[id].step
    title, trouble = definition.title, line_for_trouble(run.ref, id)
    task = Task(
        run.ref, id, Kind.TROUBLE, title, step.reason, trouble, definition.owner, step.started
    )
    if step.state in {StepState.HELD, StepState.UNKNOWN}:
        return task
    if step.state is not StepState.WAITING or Purpose.RETRY in step.waits:
        return None
    text = str(step.given.get("text", title))
    if definition.action == "do":
        evidence = step.given.get("evidence", False)
        due = datetime.fromisoformat(step.outputs["due"]) if "due" in step.outputs else None
        line = line_for_item(run.ref, id, evidence)
        return replace(task, kind=Kind.ITEM, text=text, line=line, due=due, evidence=evidence)
    if definition.action == "ask":
        body = _ASK.parse(step.given)
        line = line_for_question(run.ref, id, body.answers)
        return replace(
            task, kind=Kind.QUESTION, text=text, line=line, choices=body.answers, act=body.act
        )
    return None
