"""A run of a runbook: what it does, what it waits for and for whom, and what can be answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from continuitybot.chat.cards.phrases import fact, facts, lasting, mode_of, plural, words
from continuitybot.chat.cards.run_acts import is_question, run_buttons, words_form
from continuitybot.chat.cards.run_steps import joined, progress_of, steps_of
from continuitybot.chat.cards.run_waits import Around, open_leaves, waiting_for
from continuitybot.chat.cards.run_words import (
    leaves,
    next_step,
    objectives,
    remedy,
    title_of,
)
from continuitybot.chat.message import (
    Button,
    Card,
    Fact,
    Moment,
    Span,
    Table,
    Text,
    Tone,
)
from continuitybot.errors import Problem
from continuitybot.people.model import BOT
from continuitybot.people.roster import Roster
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.drift import Drift
from continuitybot.runbooks.model import Run
from continuitybot.runbooks.states import RunState, StepState

_TONES: Mapping[RunState, Tone] = {
    RunState.FINISHED: "good",
    RunState.FAILED: "bad",
    RunState.CANCELLED: "warning",
    RunState.PAUSED: "warning",
}
_OPEN_AT_MOST = 3
_NOTES_AT_MOST = 3
_STUCK = frozenset({StepState.HELD, StepState.UNKNOWN})


def run_card(run: Run, around: Around) -> Card:
    """One run: what it does now and waits for, step by step, with the buttons for it."""
    head = run_head(run, around)
    stuck = () if run.has_ended else _failures(run)
    against = facts(
        *(fact(f"Objective {name}", said) for name, said in objectives(run, around.now))
    )
    return replace(
        head,
        facts=(*head.facts, *facts(*against)),
        text=(*stuck, *head.text, *_questions(run), *_notes(run, around)),
        checklist=steps_of(run, around),
        progress=progress_of(run),
        buttons=run_buttons(run, around),
        form=None if run.has_ended else words_form(run),
        footer="" if run.has_ended else _as_of(around),
    )


def run_head(run: Run, around: Around) -> Card:
    """The run without its steps and buttons, for a page that shows them in its own way."""
    return Card(
        headline=f"{run.ref} {run.definition.title}",
        mode=mode_of(run.is_drill),
        state=state_of(run),
        tone=tone_of(run),
        facts=_facts(run, around),
        text=(*(_failures(run) if run.has_ended else ()), *_drift(around)),
    )


def state_of(run: Run) -> str:
    """How the run stands, in a few words."""
    said = words(run.state)
    stuck = _count(run, _STUCK)
    failed = _count(run, frozenset({StepState.FAILED}))
    if run.state is RunState.WAITING and stuck:
        said = "needs a decision"
    elif run.state is RunState.FINISHED and failed:
        said = f"finished, {plural(failed, 'step')} failed"
    return said if run.mode == "live" else f"{said}, {run.mode}"


def tone_of(run: Run) -> Tone:
    """Whether that is good news."""
    if not run.has_ended and _count(run, _STUCK):
        return "bad"
    if run.state is RunState.FINISHED and _count(run, frozenset({StepState.FAILED})):
        return "warning"
    return _TONES.get(run.state, "")


def _facts(run: Run, around: Around) -> tuple[Fact, ...]:
    """What it does now, since when, what it waits for and for whom."""
    return facts(
        *_present(run, around),
        fact("Next", None if run.state is RunState.PAUSED else _next(run)),
        fact("Incident", run.incident),
        fact("Started", (Moment(run.created), f" by {_by(run, around.roster)}")),
        fact("Ended", run.ended),
    )


def runs_card(runs: Sequence[Run], now: datetime) -> Card:
    """The newest runs: how each stands, and what it is at."""
    if not runs:
        return Card("Nothing has been run yet", buttons=(Button("Runbooks", "runbooks"),))
    rows = tuple(
        (
            run.ref,
            run.definition.title,
            f"DRILL, {state_of(run)}" if run.is_drill else state_of(run),
            _at(run),
            f"{lasting(now - run.created)} ago",
        )
        for run in runs
    )
    is_open = [run for run in runs if not run.has_ended]
    buttons = tuple(Button(run.ref, f"show {run.ref}") for run in is_open[:5])
    columns = ("Run", "Runbook", "State", "Now", "Started")
    return Card(f"Runs: {len(is_open)} open", table=Table(columns, rows), buttons=buttons)


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


def _as_of(around: Around) -> Text:
    """A card changes with its run; the clock on it stands still in between."""
    return "As it stood on ", Moment(around.now), "; its page is live."


def _by(run: Run, roster: Roster) -> str:
    return "itself" if run.requester == BOT else roster.name(run.requester)


def _present(run: Run, around: Around) -> Iterator[Fact | None]:
    """Each open step and what it waits for."""
    is_open = open_leaves(run)
    if run.state is RunState.PAUSED:
        yield fact("Paused", "what has begun goes on to its end; nothing new begins")
    for id in is_open[:_OPEN_AT_MOST]:
        started = run.steps[id].started
        since: Text = (", since ", Moment(started)) if started else ""
        yield fact("Now", (title_of(run, id), *since))
        if waiting := waiting_for(run, id, around):
            yield fact("Waits for", waiting.text)
    if len(is_open) > _OPEN_AT_MOST:
        yield fact("And", f"{len(is_open) - _OPEN_AT_MOST} more open steps, below")


def _next(run: Run) -> Text | None:
    id = next_step(run)
    if not id:
        return None
    when = run.definition.spots[id].step.when
    return (title_of(run, id), ", if ", Span(when, "code")) if when else title_of(run, id)


def _at(run: Run) -> str:
    """The step a run is at, in a list of runs."""
    is_open = open_leaves(run)
    if not is_open:
        return "" if run.has_ended else "between two steps"
    more = f" (+{len(is_open) - 1})" if len(is_open) > 1 else ""
    return f"{title_of(run, is_open[0])}{more}"


def _failures(run: Run) -> Iterator[Text]:
    """What went wrong and needs somebody, with what can be done about it."""
    for id in leaves(run):
        step = run.steps[id]
        ended_it = run.state is RunState.FAILED and step.state is StepState.FAILED
        if step.state in _STUCK or ended_it:
            word = "may or may not have happened" if step.state is StepState.UNKNOWN else "failed"
            yield joined((Span(f"{title_of(run, id)} {word}"), ": ", step.reason), remedy(run, id))


def _questions(run: Run) -> Iterator[Text]:
    if run.has_ended:
        return
    for id in open_leaves(run):
        if is_question(run, id):
            yield str(run.steps[id].given.get("text", ""))


def _notes(run: Run, around: Around) -> Iterator[Text]:
    for note in run.notes[-_NOTES_AT_MOST:]:
        yield (f"{around.roster.name(note.by)}, ", Moment(note.at), f": {note.text}")


def _drift(around: Around) -> Iterator[Text]:
    if around.drifted:
        yield "The runbook's file has changed since this run started; the run goes on with its own."


def _count(run: Run, states: frozenset[StepState]) -> int:
    return sum(run.steps[id].state in states for id in leaves(run))
