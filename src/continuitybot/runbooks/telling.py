"""What others are told about a run: the difference that an advance made, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from continuitybot.people.model import Person
from continuitybot.runbooks.model import Purpose, Run, StepRun
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


def evidence_given(run: Run, by: Person, item: str, name: str) -> Change:
    """Somebody has attached a file."""
    title = run.definition.spots[item].step.title
    text = f"{by.name} gave {name} as evidence for {title}."
    return _change(run, "run.evidence", text, step=item, by=by.handle)


def changes(before: Run, after: Run) -> Iterator[Change]:
    """What an advance changed: each step that moved on, then the run."""
    for id in after.definition.spots:  # a database may return a run's steps in another order
        was, step = before.steps[id], after.steps[id]
        if step.state is not was.state or _tried_again(was, step) or _is_given_up(was, step):
            yield _step_change(after, id, was, step)
        elif step.outputs.get("standing") != was.outputs.get("standing"):
            text = f"{step.outputs['ref']} is {step.outputs['standing']}."
            yield _change(after, "run.followed", text, step=id)
    if after.state is before.state:
        yield from _noted(before, after)
        return
    if before.state is RunState.PAUSED and not after.has_ended:
        yield _change(after, "run.resumed", f"{_title(after)} goes on.")
    elif word := _RUN_WORDS.get(after.state):
        yield _change(after, f"run.{word}", f"{_title(after)} is {word}.")


def _tried_again(before: StepRun, after: StepRun) -> bool:
    """Whether it has begun once more by itself, even when it stands where it stood before."""
    return after.attempt > max(1, before.attempt)


def _noted(before: Run, after: Run) -> Iterator[Change]:
    """Each new remark; those of a pause or an end are told with it."""
    for note in after.notes[len(before.notes) :]:
        yield _change(after, "run.noted", f"{_title(after)}: {note.text} ({note.by}).")


def _is_given_up(before: StepRun, after: StepRun) -> bool:
    """Whether a try has failed and the next has a time, though the step waited before, too."""
    return Purpose.RETRY in after.waits and Purpose.RETRY not in before.waits


def _step_change(run: Run, id: str, before: StepRun, step: StepRun) -> Change:
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
        action=definition.action,
        owner=definition.owner,
        before=before.state.value,
        state=step.state.value,
        reason=step.reason,
        is_retry=_tried_again(before, step),
        left=retries or step.state not in {StepState.RUNNING, StepState.WAITING},
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
