"""What is found, how much it weighs, and what a person can do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from continuitybot.readiness.model import DrillResult, DrillState
from continuitybot.readiness.score import (
    DRILL_AGE,
    PROOF_AGE,
    RULES,
    CheckFact,
    Facts,
    PersonFact,
    readiness,
)

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ALICE = PersonFact("Alice Brandt", has_phone=True)
BOB = PersonFact("Bob Okafor", has_phone=True)
CAROL = PersonFact("Carol Lindt", has_phone=True)
DRILL = DrillResult(
    "DRILL-1", "continuity-test", "pilot", DrillState.PASSED, NOW - timedelta(days=20)
)
READY = Facts(
    checks=(CheckFact("inbound", "healthy"), CheckFact("outbound", "healthy")),
    approvers=(ALICE, BOB),
    on_call=(CAROL,),
    people=200,
    without_phone=0,
    drills_planned=True,
    last_drill=DRILL,
    proved=NOW - timedelta(days=2),
)


def test_when_nothing_is_wrong_the_score_is_full() -> None:
    assert readiness(READY, NOW) == readiness(READY, NOW)
    assert (readiness(READY, NOW).score, readiness(READY, NOW).findings) == (100, ())


FINDINGS: dict[str, tuple[dict[str, Any], int, str]] = {
    "a failing check": (
        {"checks": (CheckFact("inbound", "failing"),)},
        25,
        "Failing now: inbound.",
    ),
    "many silent checks": (
        {"checks": tuple(CheckFact(f"c{n}", "unknown") for n in range(5))},
        15,
        "Nothing is known from c0, c1, c2, 2 more.",
    ),
    "one approver": ({"approvers": (BOB,)}, 25, "Only Bob Okafor may approve."),
    "no approver": ({"approvers": ()}, 25, "Nobody may approve."),
    "an empty ladder": ({"on_call": ()}, 25, "Nobody is on call."),
    "a ladder without phones": (
        {"on_call": (replace(CAROL, has_phone=False),)},
        25,
        "Nobody on call can be reached by text.",
    ),
    "an admin who answered STOP": (
        {"approvers": (ALICE, replace(BOB, opted_out=True))},
        10,
        "No text reaches Bob Okafor.",
    ),
    "a quarter without phones": (
        {"without_phone": 50},
        5,
        "50 of 200 people have no mobile number.",
    ),
    "one without a phone": ({"without_phone": 1}, 1, "1 of 200 people have no mobile number."),
    "no drill ever": (
        {"last_drill": None, "drills_planned": False},
        20,
        "No drill was ever held, and none is planned.",
    ),
    "a first drill to come": ({"last_drill": None}, 10, "The first drill is still to come."),
    "an old drill": (
        {"last_drill": replace(DRILL, started=NOW - DRILL_AGE - timedelta(days=1))},
        15,
        "The last drill was 101 days ago.",
    ),
    "a failed drill": (
        {"last_drill": replace(DRILL, state=DrillState.FAILED)},
        15,
        "The last drill, continuity-test on 2026-02-18, failed.",
    ),
    "a missed drill": (
        {"last_drill": replace(DRILL, state=DrillState.MISSED)},
        15,
        "The last drill, continuity-test on 2026-02-18, was missed.",
    ),
    "a standby that was never proved": (
        {"proved": None},
        20,
        "No mail was ever seen to come through the standby.",
    ),
    "a proof that is old": (
        {"proved": NOW - PROOF_AGE - timedelta(hours=1)},
        15,
        "Mail last came through the standby 8 days ago.",
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_each_fault_is_found_weighed_and_answered(name: str) -> None:
    changes, points, what = FINDINGS[name]
    result = readiness(replace(READY, **changes), NOW)
    (finding,) = result.findings
    assert (finding.points, finding.what) == (points, what)
    assert finding.remedy
    assert result.score == 100 - points


def test_every_rule_has_a_fault_that_it_finds() -> None:
    found = {
        rule.__name__
        for rule in RULES
        for changes, _points, _what in FINDINGS.values()
        if rule(replace(READY, **changes), NOW)
    }
    assert found == {rule.__name__ for rule in RULES}


def test_the_worst_comes_first_and_the_score_has_a_floor() -> None:
    worst = Facts(
        checks=(CheckFact("inbound", "failing"), CheckFact("outbound", "unknown")),
        approvers=(),
        on_call=(),
        people=10,
        without_phone=10,
        drills_planned=False,
        last_drill=None,
        proved=None,
    )
    result = readiness(worst, NOW)
    assert result.score == 0
    points = [finding.points for finding in result.findings]
    assert points == sorted(points, reverse=True)


def test_an_organisation_without_people_has_nobody_without_a_phone() -> None:
    assert readiness(replace(READY, people=0), NOW).score == 100
