"""What may become of a drill, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from continuitybot.readiness.model import (
    TRANSITIONS,
    DrillReport,
    DrillResult,
    DrillState,
    heard,
)

TEN = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
LATER = TEN + timedelta(minutes=42)
RUNNING = DrillResult("DRILL-1", "continuity-test", "pilot", DrillState.RUNNING, TEN)
TOLD = {
    DrillState.RUNNING: "run.advanced",
    DrillState.PASSED: "run.finished",
    DrillState.FAILED: "run.failed",
    DrillState.CANCELLED: "run.cancelled",
}


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(DrillState)


@pytest.mark.parametrize(
    ("state", "what"),
    [(a, TOLD[b]) for a, b in product(DrillState, TOLD) if b not in TRANSITIONS[a] and a != b],
)
def test_what_cannot_follow_is_passed_over(state: DrillState, what: str) -> None:
    before = replace(RUNNING, state=state, ended=TEN)
    assert heard(before, what, LATER, "Too late.") == before


@pytest.mark.parametrize(
    ("state", "following"), [(a, b) for a, row in TRANSITIONS.items() for b in sorted(row)]
)
def test_what_can_follow_does(state: DrillState, following: DrillState) -> None:
    after = heard(replace(RUNNING, state=state), TOLD[following], LATER, "News.")
    assert (after.state, after.text) == (following, "News.")
    assert after.ended == (None if following is DrillState.RUNNING else LATER)


def test_more_of_the_same_only_changes_the_words() -> None:
    after = heard(RUNNING, "run.waiting", LATER, "It waits for Carol.")
    assert after == replace(RUNNING, text="It waits for Carol.")


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (RUNNING, "is running since 2026-03-10 10:00 UTC."),
        (heard(RUNNING, "run.finished", LATER, ""), "passed on 2026-03-10 10:00 UTC after 42 min"),
        (
            heard(RUNNING, "run.failed", TEN + timedelta(seconds=61), ""),
            "failed on 2026-03-10 10:00 UTC after 1 minute.",
        ),
        (replace(RUNNING, state=DrillState.MISSED), "was missed on 2026-03-10 10:00 UTC."),
        (
            heard(RUNNING, "run.cancelled", LATER, ""),
            "was cancelled on 2026-03-10 10:00 UTC after 42 minutes.",
        ),
    ],
)
def test_a_result_is_told_in_one_sentence(result: DrillResult, sentence: str) -> None:
    told = DrillReport(result).sentence
    assert told.startswith(f"DRILL: continuity-test (pilot) {sentence}")
