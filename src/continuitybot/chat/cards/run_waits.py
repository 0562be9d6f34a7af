"""What an open step of a run waits for, and for whom: the same words on every card and page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from continuitybot.approvals.model import Approval
from continuitybot.chat.cards.phrases import lasting, listed, words
from continuitybot.chat.message import Moment, Text
from continuitybot.errors import ContinuityError
from continuitybot.people.authority import who_may
from continuitybot.people.roster import Roster
from continuitybot.runbooks.definition import PARALLEL, StepDefinition
from continuitybot.runbooks.model import Purpose, Run, StepRun
from continuitybot.runbooks.states import OPEN_STEPS, StepState
from continuitybot.settings.values import parse_duration

_NAMED_AT_MOST = 3
_EVIDENCE: Mapping[object, str] = {
    False: "the word “done”",
    True: "evidence that it is done",
    "link": "a link that shows that it is done",
    "file": "a file that shows that it is done",
}


@dataclass(frozen=True)
class Around:
    """What a run is shown with and does not carry itself.

    `asked` are the approvals that wait for a decision, by what they are about; `due` the moments
    of its timers, by the key of the effect; `drifted` says that its file has changed since.
    """

    now: datetime
    roster: Roster
    asked: Mapping[str, Approval] = field(default_factory=dict)
    due: Mapping[str, datetime] = field(default_factory=dict)
    drifted: bool = False


@dataclass(frozen=True)
class Waiting:
    """What a step waits for, who can give it ("" for nobody), and the moment it is for.

    `until_words` says what that moment is: `until`, `due`, `at`.
    """

    what: str
    whom: str = ""
    until: datetime | None = None
    until_words: str = "until"

    @property
    def text(self) -> Text:
        """All of it in one phrase: `an answer, by Alice Brandt, until 09:30`."""
        said = f"{self.what}, by {self.whom}" if self.whom else self.what
        if self.until is None:
            return said
        return f"{said}, {self.until_words} ", Moment(self.until)


@dataclass(frozen=True)
class _Asking:
    """One open step, in its run, with what stands around."""

    run: Run
    id: str
    around: Around

    @property
    def step(self) -> StepRun:
        return self.run.steps[self.id]

    @property
    def definition(self) -> StepDefinition:
        return self.run.definition.spots[self.id].step

    @property
    def ref(self) -> str:
        """The object outside that the step follows."""
        return str(self.step.outputs.get("ref", ""))

    def moment(self, purpose: Purpose) -> datetime | None:
        """When a timer of the step is due."""
        return self.around.due.get(self.step.waits.get(purpose, ""))

    def somebody(self, act: str = "respond") -> str:
        """The step's owner, or whoever has the authority."""
        if self.definition.owner:
            return owner_words(self.definition.owner, self.around.roster)
        return _any_of([one.name for one in who_may(act, self.around.roster.everyone)])


def waiting_for(run: Run, id: str, around: Around) -> Waiting | None:
    """What a step waits for; None when it does not, or not any more."""
    asking = _Asking(run, id, around)
    step, definition = asking.step, asking.definition
    if step.state is StepState.HELD:
        return Waiting("a decision on how to go on", asking.somebody())
    if step.state is StepState.UNKNOWN:
        return Waiting("a look at whether it happened", asking.somebody())
    if step.state is not StepState.WAITING:
        return None
    if Purpose.RETRY in step.waits:
        return _next_try(asking)
    if approval := approval_for(step, around):
        return _consent(approval, around)
    return _BY_ACTION.get(definition.action, _subject)(asking)


def approval_for(step: StepRun, around: Around) -> Approval | None:
    """The question for consent that an open step waits for."""
    about = (*step.subjects, str(step.outputs.get("ref", "")))
    return next((around.asked[one] for one in about if one in around.asked), None)


def open_leaves(run: Run) -> list[str]:
    """The open steps in which something is done: not those that only hold branches."""
    return [
        id
        for id, spot in run.definition.spots.items()
        if run.steps[id].state in OPEN_STEPS
        and (spot.step.action != PARALLEL or run.steps[id].state is StepState.HELD)
    ]


def owner_words(owner: str, roster: Roster) -> str:
    """Whom an owner means: a name, or the audience with the people in it."""
    try:
        people = roster.audience(owner).handles
    except ContinuityError:  # an owner who has left is still what the runbook says
        return owner
    names = _any_of([roster.name(handle) for handle in people])
    return names if owner in people else f"{owner} ({names or 'nobody'})"


def overdue_since(run: Run, id: str, around: Around) -> datetime | None:
    """Since when an item should have been ticked off."""
    step, body = run.steps[id], run.definition.spots[id].step
    if body.action != "do" or step.state is not StepState.WAITING:
        return None
    due = _due(step)
    return due if due is not None and due <= around.now else None


def _next_try(asking: _Asking) -> Waiting:
    times = asking.definition.retry.times
    what = f"the next try, {asking.step.attempt + 1} of {times}"
    return Waiting(what, until=asking.moment(Purpose.RETRY), until_words="at")


def _consent(approval: Approval, around: Around) -> Waiting:
    roster = around.roster
    agreed = [one.by for one in approval.decisions if one.approve]
    out = {approval.requester, *(one.by for one in approval.decisions)}
    able = [one for one in who_may(approval.act, roster.everyone) if one.handle not in out]
    what = f"approval of {approval.subject}"
    if approval.quorum > 1:
        what = f"{what}: {len(agreed)} of {approval.quorum} have agreed"
        if agreed:
            what = f"{what} ({listed(map(roster.name, agreed))})"
        what = f"{what}, {approval.missing} more needed"
    whom = _any_of([one.name for one in able]) or "somebody who may approve (nobody is left)"
    return Waiting(what, whom, approval.expires)


def _answer(asking: _Asking) -> Waiting:
    return Waiting("an answer", asking.somebody(str(asking.step.given.get("act", "respond"))),
                   asking.moment(Purpose.TIMEOUT))  # fmt: skip


def _item(asking: _Asking) -> Waiting:
    what = _EVIDENCE.get(asking.step.given.get("evidence") or False, _EVIDENCE[True])
    late = overdue_since(asking.run, asking.id, asking.around)
    until = late or _due(asking.step) or asking.moment(Purpose.TIMEOUT)
    return Waiting(what, asking.somebody(), until, "overdue since" if late else "due")


def _due(step: StepRun) -> datetime | None:
    """When an item is due; a run that notes the moment itself is believed."""
    if told := step.outputs.get("due"):
        return datetime.fromisoformat(str(told))
    due = step.given.get("due")
    return step.started + _span(due) if due and step.started else None


def _wait(asking: _Asking) -> Waiting:
    given, moment = asking.step.given, asking.moment(Purpose.MOMENT)
    if given.get("for"):
        return Waiting("time to pass", until=moment)
    if healthy := given.get("healthy"):
        which = healthy.get("check") or f"{healthy.get('direction', '')} mail"
        span = _span(healthy.get("for"))
        long = f" for {lasting(span)}" if span else ""
        return Waiting(f"{which} to be healthy{long}", until=moment, until_words="at the earliest")
    if event := given.get("event"):
        return Waiting(f"{event['ref']} to be {words(str(event['state']))}")
    if reply := given.get("reply"):
        return Waiting(f"an answer to {reply['to']}", "whoever was texted")
    return Waiting("something outside")


def _branches(asking: _Asking) -> Waiting:
    count = sum(id in asking.run.open_steps for id in _inside(asking))
    return Waiting(f"the steps inside it ({count} open)")


def _inside(asking: _Asking) -> list[str]:
    spots = asking.run.definition.spots
    return [id for id, spot in spots.items() if spot.parent == asking.id]


def _subject(asking: _Asking) -> Waiting:
    standing = words(str(asking.step.outputs.get("standing", "")))
    about = asking.ref or listed(asking.step.subjects) or "something outside"
    return Waiting(f"{about}, which is {standing}" if standing else about,
                   until=asking.moment(Purpose.TIMEOUT))  # fmt: skip


def _any_of(names: list[str]) -> str:
    if len(names) > _NAMED_AT_MOST + 1:
        names = [*names[:_NAMED_AT_MOST], f"{len(names) - _NAMED_AT_MOST} others"]
    return listed(names, "or")


def _span(value: object) -> timedelta:
    return parse_duration(value) if value else timedelta()


_BY_ACTION: Mapping[str, Callable[[_Asking], Waiting]] = {
    "ask": _answer,
    "do": _item,
    "wait": _wait,
    PARALLEL: _branches,
}
