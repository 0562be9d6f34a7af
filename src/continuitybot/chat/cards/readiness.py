"""How ready the organisation is today, and the drills that keep it so."""

from __future__ import annotations

from collections.abc import Sequence

from continuitybot.chat.message import Button, Card, Moment, Table, Text
from continuitybot.readiness.model import DrillReport, DrillView
from continuitybot.readiness.score import Readiness


def readiness_card(readiness: Readiness) -> Card:
    """The score, and each thing that would go wrong today."""
    rows = tuple((finding.what, finding.remedy) for finding in readiness.findings)
    return Card(
        headline="Readiness",
        state=f"{readiness.score} of 100",
        tone="good" if readiness.score >= 80 else "warning" if readiness.score >= 50 else "bad",
        text=() if rows else ("Nothing is known that would go wrong today.",),
        table=Table(("What would go wrong", "What to do"), rows) if rows else None,
    )


def drills_card(drills: Sequence[DrillView]) -> Card:
    """Each drill: when it comes next, and how it went last."""
    if not drills:
        text = "Drills are scheduled in the settings, under drills."
        start = Button("Practise now", "drill start continuity-test --mode tabletop")
        return Card("No drill is scheduled", text=(text,), buttons=(start,))
    rows = tuple((one.name, one.runbook, one.mode, _next(one), _last(one)) for one in drills)
    return Card("Drills", table=Table(("Drill", "Runbook", "Mode", "Next", "Last"), rows))


def drill_card(report: DrillReport) -> Card:
    """What a drill has shown: the evidence for an auditor."""
    rows = tuple(((Moment(one.at),), one.text or one.what) for one in report.evidence)
    return Card(
        headline=report.result.ref,
        mode="DRILL",
        state=report.result.state.value,
        text=(report.sentence,),
        table=Table(("When", "What happened"), rows) if rows else None,
    )


def _next(drill: DrillView) -> Text:
    return (Moment(drill.next),) if drill.next else "never"


def _last(drill: DrillView) -> Text:
    if drill.last is None:
        return "never held"
    return (f"{drill.last.state.value} ", Moment(drill.last.started))
