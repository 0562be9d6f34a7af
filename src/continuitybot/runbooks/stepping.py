"""What happens to one step: it begins, goes on, ends, fails, is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.runbooks.definition import PARALLEL, OnFailure, StepDefinition, every_step
from continuitybot.runbooks.model import Purpose, StepRun
from continuitybot.runbooks.moves import LOOK, Done, Fail, Fault, Hold, Move, Next, Stay
from continuitybot.runbooks.states import ENDED_STEPS, OPEN_STEPS, RunState, StepState
from continuitybot.runbooks.turn import Turn


def begin(turn: Turn, definition: StepDefinition) -> None:
    """Begin a step, for the first time or again."""
    id = definition.id
    attempt = turn.step(id).attempt + 1
    turn.change(id, StepState.RUNNING, attempt=attempt, started=turn.now, ended=None,
                reason="", by="", waits={}, subjects=())  # fmt: skip
    try:
        context = turn.run.context()
        if definition.when and not turn.rules.renderer.holds(definition.when, context):
            _end(turn, id, StepState.SKIPPED, f"`{definition.when}` does not hold")
            return
        given = turn.rules.renderer.render(definition.body, context)
        turn.change(id, StepState.RUNNING, given=given)
        move = _first_move(turn, definition)
    except Fault as fault:
        give_up(turn, id, str(fault))
        return
    if definition.timeout is not None:
        turn.timer(id, Purpose.TIMEOUT, turn.now + definition.timeout)
    go_on(turn, id, move)


def _first_move(turn: Turn, definition: StepDefinition) -> Move:
    if definition.action == PARALLEL:  # the walk begins its branches
        if turn.step(definition.id).attempt > 1:
            reset_branches(turn, definition)
        return Next(person=True)
    return turn.conduct(definition.id).begin(turn.step(definition.id).given, turn.now)


def go_on(turn: Turn, id: str, move: Move) -> None:
    """Do what an action answered."""
    match move:
        case Done(outputs=outputs, by=by):
            complete(turn, id, by, outputs)
        case Fail(reason=reason, outputs=outputs):
            step = turn.step(id)
            turn.change(id, step.state, outputs={**step.outputs, **outputs})
            fail(turn, id, reason)
        case Hold(reason=reason):
            hold(turn, id, reason)
        case Stay():
            pass
        case Next():
            _wait_or_perform(turn, id, move)


def _wait_or_perform(turn: Turn, id: str, move: Next) -> None:
    step = turn.step(id)
    waits_for_more = bool(move.subjects or move.until or move.person)
    turn.change(
        id,
        StepState.WAITING if waits_for_more else StepState.RUNNING,
        subjects=move.subjects,
        outputs={**step.outputs, **move.outputs},
    )
    turn.forget(id, Purpose.ACTION, Purpose.LOOK, Purpose.MOMENT)
    if move.kind:
        turn.order(id, Purpose.ACTION, move.kind, move.extra)
    if move.until is not None:
        turn.timer(id, Purpose.MOMENT, move.until)
    if not set(move.subjects) <= set(step.subjects):
        look(turn, id)


def look(turn: Turn, id: str) -> None:
    """Look at what the step waits for; an earlier look that is under way counts no more."""
    turn.order(id, Purpose.LOOK, LOOK, {})


def complete(turn: Turn, id: str, by: str, outputs: Mapping[str, Any]) -> None:
    """End a step well; `by` is the person who ended it, or ""."""
    seen = {**turn.step(id).outputs, **outputs}
    _end(turn, id, StepState.DONE, "", by=by, outputs=seen)


def skip(turn: Turn, id: str, by: str, why: str) -> None:
    """Leave a step out."""
    _end(turn, id, StepState.SKIPPED, why, by=by)


def fail(turn: Turn, id: str, reason: str) -> None:
    """A try has failed: try again if the step says so, else give up."""
    retry = turn.spot(id).step.retry
    if turn.step(id).attempt >= retry.times:
        give_up(turn, id, reason)
        return
    turn.change(id, StepState.WAITING, reason=reason, waits={}, subjects=())
    _close_branches(turn, id)
    turn.timer(id, Purpose.RETRY, turn.now + retry.every)


def give_up(turn: Turn, id: str, reason: str, *, by: str = "") -> None:
    """A step has failed; with `by`, a person says so and is not asked again."""
    policy = turn.spot(id).step.on_failure
    if policy is OnFailure.ASK and not by:
        hold(turn, id, reason)
        return
    _end(turn, id, StepState.FAILED, reason, by=by)
    if policy is OnFailure.GOTO:
        _skip_up_to(turn, id)
    elif policy is not OnFailure.CONTINUE:
        end_run(turn, RunState.FAILED)


def hold(turn: Turn, id: str, reason: str) -> None:
    """The step stops where it is, until a person says how it goes on."""
    turn.change(id, StepState.HELD, reason=reason, waits={}, subjects=())
    _close_branches(turn, id)


def hold_unknown(turn: Turn, id: str, reason: str) -> None:
    """Nobody knows whether the step's effect happened: a person must look."""
    turn.change(id, StepState.UNKNOWN, reason=reason, waits={}, subjects=())


def end_run(turn: Turn, state: RunState) -> None:
    """End the run; what is open stops."""
    for id in turn.open_steps():
        _end(turn, id, StepState.STOPPED, f"the run {state}")
    turn.change_run(state, ended=turn.now, put_off=())


def reset(turn: Turn, id: str) -> None:
    """Make a step pending again; its effects keep counting on, so that no key comes twice."""
    step = turn.step(id)
    if step.state is not StepState.PENDING:
        fresh = {**vars(StepRun()), "ordered": step.ordered}
        turn.change(id, fresh.pop("state"), **fresh)


def is_walked(turn: Turn, definition: StepDefinition) -> bool:
    """Whether it is a parallel step whose branches are under way (not between two tries)."""
    step = turn.step(definition.id)
    is_open = step.state is StepState.WAITING and Purpose.RETRY not in step.waits
    return definition.action == PARALLEL and is_open


def reset_branches(turn: Turn, definition: StepDefinition) -> None:
    """Make everything inside a parallel step pending again."""
    for branch in definition.branches:
        for inner in every_step(branch):
            reset(turn, inner.id)


def _end(turn: Turn, id: str, state: StepState, reason: str, **values: object) -> None:
    turn.change(id, state, reason=reason, waits={}, subjects=(), ended=turn.now, **values)
    _close_branches(turn, id)


def _close_branches(turn: Turn, id: str) -> None:
    for branch in turn.spot(id).step.branches:
        for inner in every_step(branch):
            state = turn.step(inner.id).state
            if state in OPEN_STEPS:
                _end(turn, inner.id, StepState.STOPPED, f"{id} ended")
            elif state not in ENDED_STEPS:
                turn.change(inner.id, StepState.SKIPPED, reason=f"{id} ended", ended=turn.now)


def _skip_up_to(turn: Turn, id: str) -> None:
    spot = turn.spot(id)
    for later in spot.later:
        if later.id == spot.step.goto:
            return
        if turn.step(later.id).state is StepState.PENDING:
            _end(turn, later.id, StepState.SKIPPED, f"{id} failed: on to {spot.step.goto}")
