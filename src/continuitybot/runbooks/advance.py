"""The engine: what each event does to a run.

    advance(run, event, now, rules) -> (run, effects)

is a function of its arguments alone, so the same events give the same run and the same effects.
An event of the outside that comes too late (its step has gone on, its run has ended) changes
no step; what it left behind outside is noted. A person who asks for what cannot be done is told
why (Refused).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from typing import Any

from continuitybot.errors import NotFound, Refused
from continuitybot.runbooks import events, stepping
from continuitybot.runbooks.definition import PARALLEL, every_step
from continuitybot.runbooks.model import Effect, Purpose, Run, StepRun
from continuitybot.runbooks.moves import Fault, Move, Rules
from continuitybot.runbooks.states import ENDED_STEPS, OPEN_STEPS, RunState, StepState
from continuitybot.runbooks.turn import Turn
from continuitybot.runbooks.walk import proceed


def advance(
    run: Run, event: events.Event, now: datetime, rules: Rules
) -> tuple[Run, tuple[Effect, ...]]:
    """The run after an event, and what is to be done outside. Raises Refused to a person."""
    turn = Turn(run, now, rules)
    _HANDLERS[type(event)](turn, event)
    proceed(turn)
    return turn.result()


# ------------------------------------------------------------------ the outside


def _started(_turn: Turn, _event: events.Started) -> None:
    """Nothing but the walk that follows every event."""


def _effect_succeeded(turn: Turn, event: events.EffectSucceeded) -> None:
    if (heard := _hear(turn, event.key)) is None:
        _came_late(turn, event.key, _left_behind(event.data))
        return
    id, given = heard.step, turn.step(heard.step).given
    _ask_action(turn, id, lambda: turn.conduct(id).settled(given, event.data, turn.now))


def _effect_failed(turn: Turn, event: events.EffectFailed) -> None:
    if (heard := _hear(turn, event.key)) is None:
        return
    if turn.step(heard.step).state in {StepState.RUNNING, StepState.UNKNOWN}:
        stepping.fail(turn, heard.step, event.reason)
    else:
        _went_wrong_beside(turn, heard, event.reason)


def _effect_unknown(turn: Turn, event: events.EffectUnknown) -> None:
    if (heard := _hear(turn, event.key)) is None:
        _came_late(turn, event.key, f"it may have happened all the same: {event.reason}")
        return
    if turn.step(heard.step).state in {StepState.RUNNING, StepState.UNKNOWN}:
        stepping.hold_unknown(turn, heard.step, event.reason)
    else:
        _went_wrong_beside(turn, heard, event.reason)


def _went_wrong_beside(turn: Turn, heard: _Heard, reason: str) -> None:
    """What a waiting step waits for can still come, though its card or its look went wrong."""
    text = f"{heard.step}: {reason}"
    if all(note.text != text for note in turn.run.notes):
        turn.note("bot", text)
    if heard.purpose is Purpose.LOOK:
        stepping.look_again(turn, heard.step)


def _came_late(turn: Turn, key: str, what: str) -> None:
    """Nothing waits for it any more, but what it left behind outside is there."""
    id = key.split("/")[1]
    if what and turn.came_late(id, key):
        turn.note("bot", f"{id} had ended, but {what}")


def _left_behind(data: Mapping[str, Any]) -> str:
    if data.get("ref"):
        return f"{data['ref']} is there all the same"
    return f"it happened all the same ({data['status']})" if data.get("status") else ""


def _timer_due(turn: Turn, event: events.TimerDue) -> None:
    if turn.state is RunState.PAUSED:
        if turn.step(event.key.split("/")[1]).purpose_of(event.key) is not None:
            turn.put_off(event.key)
        return
    if (heard := _hear(turn, event.key)) is None:
        return
    id = heard.step
    if heard.purpose is Purpose.RETRY:
        stepping.begin(turn, turn.spot(id).step)
    elif heard.purpose is Purpose.TIMEOUT:
        stepping.time_out(turn, id)
    else:
        step = turn.step(id)
        _ask_action(turn, id, lambda: turn.conduct(id).elapsed(step.given, step.outputs, turn.now))


def _subject_changed(turn: Turn, event: events.SubjectChanged) -> None:
    for id in turn.open_steps():
        if event.subjects.intersection(turn.step(id).subjects):
            stepping.look(turn, id)


@dataclass(frozen=True)
class _Heard:
    """An effect that its step waited for, and waits for no more."""

    step: str
    purpose: Purpose


def _hear(turn: Turn, key: str) -> _Heard | None:
    """Hear from an effect; None when its step does not care any more."""
    id = key.split("/")[1]
    purpose = turn.step(id).purpose_of(key)
    if purpose is None:
        return None
    turn.forget(id, purpose)
    return _Heard(id, purpose)


def _ask_action(turn: Turn, id: str, ask: Callable[[], Move]) -> None:
    try:
        move = ask()
    except Fault as fault:
        stepping.give_up(turn, id, str(fault))
        return
    stepping.go_on(turn, id, move)


# ----------------------------------------------------------------------- people


def _answered(turn: Turn, event: events.Answered) -> None:
    step = _open_step(turn, event.step, "be answered")
    if step.state is not StepState.WAITING or turn.spot(event.step).step.action == PARALLEL:
        raise Refused(f"{_name(turn, event.step)} is {step.state}; it asks nothing now.")
    move = turn.conduct(event.step).answered(step.given, event.choice, event.by)
    stepping.go_on(turn, event.step, move)


def _person_did(turn: Turn, event: events.PersonDid) -> None:
    _open_step(turn, event.step, "be done")
    _may_end_by_hand(turn, event.step, "done", event.text)
    is_parallel = turn.spot(event.step).step.action == PARALLEL
    shown = {} if is_parallel or not event.text else turn.conduct(event.step).shown(event.text)
    stepping.complete(turn, event.step, event.by, shown)


def _attached(turn: Turn, event: events.Attached) -> None:
    step = _open_step(turn, event.step, "take evidence")
    if turn.spot(event.step).step.action != "do":
        raise Refused(f"{_name(turn, event.step)} is no item; only items take files.")
    known = list(step.outputs.get("files", ()))
    if any(file["sha256"] == event.sha256 for file in known):
        raise Refused(f"{_name(turn, event.step)} has this very file already.")
    told = {"name": event.name, "size": event.size, "sha256": event.sha256,
            "by": event.by, "at": turn.now.isoformat()}  # fmt: skip
    turn.change(event.step, step.state, outputs={**step.outputs, "files": [*known, told]})


def _person_skipped(turn: Turn, event: events.PersonSkipped) -> None:
    if turn.has_ended or _step(turn, event.step).state is not StepState.PENDING:
        _open_step(turn, event.step, "be skipped")
    _may_end_by_hand(turn, event.step, "skip", event.text)
    stepping.skip(turn, event.step, event.by, event.text or f"skipped by {event.by}")


def _person_failed(turn: Turn, event: events.PersonFailed) -> None:
    _open_step(turn, event.step, "fail")
    reason = event.text or f"{event.by} says that it failed"
    stepping.give_up(turn, event.step, reason, by=event.by)


def _person_retried(turn: Turn, event: events.PersonRetried) -> None:
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


def _noted(turn: Turn, event: events.Noted) -> None:
    turn.note(event.by, event.text)


def _paused(turn: Turn, event: events.Paused) -> None:
    if turn.state is RunState.PAUSED or turn.has_ended:
        raise Refused(f"{turn.ref} is {turn.state}; it cannot be paused.")
    turn.change_run(RunState.PAUSED)
    turn.note(event.by, "paused the run")


def _resumed(turn: Turn, event: events.Resumed) -> None:
    if turn.state is not RunState.PAUSED:
        raise Refused(f"{turn.ref} is {turn.state}; it is not paused.")
    turn.change_run(RunState.RUNNING)
    turn.note(event.by, "resumed the run")
    for key in turn.take_put_off():
        if not turn.has_ended:
            _timer_due(turn, events.TimerDue(key))


def _cancelled(turn: Turn, event: events.Cancelled) -> None:
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


_HANDLERS: Mapping[type[Any], Callable[[Turn, Any], None]] = {
    events.Started: _started,
    events.EffectSucceeded: _effect_succeeded,
    events.EffectFailed: _effect_failed,
    events.EffectUnknown: _effect_unknown,
    events.TimerDue: _timer_due,
    events.SubjectChanged: _subject_changed,
    events.Answered: _answered,
    events.PersonDid: _person_did,
    events.Attached: _attached,
    events.PersonSkipped: _person_skipped,
    events.PersonFailed: _person_failed,
    events.PersonRetried: _person_retried,
    events.Noted: _noted,
    events.Paused: _paused,
    events.Resumed: _resumed,
    events.Cancelled: _cancelled,
}
