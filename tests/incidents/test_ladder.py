"""Whom the ladder pages next, in every situation it knows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from continuitybot.incidents.ladder import Ladder, Reason, Rung, Step, Target, next_step
from continuitybot.incidents.model import Paging

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
FIVE, TEN, THIRTY = (timedelta(minutes=m) for m in (5, 10, 30))
CAROL, BOB, ALICE = (Target(handle, "sms") for handle in ("carol", "bob", "alice"))
LADDER = Ladder((Rung((CAROL,), FIVE), Rung((BOB,), TEN)), (ALICE,), THIRTY)
BEGUN = Paging(active=True)
FIRST = replace(BEGUN, step=1, rung=0, at=NINE)
SECOND = replace(BEGUN, step=2, rung=1, at=NINE)
LAST_RESORT = replace(BEGUN, step=3, rung=2, at=NINE)
NOBODY: tuple[Target, ...] = ()


def empty(*rungs: int) -> Ladder:
    """The ladder with nobody on these rungs."""
    kept = enumerate(LADDER.rungs)
    return replace(
        LADDER, rungs=tuple(replace(r, targets=()) if n in rungs else r for n, r in kept)
    )


@pytest.mark.parametrize(
    ("ladder", "paging", "outcomes", "after", "targets", "reason", "next_look"),
    [
        (LADDER, BEGUN, [], 0, (CAROL,), Reason.BEGUN, 5),
        (LADDER, FIRST, ["sent"], 4, NOBODY, None, 5),
        (LADDER, FIRST, ["unknown"], 4, NOBODY, None, 5),
        (LADDER, FIRST, ["delivered"], 5, (BOB,), Reason.UNANSWERED, 35),
        (LADDER, FIRST, ["failed"], 1, (BOB,), Reason.UNREACHED, 31),
        (LADDER, FIRST, ["failed", "queued"], 1, NOBODY, None, 5),
        (LADDER, SECOND, ["sent"], 29, NOBODY, None, 30),
        (LADDER, SECOND, ["sent"], 30, (CAROL,), Reason.REPEATED, 35),
        (LADDER, SECOND, ["failed"], 1, (ALICE,), Reason.UNREACHED, 6),
        (LADDER, LAST_RESORT, ["failed"], 1, NOBODY, None, 5),
        (LADDER, LAST_RESORT, ["failed"], 5, (CAROL,), Reason.REPEATED, 10),
        (empty(0), BEGUN, [], 0, (BOB,), Reason.UNREACHED, 30),
        (empty(1), FIRST, ["sent"], 5, (ALICE,), Reason.UNREACHED, 10),
        (empty(0, 1), BEGUN, [], 0, (ALICE,), Reason.UNREACHED, 5),
        (replace(empty(0, 1), last_resort=()), BEGUN, [], 0, NOBODY, Reason.UNREACHED, 5),
    ],
)  # fmt: skip
def test_the_ladder_says_whom_to_page_and_when_to_look_again(
    ladder: Ladder,
    paging: Paging,
    outcomes: list[str],
    after: int,
    targets: tuple[Target, ...],
    reason: Reason | None,
    next_look: int,
) -> None:
    step = next_step(ladder, paging, outcomes, NINE + timedelta(minutes=after))
    assert (step.targets, step.reason) == (targets, reason)
    assert step.look_at == NINE + timedelta(minutes=next_look)
    assert step.paging.step == paging.step + (reason is not None)


def test_a_suspension_rests_until_it_ends() -> None:
    until = NINE + THIRTY
    paging = replace(FIRST, suspended_until=until)
    assert next_step(LADDER, paging, ["failed"], NINE + FIVE) == Step(paging, until)


def test_a_suspension_before_the_first_page_delays_it() -> None:
    paging = replace(BEGUN, suspended_until=NINE)
    assert next_step(LADDER, paging, [], NINE).targets == (CAROL,)


def test_the_wait_of_a_rung_begins_again_after_a_suspension() -> None:
    resumed = NINE + THIRTY
    paging = replace(FIRST, suspended_until=resumed)
    assert next_step(LADDER, paging, ["sent"], resumed).look_at == resumed + FIVE


def test_a_ladder_that_became_shorter_begins_again() -> None:
    shorter = replace(LADDER, rungs=LADDER.rungs[:1])
    paging = replace(BEGUN, step=9, rung=5, at=NINE)
    assert next_step(shorter, paging, ["sent"], NINE + THIRTY).targets == (CAROL,)
