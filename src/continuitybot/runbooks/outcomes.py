"""What the outside tells a run: outcomes of its effects, moments that have come, changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from continuitybot.runbooks import events, stepping
from continuitybot.runbooks.model import Purpose
from continuitybot.runbooks.moves import Fault, Move
from continuitybot.runbooks.states import RunState, StepState
from continuitybot.runbooks.turn import Turn


def started(_turn: Turn, _event: events.Started) -> None:
    """Nothing but the walk that follows every event."""


def effect_succeeded(turn: Turn, event: events.EffectSucceeded) -> None:
    """An effect was performed: its action says what follows."""
    if (heard := _hear(turn, event.key)) is None:
        _came_late(turn, event.key, _left_behind(event.data))
        return
    id, given = heard.step, turn.step(heard.step).given
    _ask_action(turn, id, lambda: turn.conduct(id).settled(given, event.data, turn.now))


def effect_failed(turn: Turn, event: events.EffectFailed) -> None:
    """An effect did not happen: its try has failed."""
    if (heard := _hear(turn, event.key)) is None:
        return
    if turn.step(heard.step).state in {StepState.RUNNING, StepState.UNKNOWN}:
        stepping.fail(turn, heard.step, event.reason)
    else:
        _went_wrong_beside(turn, heard, event.reason)


def effect_unknown(turn: Turn, event: events.EffectUnknown) -> None:
    """An effect may have happened: a person must look."""
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


def timer_due(turn: Turn, event: events.TimerDue) -> None:
    """A moment has come; in a pause it is kept until the end of it."""
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


def subject_changed(turn: Turn, event: events.SubjectChanged) -> None:
    """Something outside has changed: whoever waits for it looks at it again."""
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
