"""What a report says, made of what was stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from continuitybot.incidents.model import Incident, Link, Status, TimelineEntry
from continuitybot.incidents.moments import OBJECTIVES, Measure, in_words, measured
from continuitybot.people.model import Person, short_phone

_LABELS = {
    "detect": "Time to detect",
    "acknowledge": "Time to acknowledge",
    "invoke": "Time to invoke",
    "prove": "Time to prove",
    "inform": "Time to inform",
    "recover": "Time to recover",
}


@dataclass(frozen=True)
class Answer:
    """One person's decision on an approval, as the audit record has it."""

    at: datetime
    who: str
    subject: str
    granted: bool
    text: str
    platform: str


@dataclass(frozen=True)
class ReportData:
    """Everything a report is made of, as stored."""

    incident: Incident
    timeline: Sequence[TimelineEntry]
    links: Sequence[Link]
    answers: Sequence[Answer]
    people: Mapping[str, Person]
    objectives: Mapping[str, timedelta]
    written: datetime


@dataclass(frozen=True)
class Time:
    """One measured time: its label, how long it took, its objective, and the verdict in words."""

    label: str
    took: str
    objective: str
    verdict: str
    is_met: bool | None


@dataclass(frozen=True)
class Line:
    """One line of the timeline; `after` counts from the beginning of the fault."""

    at: datetime
    after: str
    who: str
    text: str
    ref: str


@dataclass(frozen=True)
class Delivered:
    """What became of one broadcast, in counts of people."""

    ref: str
    audience: str
    total: int
    sent: int
    delivered: int
    failed: int
    others: int


@dataclass(frozen=True)
class Mail:
    """What became of the mail that the standby took during one event; None: nobody counted."""

    ref: str
    provider: str
    taken: int | None
    delivered: int | None
    duplicates: int | None
    outstanding: int | None
    lost: int | None
    verdict: str


@dataclass(frozen=True)
class Involved:
    """Somebody who acted, with their number as others may see it."""

    name: str
    roles: str
    phone: str


@dataclass(frozen=True)
class Report:
    """The report as values in the order they are read; renderers only lay it out."""

    kind: str
    ref: str
    title: str
    severity: str
    status: str
    began: datetime
    ended: datetime | None
    written: datetime
    summary: str
    diagnosis: str
    times: tuple[Time, ...]
    timeline: tuple[Line, ...]
    answers: tuple[Answer, ...]
    broadcasts: tuple[Delivered, ...]
    mail: tuple[Mail, ...]
    people: tuple[Involved, ...]

    @property
    def headline(self) -> str:
        """`LIVE INC-7: Inbound mail is failing`"""
        return f"{self.kind} {self.ref}: {self.title}"


def build(data: ReportData) -> Report:
    """The report of an incident at the moment of `data.written`."""
    incident = data.incident
    measures = [measured(incident, name, data.objectives[name]) for name in OBJECTIVES]
    return Report(
        kind=incident.kind,
        ref=incident.ref,
        title=incident.title,
        severity=incident.severity.value,
        status=incident.status.value,
        began=incident.fault_since,
        ended=incident.closed,
        written=data.written,
        summary=_summary(incident, measures),
        diagnosis=incident.summary,
        times=tuple(_time(measure) for measure in measures),
        timeline=tuple(_line(entry, data) for entry in data.timeline),
        answers=tuple(_named_answer(answer, data.people) for answer in data.answers),
        broadcasts=tuple(_delivered(one) for one in data.links if one.ref.startswith("SMS-")),
        mail=tuple(_mail(one) for one in data.links if one.ref.startswith("EVT-")),
        people=_involved(data),
    )


def _summary(incident: Incident, measures: Sequence[Measure]) -> str:
    reached = [measure for measure in measures if measure.took is not None]
    met = sum(1 for measure in reached if measure.is_met)
    scope = {"inbound": "inbound mail", "outbound": "outbound mail", "both": "mail both ways"}
    what = scope.get(incident.direction, "a mail service")
    practice = "In a drill, " if incident.drill else ""
    fault = f"{practice}{what} was affected"
    if incident.recovered is not None:
        lasted = in_words(incident.recovered - incident.fault_since)
        fault = f"{fault} for {lasted}"
    elif incident.status is not Status.CLOSED:
        fault = f"{fault}, and it has not recovered yet"
    verdict = f"{met} of the {len(reached)} objectives reached were met"
    if met == len(reached):
        verdict = f"all {met} objectives reached were met" if met > 1 else "its objective was met"
    return f"{fault[0].upper()}{fault[1:]}. {verdict[0].upper()}{verdict[1:]}."


def _time(measure: Measure) -> Time:
    return Time(
        label=_LABELS[measure.objective],
        took="" if measure.took is None else in_words(measure.took),
        objective=in_words(measure.limit),
        verdict=measure.verdict,
        is_met=measure.is_met,
    )


def _line(entry: TimelineEntry, data: ReportData) -> Line:
    passed = entry.at - data.incident.fault_since
    after = f"+{in_words(passed)}" if passed >= timedelta() else ""
    return Line(entry.at, after, _name(entry.who, data.people), entry.text, entry.ref)


def _named_answer(answer: Answer, people: Mapping[str, Person]) -> Answer:
    who = _name(answer.who, people)
    return Answer(answer.at, who, answer.subject, answer.granted, answer.text, answer.platform)


def _delivered(link: Link) -> Delivered:
    counts: Mapping[str, int] = link.data.get("counts") or {}
    named = ("sent", "delivered", "failed")
    sent, delivered, failed = (counts.get(state, 0) for state in named)
    total = counts.get("total", 0)
    others = max(0, total - sent - delivered - failed)
    audience = str(link.data.get("audience") or "")
    return Delivered(link.ref, audience, total, sent, delivered, failed, others)


def _mail(link: Link) -> Mail:
    backlog: Mapping[str, Any] = link.data.get("backlog") or {}
    names = ("taken", "delivered", "duplicates", "outstanding", "lost")
    is_counted = bool(backlog) and bool(backlog.get("counted", True))
    numbers = {name: int(backlog.get(name, 0)) if is_counted else None for name in names}
    provider = str(link.data.get("provider") or "")
    return Mail(link.ref, provider, verdict=_mail_verdict(numbers), **numbers)


def _mail_verdict(numbers: Mapping[str, int | None]) -> str:
    if numbers["taken"] is None:
        return "not counted by the provider"
    known = sum(numbers[name] or 0 for name in ("delivered", "outstanding", "lost"))
    missing = max(0, numbers["taken"] - known)
    if numbers["lost"] or missing:
        return f"{(numbers['lost'] or 0) + missing} not accounted for"
    if numbers["outstanding"]:
        return f"{numbers['outstanding']} still to be delivered"
    return "every message accounted for"


def _involved(data: ReportData) -> tuple[Involved, ...]:
    handles = dict.fromkeys(
        [entry.who for entry in data.timeline] + [answer.who for answer in data.answers]
    )
    found = [data.people[handle] for handle in handles if handle in data.people]
    return tuple(
        Involved(one.name, ", ".join(sorted(one.roles)), short_phone(one.phone)) for one in found
    )


def _name(who: str, people: Mapping[str, Person]) -> str:
    if who == "bot":
        return "continuitybot"
    return people[who].name if who in people else who
