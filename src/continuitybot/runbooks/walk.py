"""The order of steps: which ones begin now."""

from __future__ import annotations

from continuitybot.runbooks import stepping
from continuitybot.runbooks.definition import StepDefinition
from continuitybot.runbooks.states import ENDED_STEPS, RunState, StepState
from continuitybot.runbooks.turn import Turn

_GOING = frozenset({RunState.RUNNING, RunState.WAITING})


def proceed(turn: Turn) -> None:
    """Begin every step whose turn has come, then say where that leaves the run."""
    if turn.state not in _GOING:
        return
    everything_ended = _walk(turn, turn.tracks())
    if turn.state not in _GOING:  # a step that failed at once has ended the run
        return
    if everything_ended:
        stepping.end_run(turn, RunState.FINISHED)
    elif turn.any_step(StepState.RUNNING):
        turn.change_run(RunState.RUNNING)
    else:
        turn.change_run(RunState.WAITING)


def _walk(turn: Turn, track: tuple[StepDefinition, ...]) -> bool:
    """Go along a list of steps as far as it is free; whether all of them have ended."""
    all_ended = True
    for step in track:
        if not all_ended and not step.with_previous:
            return False
        if turn.has_ended:
            return False
        if turn.step(step.id).state is StepState.PENDING:
            stepping.begin(turn, step)
        if stepping.is_walked(turn, step):
            _walk_branches(turn, step)
        all_ended = all_ended and turn.step(step.id).state in ENDED_STEPS
    return all_ended


def _walk_branches(turn: Turn, parallel: StepDefinition) -> None:
    ended = [_walk(turn, branch) for branch in parallel.branches]
    if all(ended) and not turn.has_ended:
        stepping.complete(turn, parallel.id, "", {})
