"""What others are told about a run: the difference that an advance made, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from continuitybot.people.model import Person
from continuitybot.runbooks.model import Purpose, Run, StepRun
from continuitybot.runbooks.states import RunState, StepState
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


def evidence_given(run: Run, by: Person, item: str, name: str) -> Change:
    """Somebody has attached a file."""
    title = run.definition.spots[item].step.title
    text = f"{by.name} gave {name} as evidence for {title}."
    return _change(run, "run.evidence", text, step=item, by=by.handle)


def changes(before: Run, after: Run) -> Iterator[Change]:
    """What an advance changed: each step that moved on, then the run."""
    for id, step in after.steps.items():
        if step.state is not before.steps[id].state or _is_tried_again(before.steps[id], step):
            yield _step_change(after, id, step)
    if after.state is before.state:
        return
    if before.state is RunState.PAUSED and not after.has_ended:
        yield _change(after, "run.resumed", f"{_title(after)} goes on.")
    elif word := _RUN_WORDS.get(after.state):
        yield _change(after, f"run.{word}", f"{_title(after)} is {word}.")


def _step_change(run: Run, id: str, step: StepRun) -> Change:
    definition = run.definition.spots[id].step
    retries = Purpose.RETRY in step.waits
    sentence = "failed and is tried again" if retries else _STEP_SENTENCES[step.state]
    by = f" ({step.by})" if step.by else ""
    reason = f": {step.reason}" if step.reason else ""
    text = f"{definition.title} {sentence}{by}{reason}."
    return _change(
        run,
        "run.advanced",
        text.replace("..", "."),
        step=id,
        state=step.state.value,
        action=definition.action,
        owner=definition.owner,
        left=retries or step.state not in {StepState.RUNNING, StepState.WAITING},
    )


def _is_tried_again(before: StepRun, after: StepRun) -> bool:
    return Purpose.RETRY in after.waits and Purpose.RETRY not in before.waits


def _change(run: Run, what: str, text: str, **data: Any) -> Change:
    facts = {
        "runbook": run.definition.name,
        "mode": run.mode.value,
        "drill": run.is_drill,
        "incident": run.incident,
        "requester": run.requester,
        "state": run.state.value,
    }
    return Change(run.ref, what, text, {**facts, **data})


def _title(run: Run) -> str:
    return f"{run.definition.title} ({run.ref})"
