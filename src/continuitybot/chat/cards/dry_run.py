"""A dry run: what each step of a runbook would do, and that nothing was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from continuitybot.chat.message import Card, Item, ItemState
from continuitybot.runbooks.dry_run import DryRun
from continuitybot.runbooks.states import RunState, StepState

_STATES: Mapping[StepState, ItemState] = {
    StepState.SKIPPED: "skipped",
    StepState.FAILED: "failed",
    StepState.HELD: "failed",
    StepState.UNKNOWN: "unknown",
    StepState.WAITING: "waiting",
}
"""Of a step that would be done, nothing has been: it is still to do."""


def dry_run_card(played: DryRun) -> Card:
    """The steps in their order; the bot's own words about each stand beside it."""
    run = played.run
    would_end = run.state is RunState.FINISHED
    return Card(
        headline=f"Dry run of {run.definition.name}: nothing was done",
        tone="" if would_end else "warning",
        text=(
            f"In the mode {run.mode}. Checks are taken as healthy, approvals as given and waits as "
            "over; every question gets its first answer, or the one that was asked for.",
            *_not_followed(played),
        ),
        checklist=tuple(_item(played, id) for id in run.definition.spots),
        footer=f"The run would end as {run.state}." if run.has_ended else "It would wait there.",
    )


def _not_followed(played: DryRun) -> Iterator[str]:
    """The answers that would lead elsewhere, as the option that tries them."""
    for path, choices in played.not_followed.items():
        ways = ", ".join(f"--answer {path}={choice}" for choice in choices)
        yield f"Not followed at {path}: {ways}."


def _item(played: DryRun, id: str) -> Item:
    spot, step = played.run.definition.spots[id], played.run.steps[id]
    title = f"{'– ' if spot.parent else ''}{spot.step.title}"
    return Item(title, _STATES.get(step.state, "todo"), " ".join(played.told[id]))
