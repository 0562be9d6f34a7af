"""What an open step waits for, in one of four words."""

from __future__ import annotations

from collections.abc import Collection

from continuitybot.runbooks.definition import PARALLEL
from continuitybot.runbooks.model import Purpose
from continuitybot.runbooks.states import StepState

WAITS = ("person", "timer", "outside", "retry")
_FOR_PEOPLE = frozenset({"ask", "approve", "do"})


def waits_for(action: str, state: str, wanted: Collection[str], subjects: Collection[str]) -> str:
    """One of WAITS, or "" when the step does not wait; `wanted` are the purposes of its effects.

    A parallel step waits for its branches only, which are counted themselves.
    """
    if state in {StepState.HELD, StepState.UNKNOWN}:
        return "person"
    if state != StepState.WAITING or (action == PARALLEL and Purpose.RETRY not in wanted):
        return ""
    if Purpose.RETRY in wanted:
        return "retry"
    if action in _FOR_PEOPLE:
        return "person"
    if subjects:
        return "outside"
    return "timer" if Purpose.MOMENT in wanted else "person"
