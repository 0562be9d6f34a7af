"""What happens to one step: it begins, goes on, ends, fails, is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from continuitybot.runbooks.definition import PARALLEL, OnFailure, StepDefinition, every_step
from continuitybot.runbooks.model import Purpose, StepRun
from continuitybot.runbooks.moves import LOOK, Done, Fail, Fault, Hold, Move, Next, Stay
from continuitybot.runbooks.states import ENDED_STEPS, RunState, StepState
from continuitybot.runbooks.turn import Turn

_LOOK_AGAIN = timedelta(minutes=1)
OUT_OF_TIME = "it took longer than its timeout"
_FRESH = StepRun()


def begin(turn: Turn, definition: StepDefinition) -> None:
    """Begin a step, for the first time or again."""
    id = definition.id
    attempt = turn.step(id).attempt + 1
    turn.change(id, StepState.RUNNING, attempt=attempt, started=turn.now, ended=None,
                reason="", by="", **turn.released(id))  # fmt: skip
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
    over = [Purpose.ACTION, Purpose.MOMENT]
    turn.forget(id, *over, *(() if move.subjects else (Purpose.LOOK,)))
    if move.kind:
        turn.order(id, Purpose.ACTION, move.kind, move.extra)
    if move.until is not None:
        turn.timer(id, Purpose.MOMENT, move.until)
    if not set(move.subjects) <= set(step.subjects):
        look(turn, id)


def look(turn: Turn, id: str, due: datetime | None = None) -> None:
    """Look at what the step waits for; an earlier look that is under way counts no more."""
    turn.order(id, Purpose.LOOK, LOOK, {}, due)


def look_again(turn: Turn, id: str) -> None:
    """A look went wrong: without another, a change that came meanwhile would never be seen."""
    look(turn, id, turn.now + _LOOK_AGAIN)


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
    turn.change(id, StepState.WAITING, reason=reason, **turn.released(id))
    _close_branches(turn, id)
    turn.timer(id, Purpose.RETRY, turn.now + retry.every)


def time_out(turn: Turn, id: str) -> None:
    """A try took too long.

    What may still happen, and must not happen twice, is put to a person instead of being tried
    again; its outcome still counts when it comes.
    """
    if not _may_still_happen(turn, id):
        fail(turn, id, OUT_OF_TIME)
        return
    reason, spot, step = f"{OUT_OF_TIME}, and may still happen", turn.spot(id), turn.step(id)
    tries_are_left = step.attempt < spot.step.retry.times
    if tries_are_left or spot.step.on_failure is OnFailure.ASK:
        turn.forget(id, *(purpose for purpose in Purpose if purpose is not Purpose.ACTION))
        turn.change(id, StepState.UNKNOWN, reason=reason)
    else:
        give_up(turn, id, reason)


def _may_still_happen(turn: Turn, id: str) -> bool:
    step = turn.step(id)
    is_under_way = step.state is StepState.RUNNING and Purpose.ACTION in step.waits
    return is_under_way and not turn.conduct(id).repeats(step.given)


def give_up(turn: Turn, id: str, reason: str, *, by: str = "") -> None:
    """A step has failed; with `by`, a person says so and is not asked again."""
    policy = turn.spot(id).step.on_failure
    if policy is OnFailure.ASK and not by:
        hold(turn, id, reason)
        return
    _end(turn, id, StepState.FAILED, reason, by=by)
    if policy is OnFailure.GOTO:
        _skip_up_to(turn, id)
    elif ends_the_run(turn, id):
        end_run(turn, RunState.FAILED)


def ends_the_run(turn: Turn, id: str) -> bool:
    """Whether a step has failed without whom the run does not go on."""
    policy = turn.spot(id).step.on_failure
    is_failed = turn.step(id).state is StepState.FAILED
    return is_failed and policy not in {OnFailure.GOTO, OnFailure.CONTINUE}


def hold(turn: Turn, id: str, reason: str) -> None:
    """The step stops where it is, until a person says how it goes on."""
    turn.change(id, StepState.HELD, reason=reason, **turn.released(id))
    _close_branches(turn, id)


def hold_unknown(turn: Turn, id: str, reason: str) -> None:
    """Nobody knows whether the step's effect happened: a person must look."""
    turn.change(id, StepState.UNKNOWN, reason=reason, **turn.released(id))


def end_run(turn: Turn, state: RunState) -> None:
    """End the run; what is open stops."""
    for id in turn.open_steps():
        _end(turn, id, StepState.STOPPED, f"the run {state}")
    turn.change_run(state, ended=turn.now, put_off=())


def reset(turn: Turn, id: str) -> None:
    """Make a step pending again; its effects keep counting on, so that no key comes twice."""
    step = turn.step(id)
    if step.state is not StepState.PENDING:
        left = turn.released(id)["left"]
        fresh = {**vars(_FRESH), "ordered": step.ordered, "left": left}
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
    turn.change(id, state, reason=reason, ended=turn.now, **turn.released(id), **values)
    _close_branches(turn, id)


def _close_branches(turn: Turn, id: str) -> None:
    """End what is inside a parallel step that has not ended; a retry brings back what stopped."""
    branches = turn.spot(id).step.branches
    if not branches:
        return
    inside = [inner.id for branch in branches for inner in every_step(branch)]
    never_began = all(turn.step(inner).attempt == 0 for inner in inside)
    left_out = never_began and turn.step(id).state is StepState.SKIPPED
    state = StepState.SKIPPED if left_out else StepState.STOPPED
    for inner in inside:
        if turn.step(inner).state not in ENDED_STEPS:
            values = turn.released(inner)
            turn.change(inner, state, reason=f"{id} ended", ended=turn.now, **values)


def _skip_up_to(turn: Turn, id: str) -> None:
    spot = turn.spot(id)
    for later in spot.later:
        if later.id == spot.step.goto:
            return
        if turn.step(later.id).state is StepState.PENDING:
            _end(turn, later.id, StepState.SKIPPED, f"{id} failed: on to {spot.step.goto}")
