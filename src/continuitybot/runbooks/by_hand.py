"""What people do to a run. Whoever asks for what cannot be done is told why (Refused)."""

from __future__ import annotations

from itertools import dropwhile

from continuitybot.errors import NotFound, Refused
from continuitybot.runbooks import events, outcomes, stepping
from continuitybot.runbooks.definition import PARALLEL, every_step
from continuitybot.runbooks.model import StepRun
from continuitybot.runbooks.states import ENDED_STEPS, OPEN_STEPS, RunState, StepState
from continuitybot.runbooks.turn import Turn


def answered(turn: Turn, event: events.Answered) -> None:
    """Somebody answers a question; the first answer counts."""
    step = _open_step(turn, event.step, "be answered")
    if step.state is not StepState.WAITING or turn.spot(event.step).step.action == PARALLEL:
        raise Refused(f"{_name(turn, event.step)} is {step.state}; it asks nothing now.")
    move = turn.conduct(event.step).answered(step.given, event.choice, event.by)
    stepping.go_on(turn, event.step, move)


def person_did(turn: Turn, event: events.PersonDid) -> None:
    """Somebody declares a step done."""
    _open_step(turn, event.step, "be done")
    _may_end_by_hand(turn, event.step, "done", event.text)
    is_parallel = turn.spot(event.step).step.action == PARALLEL
    shown = {} if is_parallel or not event.text else turn.conduct(event.step).shown(event.text)
    stepping.complete(turn, event.step, event.by, shown)


def attached(turn: Turn, event: events.Attached) -> None:
    """Somebody gives a file as evidence for an item."""
    step = _open_step(turn, event.step, "take evidence")
    if turn.spot(event.step).step.action != "do":
        raise Refused(f"{_name(turn, event.step)} is no item; only items take files.")
    known = list(step.outputs.get("files", ()))
    if any(file["sha256"] == event.sha256 for file in known):
        raise Refused(f"{_name(turn, event.step)} has this very file already.")
    told = {"name": event.name, "size": event.size, "sha256": event.sha256,
            "by": event.by, "at": turn.now.isoformat()}  # fmt: skip
    turn.change(event.step, step.state, outputs={**step.outputs, "files": [*known, told]})


def person_skipped(turn: Turn, event: events.PersonSkipped) -> None:
    """Somebody leaves a step out, before or after it has begun."""
    if turn.has_ended or _step(turn, event.step).state is not StepState.PENDING:
        _open_step(turn, event.step, "be skipped")
    _may_end_by_hand(turn, event.step, "skip", event.text)
    stepping.skip(turn, event.step, event.by, event.text or f"skipped by {event.by}")


def person_failed(turn: Turn, event: events.PersonFailed) -> None:
    """Somebody says that a step has failed."""
    _open_step(turn, event.step, "fail")
    reason = event.text or f"{event.by} says that it failed"
    stepping.give_up(turn, event.step, reason, by=event.by)


def person_retried(turn: Turn, event: events.PersonRetried) -> None:
    """Somebody lets the run go on again from a step."""
    step = _step(turn, event.step)
    if turn.state in {RunState.FINISHED, RunState.CANCELLED}:
        raise Refused(f"{turn.ref} is {turn.state}; start the runbook again instead.")
    if step.state is StepState.PENDING:
        raise Refused(f"{_name(turn, event.step)} has not begun, so there is nothing to retry.")
    again = _all_again(turn, event.step)
    if busy := [id for id in again if turn.step(id).state is StepState.RUNNING]:
        raise Refused(f"{_name(turn, busy[0])} is being performed right now.",
                      remedy="Wait for its outcome, or skip it, and retry then.")  # fmt: skip
    for id in again:
        stepping.reset(turn, id)
    if turn.state is RunState.FAILED:
        turn.change_run(RunState.RUNNING, ended=None)
    if event.text:
        turn.note(event.by, event.text)


def _all_again(turn: Turn, id: str) -> list[str]:
    """Everything that begins again when a run goes on from a step.

    Besides what follows it these are the steps whose failure ended the run, since nobody said
    that it may go on without them, and whatever stopped inside of what is open again.
    """
    again = dict.fromkeys(_from_here(turn, id))
    for other, step in turn.run.steps.items():
        parent = turn.spot(other).parent
        if turn.state is RunState.FAILED and stepping.ends_the_run(turn, other):
            again |= dict.fromkeys(inner.id for inner in every_step((turn.spot(other).step,)))
        elif step.state is StepState.STOPPED and (
            not parent or parent in again or stepping.is_walked(turn, turn.spot(parent).step)
        ):
            again[other] = None
    return list(again)


def _from_here(turn: Turn, id: str) -> list[str]:
    """A step, what is inside it, and everything after it and after the steps around it.

    Its neighbours in a checklist do not follow it: they can be ticked in any order.
    """
    spot = turn.spot(id)
    later = tuple(dropwhile(lambda step: step.with_previous, spot.later))
    again = [step.id for step in every_step((spot.step, *later))]
    while spot.parent:
        spot = turn.spot(spot.parent)
        if not stepping.is_walked(turn, spot.step):
            again.append(spot.step.id)
        again += [step.id for step in every_step(spot.later)]
    return again


def noted(turn: Turn, event: events.Noted) -> None:
    """Somebody leaves a remark."""
    turn.note(event.by, event.text)


def paused(turn: Turn, event: events.Paused) -> None:
    """Nothing new begins from here on."""
    if turn.state is RunState.PAUSED or turn.has_ended:
        raise Refused(f"{turn.ref} is {turn.state}; it cannot be paused.")
    turn.change_run(RunState.PAUSED)
    turn.note(event.by, "paused the run")


def resumed(turn: Turn, event: events.Resumed) -> None:
    """The pause is over, and the moments that came in it count now."""
    if turn.state is not RunState.PAUSED:
        raise Refused(f"{turn.ref} is {turn.state}; it is not paused.")
    turn.change_run(RunState.RUNNING)
    turn.note(event.by, "resumed the run")
    for key in turn.take_put_off():
        if not turn.has_ended:
            outcomes.timer_due(turn, events.TimerDue(key))


def cancelled(turn: Turn, event: events.Cancelled) -> None:
    """The run ends here."""
    if turn.has_ended:
        raise Refused(f"{turn.ref} is {turn.state}; there is nothing to cancel.")
    stepping.end_run(turn, RunState.CANCELLED)
    turn.note(event.by, f"cancelled the run{': ' if event.text else ''}{event.text}")


def _step(turn: Turn, id: str) -> StepRun:
    if id not in turn.run.steps:
        known = ", ".join(turn.run.steps)
        raise NotFound(f"{turn.ref} has no step `{id}`.", remedy=f"It has: {known}.")
    return turn.step(id)


def _open_step(turn: Turn, id: str, what: str) -> StepRun:
    step = _step(turn, id)
    if whom := _by_whom(step):
        raise Refused(f"{_name(turn, id)} is {step.state} already{whom}.", code="ended")
    if turn.has_ended:
        raise Refused(f"{turn.ref} is {turn.state}; its steps cannot {what} any more.")
    if step.state is StepState.PENDING:
        raise Refused(f"{_name(turn, id)} has not begun; it cannot {what} yet.")
    if step.state not in OPEN_STEPS:
        raise Refused(f"{_name(turn, id)} is {step.state} already.", code="ended")
    return step


def _by_whom(step: StepRun) -> str:
    """Who was faster, and when; "" when it is open, or ended by itself."""
    if not step.by or step.ended is None or step.state not in ENDED_STEPS:
        return ""
    said = step.outputs.get("choice") or step.outputs.get("answer")
    what = f"{step.by} answered “{said}”" if said else f"it was {step.by}"
    return f": {what} at {step.ended:%H:%M} UTC"


def _may_end_by_hand(turn: Turn, id: str, act: str, text: str) -> None:
    for step in every_step((turn.spot(id).step,)):
        if step.action == PARALLEL or turn.step(step.id).state in ENDED_STEPS:
            continue
        its_act = act if step.id == id else "skip"
        its = turn.step(step.id)
        conduct = turn.conduct(step.id)
        if objection := conduct.objection(its.given, its.outputs, its_act, text):
            raise Refused(f"{_name(turn, step.id)}: {objection}")


def _name(turn: Turn, id: str) -> str:
    return f"{turn.ref}/{id}"
