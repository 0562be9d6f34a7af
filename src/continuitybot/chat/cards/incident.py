"""An incident as one card that is edited in place, and lists of incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from continuitybot.chat.cards.phrases import fact, facts, mode_of, present, words
from continuitybot.chat.message import (
    Button,
    Card,
    Chart,
    Confirm,
    Moment,
    Point,
    Span,
    Table,
    Tone,
)
from continuitybot.incidents.model import Incident, Link, Status
from continuitybot.incidents.report.build import Report
from continuitybot.mailflow import CheckView
from continuitybot.people.roster import Roster

_TONES: Mapping[Status, Tone] = {
    Status.OPEN: "bad",
    Status.MITIGATING: "warning",
    Status.MONITORING: "good",
    Status.CLOSED: "good",
}


def incident_card(
    incident: Incident, links: Sequence[Link], checks: Sequence[CheckView], roster: Roster
) -> Card:
    """What is known, who has it, how long it has lasted, and what to do next."""
    acknowledged = incident.acknowledged_by and roster.name(incident.acknowledged_by)
    return Card(
        headline=f"{incident.ref} {incident.title}",
        mode=mode_of(incident.drill),
        state=f"{words(incident.status)}, {incident.severity}",
        tone=_TONES[incident.status],
        text=_summary(incident),
        facts=facts(
            fact("Failing since", incident.fault_since),
            fact("Noticed", incident.detected),
            fact("Acknowledged by", acknowledged or "nobody yet: the ladder is paged"),
            fact("Continuity approved", incident.invoked),
            fact("Standby proved", incident.proved),
            fact("Employees told", incident.informed),
            fact("Primary healthy again", incident.recovered),
            fact("Closed", incident.closed),
            fact("Belongs to it", ", ".join(link.ref for link in links)),
        ),
        chart=_chart(incident, checks),
        buttons=_buttons(incident, links),
    )


def incidents_card(incidents: Sequence[Incident], roster: Roster) -> Card:
    """All open incidents."""
    if not incidents:
        return Card("No incident is open", tone="good")
    rows = tuple(
        (
            incident.ref,
            incident.title,
            words(incident.status),
            (Moment(incident.fault_since),),
            roster.name(incident.commander) if incident.commander else "nobody",
        )
        for incident in incidents
    )
    columns = ("Incident", "What", "Status", "Since", "Commander")
    buttons = tuple(Button(one.ref, f"incident {one.ref}") for one in incidents[:5])
    return Card("Open incidents", table=Table(columns, rows), buttons=buttons)


def report_card(report: Report, page: str) -> Card:
    """The measured times against their objectives, and where the whole report is."""
    rows = tuple((time.label, time.took, time.objective, time.verdict) for time in report.times)
    return Card(
        headline=f"Report of {report.ref} {report.title}",
        mode="DRILL" if report.kind == "DRILL" else "LIVE",
        state=report.status,
        text=(report.summary,),
        table=Table(("Time", "Took", "Objective", "Verdict"), rows),
        footer=("In full: ", Span(page, "code")),
    )


def _summary(incident: Incident) -> tuple[str, ...]:
    """The diagnosis, when there is one."""
    return (incident.summary,) if incident.summary else ()


def _chart(incident: Incident, checks: Sequence[CheckView]) -> Chart | None:
    failing = {alert.check for alert in incident.open_alerts}
    view = next((check for check in checks if check.name in failing and check.history), None)
    if view is None:
        return None
    points = tuple(Point(seen.at, seen.latency) for seen in view.history[-30:])
    return Chart(f"{view.title}: time of each probe", "s", points)


def _buttons(incident: Incident, links: Sequence[Link]) -> tuple[Button, ...]:
    if not incident.is_open:
        return (Button("Report", f"report {incident.ref}"),)
    moving = any(link.ref.startswith("EVT") and link.active for link in links)
    ack = Button("Acknowledge", f"ack {incident.ref}", "primary")
    invoke = Button(
        "Invoke continuity for 4 h",
        f"invoke --for 4h --incident {incident.ref}",
        "danger" if incident.needs_acknowledgement else "primary",
        Confirm(
            "Ask to move the mail to the standby?",
            "The exact plan is shown first, and somebody else has to approve it.",
            "Show the plan",
        ),
    )
    close = Button("Close", f"close {incident.ref}", "primary")
    return present(
        ack if incident.needs_acknowledgement else None,
        invoke if incident.status is Status.OPEN and not moving else None,
        close if incident.status is Status.MONITORING and not moving else None,
        Button("Report", f"report {incident.ref}"),
    )
