"""A run of a runbook: its steps, what it waits for and for whom, and what can be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from continuitybot.approvals.model import Approval
from continuitybot.chat.cards.phrases import (
    consent_buttons,
    fact,
    facts,
    mode_of,
    present,
    words,
)
from continuitybot.chat.message import (
    Button,
    Card,
    Confirm,
    Fact,
    Item,
    ItemState,
    Moment,
    Span,
    Table,
    Tone,
)
from continuitybot.errors import Problem
from continuitybot.people.roster import Roster
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.drift import Drift
from continuitybot.runbooks.model import Run, measures
from continuitybot.runbooks.states import RunState, StepState
from continuitybot.settings.values import format_duration

_ITEM_STATES: Mapping[StepState, ItemState] = {
    StepState.PENDING: "todo",
    StepState.RUNNING: "doing",
    StepState.WAITING: "waiting",
    StepState.HELD: "failed",
    StepState.UNKNOWN: "unknown",
    StepState.DONE: "done",
    StepState.FAILED: "failed",
    StepState.SKIPPED: "skipped",
    StepState.STOPPED: "skipped",
}
_TONES: Mapping[RunState, Tone] = {
    RunState.FINISHED: "good",
    RunState.FAILED: "bad",
    RunState.CANCELLED: "warning",
}


def run_card(run: Run, approval: Approval | None, now: datetime, roster: Roster) -> Card:
    """One run, step by step, with the buttons for what it waits for."""
    return Card(
        headline=f"{run.ref} {run.definition.title}",
        mode=mode_of(run.is_drill),
        state=words(run.state) if run.mode == "live" else f"{words(run.state)}, {run.mode}",
        tone=_TONES.get(run.state, ""),
        text=tuple(text for _, text, _ in _open_questions(run)),
        facts=facts(
            fact("Incident", run.incident),
            fact("Started by", roster.name(run.requester)),
            fact("Started", run.created),
            fact("Ended", run.ended),
            *_objectives(run, now),
        ),
        checklist=tuple(_item(run, id, roster) for id in run.definition.spots),
        buttons=_buttons(run, approval),
    )


def runs_card(runs: Sequence[Run], roster: Roster) -> Card:
    """The newest runs."""
    if not runs:
        return Card("Nothing has been run yet", buttons=(Button("Runbooks", "runbooks"),))
    rows = tuple(
        (
            run.ref,
            run.definition.title,
            words(run.state),
            (Moment(run.created),),
            roster.name(run.requester),
        )
        for run in runs
    )
    return Card("Runs", table=Table(("Run", "Runbook", "State", "Started", "By"), rows))


def runbooks_card(definitions: Mapping[str, Definition], faults: Sequence[Problem]) -> Card:
    """What can be run, and why some cannot."""
    rows = tuple(
        (one.name, one.title, one.kind.value, str(len(one.steps))) for one in definitions.values()
    )
    columns = ("Name", "What it is for", "Kind", "Steps")
    return Card(
        "Runbooks",
        tone="warning" if faults else "",
        text=tuple(f"Cannot be used: {fault}" for fault in faults),
        table=Table(columns, rows),
        footer="Start one with: run NAME",
    )


def drift_card(drift: Drift) -> Card:
    """How a runbook has changed since a run of it started."""
    if drift.is_gone:
        return Card(f"{drift.runbook} is no longer there", footer=f"{drift.run} carries its own.")
    if not drift.lines:
        return Card(f"{drift.runbook} is as it was when {drift.run} started", tone="good")
    return Card(
        f"{drift.runbook} has changed since {drift.run} started",
        text=((Span("\n".join(drift.lines), "code"),),),
        footer=f"{drift.run} goes on with the runbook that it started with.",
    )


def _objectives(run: Run, now: datetime) -> list[Fact | None]:
    found = []
    for measure in measures(run, now):
        took = format_duration(measure.elapsed)
        verdict = {True: "met", False: "missed", None: "so far"}[measure.met]
        text = f"{took} of {format_duration(measure.target)}, {verdict}"
        found.append(fact(f"Objective: {measure.name}", text))
    return found


def _item(run: Run, id: str, roster: Roster) -> Item:
    step = run.steps[id]
    spot = run.definition.spots[id]
    title = f"{'– ' if spot.parent else ''}{spot.step.title}"
    by = f"{roster.name(step.by)}. " if step.by and step.by != "bot" else ""
    owner = (
        f"For {spot.step.owner}. " if step.state is StepState.WAITING and spot.step.owner else ""
    )
    note = f"{owner}{by}{step.reason or _of_item(run, id)}".strip()
    return Item(title, _ITEM_STATES[step.state], note, _step_buttons(run, id))


def _of_item(run: Run, id: str) -> str:
    """What an item asks for while it is open, and what was shown for it afterwards."""
    step = run.steps[id]
    if run.definition.spots[id].step.action != "do":
        return ""
    return str((step.outputs if step.outputs else step.given).get("text", ""))


def _step_buttons(run: Run, id: str) -> tuple[Button, ...]:
    step, action = run.steps[id], run.definition.spots[id].step.action
    if action == "do" and step.state is StepState.WAITING:
        return (
            Button("Done", f"item done {run.ref} {id}"),
            Button("Does not apply", f"item na {run.ref} {id}"),
        )
    if step.state in {StepState.HELD, StepState.UNKNOWN}:
        return (
            Button("Try again", f"step retry {run.ref} {id}"),
            Button("It is done", f"step done {run.ref} {id}"),
            Button("Skip", f"step skip {run.ref} {id}"),
        )
    return ()


def _open_questions(run: Run) -> list[tuple[str, str, Mapping[str, str]]]:
    """Each step that waits for an answer, with its question and the choices by id."""
    return [
        (id, str(step.given.get("text", "")), step.given.get("choices") or {})
        for id, step in run.steps.items()
        if step.state is StepState.WAITING and run.definition.spots[id].step.action == "ask"
    ]


def _buttons(run: Run, approval: Approval | None) -> tuple[Button, ...]:
    answers = tuple(
        Button(label, f"answer {run.ref} {step} {choice}", "primary" if first else "plain")
        for step, _, choices in _open_questions(run)
        for first, (choice, label) in zip((True, *[False] * 9), choices.items(), strict=False)
    )
    consent = consent_buttons(run.ref, approval.plan_hash, approval.title) if approval else ()
    if run.has_ended:
        return ()
    paused = run.state is RunState.PAUSED
    confirm = Confirm(f"End {run.ref} where it stands?", "What was done stays done.", "End it")
    return (
        *answers,
        *consent,
        *present(
            Button("Resume", f"resume {run.ref}", "primary") if paused else None,
            None if paused else Button("Pause", f"pause {run.ref}"),
            Button("Cancel", f"cancel {run.ref}", "danger", confirm),
        ),
    )
