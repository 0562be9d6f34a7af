"""What would go wrong today, as findings and a score: pure, from facts gathered elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from continuitybot.readiness.model import DrillResult, DrillState

DRILL_AGE = timedelta(days=100)
"""A drill a quarter, and some days to find a date."""
PROOF_AGE = timedelta(days=8)
"""A canary through the standby each week, and a day for the one that failed."""
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class CheckFact:
    """A check and what it says at present."""

    name: str
    state: Literal["healthy", "failing", "unknown"]


@dataclass(frozen=True)
class PersonFact:
    """A person who is needed: can a text reach them?"""

    name: str
    has_phone: bool
    opted_out: bool = False

    @property
    def reachable(self) -> bool:
        """Whether a text would arrive."""
        return self.has_phone and not self.opted_out


@dataclass(frozen=True)
class Facts:
    """Everything the score is made of.

    `people` counts everybody, `without_phone` those whom a broadcast cannot reach;
    `last_drill` is the newest that did not merely run; `proved` is when a canary last came
    through the standby.
    """

    checks: Sequence[CheckFact]
    approvers: Sequence[PersonFact]
    on_call: Sequence[PersonFact]
    people: int
    without_phone: int
    drills_planned: bool
    last_drill: DrillResult | None
    proved: datetime | None


@dataclass(frozen=True)
class Finding:
    """One thing that would go wrong, how much it weighs, and what to do about it."""

    points: int
    what: str
    remedy: str


@dataclass(frozen=True)
class Readiness:
    """How ready the organisation is: 100 when nothing was found, findings worst first."""

    score: int
    findings: tuple[Finding, ...]


def readiness(facts: Facts, now: datetime) -> Readiness:
    """The score and every finding."""
    found = [finding for rule in RULES if (finding := rule(facts, now)) is not None]
    found.sort(key=lambda finding: -finding.points)
    return Readiness(max(0, 100 - sum(finding.points for finding in found)), tuple(found))


def failing_checks(facts: Facts, _now: datetime) -> Finding | None:
    """Mail is in trouble right now."""
    names = [check.name for check in facts.checks if check.state == "failing"]
    if not names:
        return None
    return Finding(25, f"Failing now: {_some(names)}.", "Look at the open incident.")


def silent_checks(facts: Facts, _now: datetime) -> Finding | None:
    """A check that says nothing would not notice a failure."""
    names = [check.name for check in facts.checks if check.state == "unknown"]
    if not names:
        return None
    what = f"Nothing is known from {_some(names)}."
    return Finding(15, what, "`doctor` tries every probe and says how to mend it.")


def few_approvers(facts: Facts, _now: datetime) -> Finding | None:
    """Whoever asks cannot approve, so one approver is none."""
    if len(facts.approvers) >= 2:
        return None
    who = f"Only {facts.approvers[0].name}" if facts.approvers else "Nobody"
    return Finding(25, f"{who} may approve.", "Give the role approver to at least two people.")


def nobody_on_call(facts: Facts, _now: datetime) -> Finding | None:
    """An alert that reaches nobody."""
    if any(person.reachable for person in facts.on_call):
        return None
    what = "Nobody on call can be reached by text." if facts.on_call else "Nobody is on call."
    return Finding(25, what, "Put people with a mobile number on `oncall.ladder`.")


def unreachable_admins(facts: Facts, now: datetime) -> Finding | None:
    """People who are needed, and whom no text would reach."""
    needed = dict.fromkeys([*facts.on_call, *facts.approvers])
    names = [person.name for person in needed if not person.reachable]
    if not names or nobody_on_call(facts, now):
        return None
    remedy = "Add their mobile numbers; whoever answered STOP has to text START."
    return Finding(10, f"No text reaches {_some(names)}.", remedy)


def people_without_phone(facts: Facts, _now: datetime) -> Finding | None:
    """Employees whom a broadcast would not reach: up to 20 points, by their share."""
    if not facts.without_phone:
        return None
    points = max(1, round(20 * facts.without_phone / facts.people))
    what = f"{facts.without_phone} of {facts.people} people have no mobile number."
    return Finding(points, what, "Add them to the people file, then import it.")


def no_recent_drill(facts: Facts, now: datetime) -> Finding | None:
    """A plan that was not practised."""
    remedy = "`drill start continuity-test` holds one now."
    last = facts.last_drill
    if last is None:
        if facts.drills_planned:
            return Finding(10, "The first drill is still to come.", remedy)
        return Finding(20, "No drill was ever held, and none is planned.", remedy)
    if now - last.started > DRILL_AGE:
        return Finding(15, f"The last drill was {(now - last.started).days} days ago.", remedy)
    if last.state is not DrillState.PASSED:
        drill = f"{last.runbook} on {last.started:%Y-%m-%d}"
        return Finding(15, f"The last drill, {drill}, {last.became}.", remedy)
    return None


def standby_unproved(facts: Facts, now: datetime) -> Finding | None:
    """A standby that may not take mail when it is needed."""
    remedy = "Send a canary through the standby: a pilot drill does."
    if facts.proved is None:
        return Finding(20, "No mail was ever seen to come through the standby.", remedy)
    age = now - facts.proved
    if age <= PROOF_AGE:
        return None
    return Finding(15, f"Mail last came through the standby {age.days} days ago.", remedy)


RULES: tuple[Callable[[Facts, datetime], Finding | None], ...] = (
    failing_checks,
    silent_checks,
    few_approvers,
    nobody_on_call,
    unreachable_admins,
    people_without_phone,
    no_recent_drill,
    standby_unproved,
)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    shown = list(names[:_NAMES_SHOWN]) + ([f"{more} more"] if more > 0 else [])
    return ", ".join(shown)
