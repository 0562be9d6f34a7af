"""What others are told about a run: the difference that an advance made, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from continuitybot.runbooks.model import Run, StepRun
from continuitybot.runbooks.states import RunState, StepState
from continuitybot.runbooks.waiting import waits_for
from continuitybot.store import Change

_RUN_WORDS = {
    RunState.WAITING: "waiting",
    RunState.PAUSED: "paused",
    RunState.FINISHED: "finished",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}

_STEP_SENTENCES = {
    StepState.PENDING: "is to be done again",
    StepState.RUNNING: "has begun",
    StepState.WAITING: "waits",
    StepState.HELD: "failed; a person decides how to go on",
    StepState.UNKNOWN: "may or may not have happened; a person must look",
    StepState.DONE: "is done",
    StepState.FAILED: "failed",
    StepState.SKIPPED: "was skipped",
    StepState.STOPPED: "was stopped",
}


def started(run: Run) -> Change:
    """A run has begun."""
    by = "by itself" if run.requester == "bot" else f"by {run.requester}"
    return _change(run, "run.started", f"{_title(run)} was started {by}.")


def changes(before: Run, after: Run) -> Iterator[Change]:
    """What an advance changed: each step that moved on, then the run."""
    for id in after.definition.spots:  # a database may return a run's steps in another order
        was, step = before.steps[id], after.steps[id]
        if step.state is not was.state or _tried_again(was, step):
            yield _step_change(after, id, was, step)
    if after.state is before.state:
        return
    if before.state is RunState.PAUSED and not after.has_ended:
        yield _change(after, "run.resumed", f"{_title(after)} goes on.")
    elif word := _RUN_WORDS.get(after.state):
        yield _change(after, f"run.{word}", f"{_title(after)} is {word}.")


def _tried_again(before: StepRun, after: StepRun) -> bool:
    """Whether it has begun once more by itself, even when it stands where it stood before."""
    return after.attempt > max(1, before.attempt)


def _step_change(run: Run, id: str, before: StepRun, step: StepRun) -> Change:
    definition = run.definition.spots[id].step
    by = f" ({step.by})" if step.by else ""
    reason = f": {step.reason}" if step.reason else ""
    text = f"{definition.title} {_STEP_SENTENCES[step.state]}{by}{reason}."
    return _change(
        run,
        "run.advanced",
        text.replace("..", "."),
        step=id,
        action=definition.action,
        before=before.state.value,
        state=step.state.value,
        reason=step.reason,
        is_retry=_tried_again(before, step),
        waits_for=waits_for(definition.action, step.state, step.waits, step.subjects),
        started=_moment(step.started or before.started),
        ended=_moment(step.ended),
    )


def _change(run: Run, what: str, text: str, **data: Any) -> Change:
    facts = {
        "runbook": run.definition.name,
        "mode": run.mode.value,
        "drill": run.is_drill,
        "incident": run.incident,
        "requester": run.requester,
        "state": run.state.value,
        "created": run.created.isoformat(),
    }
    return Change(run.ref, what, text, {**facts, **data})


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _title(run: Run) -> str:
    return f"{run.definition.title} ({run.ref})"
