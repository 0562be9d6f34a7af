"""How mail flows now: every check, both directions, and the diagnosis when something fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from continuitybot.chat.cards.phrases import fact, facts
from continuitybot.chat.message import Button, Card, Chart, Fact, Moment, Point, Table, Text, Tone
from continuitybot.continuity.model import Event, State
from continuitybot.incidents.model import Incident
from continuitybot.mailflow import CheckView, Diagnosis
from continuitybot.store.instances import Instance


def status_card(
    checks: Sequence[CheckView],
    diagnosis: Diagnosis | None,
    incidents: Sequence[Incident],
    events: Sequence[Event],
    instances: Sequence[Instance] = (),
) -> Card:
    """One look at everything: checks, open incidents, where mail flows, who watches."""
    return Card(
        headline="Mail flow",
        state=_state(checks),
        tone=_tone(checks),
        text=_sentences(diagnosis),
        facts=facts(
            fact("Mail flows through", _where(events)),
            fact("Open incidents", ", ".join(one.ref for one in incidents) or "none"),
            *_who_watches(instances),
        ),
        table=Table(
            ("Check", "Direction", "Health", "Since", "Latest probe"),
            tuple(_row(check) for check in checks),
        ),
        chart=_chart(checks),
        buttons=tuple(Button(one.ref, f"incident {one.ref}") for one in incidents[:5]),
    )


def _state(checks: Sequence[CheckView]) -> str:
    failing = [check for check in checks if check.health == "failing" and not check.control]
    if failing:
        return f"{len(failing)} of {len(checks)} checks fail"
    unknown = [check for check in checks if check.health == "unknown"]
    if unknown:
        return f"{len(unknown)} of {len(checks)} checks are not known yet"
    return f"all {len(checks)} checks are healthy"


def _tone(checks: Sequence[CheckView]) -> Tone:
    healths = {str(check.health) for check in checks}
    return "bad" if "failing" in healths else "warning" if "unknown" in healths else "good"


def _sentences(diagnosis: Diagnosis | None) -> tuple[str, ...]:
    return () if diagnosis is None else (diagnosis.sentence, *diagnosis.evidence)


def _where(events: Sequence[Event]) -> str:
    through = [e for e in events if e.state in {State.ACTIVE, State.VERIFYING}]
    return ", ".join(f"the standby ({event.ref})" for event in through) or "the primary"


def _who_watches(instances: Sequence[Instance]) -> tuple[Fact | None, ...]:
    if len(instances) < 2:
        return ()
    names = ", ".join(f"{one.id} on {one.host}" for one in instances)
    return (fact("Instances", f"{len(instances)}: {names}"),)


def _row(check: CheckView) -> tuple[Text, ...]:
    health = str(check.health)
    if check.muted_until is not None:
        health = f"{health}, muted"
    if check.flapping:
        health = f"{health}, by turns"
    since: Text = (Moment(check.since),) if check.since else ""
    return (check.title, str(check.direction), health, since, _latest(check))


def _latest(check: CheckView) -> str:
    if check.last is None:
        return "none yet"
    took = "" if check.last.latency is None else f" in {check.last.latency:.2f} s"
    detail = f": {check.last.detail}" if check.last.detail and check.last.state != "ok" else ""
    return f"{check.last.state}{took}{detail}"


def _chart(checks: Sequence[CheckView]) -> Chart | None:
    measured = [check for check in checks if check.history and not check.control]
    if not measured:
        return None
    shown = max(measured, key=lambda check: check.health == "failing")
    points = tuple(Point(seen.at, seen.latency) for seen in shown.history[-40:])
    return Chart(f"{shown.title}: time of each probe", "s", points)


def doctor_card(answers: Mapping[str, str]) -> Card:
    """What was tried, and what is wrong with whatever did not work."""
    ill = sum(bool(answer) for answer in answers.values())
    rows = tuple((part, answer or "works") for part, answer in answers.items())
    return Card(
        headline="The bot and what it depends on",
        state=f"{ill} of {len(answers)} do not work" if ill else "everything works",
        tone="bad" if ill else "good",
        table=Table(("Part", "How it is"), rows),
    )
