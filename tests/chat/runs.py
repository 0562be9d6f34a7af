"""A run in each of the ways it can stand, for cards and pages of runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from continuitybot.approvals.model import Approval, Decision
from continuitybot.chat.cards.run_waits import Around
from continuitybot.people.roster import Roster
from continuitybot.runbooks.definition import (
    Definition,
    Kind,
    OnFailure,
    Retry,
    StepDefinition,
)
from continuitybot.runbooks.model import Mode, Note, Purpose, Run, StepRun, new_run
from continuitybot.runbooks.states import RunState, StepState
from rig.people import EVERYONE

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NOW = START + timedelta(minutes=12)

_BOTH = (
    (StepDefinition("inform", "Text everybody", "broadcast", objective="inform"),),
    (StepDefinition("back", "Work until the mail is back", "wait"),),
)
LIVE = Definition(
    "live-incident",
    "Live e-mail incident",
    Kind.INCIDENT,
    (
        StepDefinition("confirm", "Look again, now", "check"),
        StepDefinition("decide", "Decide whether to switch", "ask", objective="decide"),
        StepDefinition("sign", "Have it signed", "approve"),
        StepDefinition("phone", "Phone the provider", "do", owner="carol"),
        StepDefinition("settle", "Let it settle", "wait"),
        StepDefinition("call", "Tell the status page", "http", retry=Retry(3, timedelta(0))),
        StepDefinition(
            "switch", "Switch the mail", "invoke", on_failure=OnFailure.ASK,
            when="steps.decide.choice == 'invoke'", objective="invoke",
        ),
        StepDefinition("bridge", "Work on the standby", "parallel", branches=_BOTH),
        StepDefinition("drill", "Practise the rest", "run"),
        StepDefinition("close", "Tell that it is over", "say"),
    ),
    objectives={
        "decide": timedelta(minutes=15),
        "invoke": timedelta(minutes=9),
        "inform": timedelta(hours=1),
    },
)  # fmt: skip


def around(**more: Any) -> Around:
    """What stands around: the people of the tests, twelve minutes after the start."""
    return Around(now=NOW, roster=Roster(EVERYONE), **more)


def approval(subject: str, quorum: int = 1, *agreed: str) -> Approval:
    """A question for consent that Carol asked, which some have answered."""
    decisions = tuple(Decision(by, approve=True, at=NOW) for by in agreed)
    return Approval("APR-1", subject, "step", "Close the gateway", "cafe", "carol", "approve",
                    quorum, START, NOW + timedelta(minutes=30), decisions=decisions)  # fmt: skip


def standing(
    at: str = "",
    state: StepState = StepState.WAITING,
    run_state: RunState = RunState.WAITING,
    definition: Definition = LIVE,
    **step: Any,
) -> Run:
    """A run that has come to the step `at`; everything before it is done."""
    run = new_run("RUN-1", definition, {}, START, requester="alice", incident="INC-7")
    done = StepRun(StepState.DONE, 1, started=START, ended=START + timedelta(minutes=2))
    ids = list(run.steps)
    before = ids[: ids.index(at)] if at else ids
    steps: dict[str, StepRun] = dict.fromkeys(before, done)
    if at:
        begun = START + timedelta(minutes=3)
        steps[at] = StepRun(state, 1, started=begun, **step)
    return replace(run, state=run_state, steps={**run.steps, **steps})


def _of(run: Run, **changes: Any) -> Run:
    return replace(run, **changes)


def _with(run: Run, **steps: StepRun) -> Run:
    return replace(run, steps={**run.steps, **steps})


_ASKED: Mapping[str, Any] = {
    "text": "Move the mail?", "choices": {"invoke": "Invoke continuity", "wait": "Keep watching"},
    "act": "invoke",
}  # fmt: skip
QUESTION = standing("decide", given=_ASKED)
FREE_QUESTION = standing("decide", given={"text": "What did the provider say?"})
QUORUM = standing("sign", subjects=("RUN-1",), outputs={"ref": "RUN-1", "approval": "APR-1"})
ITEM = standing("phone", given={"text": "Ask for a ticket number.", "evidence": True})
LATE_ITEM = standing("phone", given={"text": "Ask for a ticket number.", "due": "5m"})
FILE_ITEM = standing("phone", given={"text": "Attach the form.", "evidence": "file"},
                     outputs={"due": "2026-03-10T09:30:00+00:00"})  # fmt: skip
YES_NO = standing("decide", given={"text": "Is it over?", "type": "yes_no"})
TIMER = standing("settle", given={"for": "20m"}, waits={Purpose.MOMENT: "RUN-1/settle/1"})
RETRY = standing("call", reason="the server answered 503", waits={Purpose.RETRY: "RUN-1/call/2"})
WAITS_FOR_EVENT = standing("switch", subjects=("EVT-3",),
                           outputs={"ref": "EVT-3", "standing": "planned"})  # fmt: skip
HELD = standing("switch", StepState.HELD, reason="the canary did not arrive")
UNKNOWN = standing("call", StepState.UNKNOWN, reason="the connection broke after sending")
PAUSED = standing("phone", run_state=RunState.PAUSED, given={"text": "Ask."})
PARALLEL = _with(
    standing("bridge"),
    inform=StepRun(StepState.WAITING, 1, started=NOW, subjects=("SMS-4",),
                   outputs={"ref": "SMS-4", "standing": "sending"}),
    back=StepRun(StepState.WAITING, 1, started=NOW, subjects=("EVT-3",),
                 given={"event": {"ref": "EVT-3", "state": "ended"}}),
)  # fmt: skip
NESTED = standing("drill", subjects=("RUN-2",), outputs={"ref": "RUN-2", "standing": "waiting"})
RUNNING = standing("confirm", StepState.RUNNING, RunState.RUNNING)
FAILED = _of(
    standing("call", StepState.FAILED, RunState.FAILED, reason="the server answered 500",
             ended=NOW),
    ended=NOW,
)  # fmt: skip
FINISHED = _of(standing(run_state=RunState.FINISHED), ended=NOW)
DRILL = replace(QUESTION, ref="RUN-9", mode=Mode.TABLETOP)
NOTED = replace(QUESTION, notes=(Note(NOW, "bob", "The provider is on it"),))


def long_checklist(items: int, done: int = 0) -> Run:
    """Many items that are all open at once, the first `done` of them ticked off."""
    steps = tuple(
        StepDefinition(f"item{n}", f"Item number {n} " + "x" * 60, "do", with_previous=True)
        for n in range(items)
    )
    run = new_run("RUN-3", Definition("many", "A long list", Kind.CHECKLIST, steps), {}, START)
    ticked = StepRun(StepState.DONE, 1, by="bob", started=START, ended=NOW,
                     outputs={"text": "y" * 300})  # fmt: skip
    waits = StepRun(StepState.WAITING, 1, started=START, given={"text": "z" * 200})
    states = {f"item{n}": ticked if n < done else waits for n in range(items)}
    return replace(run, state=RunState.WAITING, steps=states)


def long_run(steps: int, at: int) -> Run:
    """Many steps one after the other; the run is at one of them."""
    listed = tuple(StepDefinition(f"step{n}", f"Step number {n}", "say") for n in range(steps))
    definition = Definition("long", "A long way", Kind.INCIDENT, listed)
    return standing(f"step{at}", StepState.RUNNING, RunState.RUNNING, definition)
