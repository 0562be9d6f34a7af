"""Every pair of states that the tables do not have is refused."""

from __future__ import annotations

from itertools import product

import pytest

from continuitybot.runbooks.states import (
    ENDED_RUNS,
    ENDED_STEPS,
    OPEN_STEPS,
    RUN_TRANSITIONS,
    STEP_TRANSITIONS,
    IllegalTransition,
    RunState,
    StepState,
    check_run,
    check_step,
)


@pytest.mark.parametrize(("old", "new"), list(product(RunState, RunState)))
def test_a_run_goes_only_where_its_table_says(old: RunState, new: RunState) -> None:
    if old == new or new in RUN_TRANSITIONS[old]:
        check_run(old, new)
    else:
        with pytest.raises(IllegalTransition, match=f"from {old} to {new}"):
            check_run(old, new)


@pytest.mark.parametrize(("old", "new"), list(product(StepState, StepState)))
def test_a_step_goes_only_where_its_table_says(old: StepState, new: StepState) -> None:
    if old == new or new in STEP_TRANSITIONS[old]:
        check_step(old, new)
    else:
        with pytest.raises(IllegalTransition, match=f"from {old} to {new}"):
            check_step(old, new)


def test_every_state_of_a_step_is_pending_open_or_ended() -> None:
    assert {StepState.PENDING} | OPEN_STEPS | ENDED_STEPS == set(StepState)
    assert not OPEN_STEPS & ENDED_STEPS


def test_what_has_ended_can_only_be_retried() -> None:
    assert all(STEP_TRANSITIONS[state] == {StepState.PENDING} for state in ENDED_STEPS)
    retried = {state for state in ENDED_RUNS if RUN_TRANSITIONS[state]}
    assert retried == {RunState.FAILED}
