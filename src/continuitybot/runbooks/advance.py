"""The engine: what each event does to a run.

    advance(run, event, now, rules) -> (run, effects)

is a function of its arguments alone, so the same events give the same run and the same effects.
An event of the outside that comes too late (its step has gone on, its run has ended) changes
no step; what it left behind outside is noted. A person who asks for what cannot be done is told
why (Refused).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from continuitybot.runbooks import by_hand, events, outcomes
from continuitybot.runbooks.model import Effect, Run
from continuitybot.runbooks.moves import Rules
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


_HANDLERS: Mapping[type[Any], Callable[[Turn, Any], None]] = {
    events.Started: outcomes.started,
    events.EffectSucceeded: outcomes.effect_succeeded,
    events.EffectFailed: outcomes.effect_failed,
    events.EffectUnknown: outcomes.effect_unknown,
    events.TimerDue: outcomes.timer_due,
    events.SubjectChanged: outcomes.subject_changed,
    events.Answered: by_hand.answered,
    events.PersonDid: by_hand.person_did,
    events.Attached: by_hand.attached,
    events.PersonSkipped: by_hand.person_skipped,
    events.PersonFailed: by_hand.person_failed,
    events.PersonRetried: by_hand.person_retried,
    events.Noted: by_hand.noted,
    events.Paused: by_hand.paused,
    events.Resumed: by_hand.resumed,
    events.Cancelled: by_hand.cancelled,
}
