"""What is announced about a check, in the words of a timeline."""

from __future__ import annotations

from continuitybot.mailflow.diagnosis import Diagnosis
from continuitybot.mailflow.model import CheckState, Mute, Observation, Transition, TransitionKind
from continuitybot.settings.mailflow import CheckSettings
from continuitybot.settings.values import format_duration
from continuitybot.store import Change, to_document


def observed(check: CheckSettings, seen: Observation) -> Change:
    """One observation was made."""
    data = {
        "state": seen.state.value,
        "latency": seen.latency,
        "hop": seen.hop.value if seen.hop is not None else "",
        "code": seen.code,
        "control": check.control,
    }
    return Change(check.name, "check.observed", data=data)


def found_healthy(check: CheckSettings) -> Change:
    """A check that nothing was known of is healthy: no news to anybody but who waits for it."""
    data = {"title": check.subject, "direction": check.direction}
    return Change(check.name, "check.found", f"{check.subject} is healthy.", data)


def turned(
    check: CheckSettings,
    before: CheckState,
    after: CheckState,
    transition: Transition,
    diagnosis: Diagnosis | None,
) -> Change:
    """A check became failing, healthy or flapping."""
    worst = after.worst
    data = {
        "title": check.subject,
        "direction": check.direction,
        "since": transition.since.isoformat(),
        "hop": worst.hop.value if worst is not None and worst.hop is not None else "",
        "code": worst.code if worst is not None else "",
        "detail": worst.detail if worst is not None else "",
        "diagnosis": to_document(diagnosis) if diagnosis is not None else None,
    }
    text = _sentence(check, before, after, transition, diagnosis)
    return Change(check.name, f"check.{transition.kind}", text, data)


def muted(check: CheckSettings, mute: Mute, name: str) -> Change:
    """Somebody muted a check."""
    why = f": {mute.why}" if mute.why else ""
    text = f"{name} muted {check.subject} until {mute.until:%Y-%m-%d %H:%M} UTC{why}."
    return Change(check.name, "check.muted", text, {"until": mute.until.isoformat(), "by": mute.by})


def unmuted(check: CheckSettings, handle: str, name: str) -> Change:
    """Somebody wants to hear of a check again."""
    return Change(check.name, "check.unmuted", f"{name} unmuted {check.subject}.", {"by": handle})


def _sentence(
    check: CheckSettings,
    before: CheckState,
    after: CheckState,
    transition: Transition,
    diagnosis: Diagnosis | None,
) -> str:
    if transition.kind is TransitionKind.FLAPPING:
        window = format_duration(check.flapping_window)
        times = len(after.turns)
        return f"{check.subject} fails and recovers by turns: {times} turns within {window}."
    if transition.kind is TransitionKind.HEALTHY:
        began = before.since if not before.flapping else None
        after_what = f" after {format_duration(transition.since - began)}" if began else ""
        return f"{check.subject} is healthy again{after_what}."
    return diagnosis.sentence if diagnosis is not None else f"{check.subject} is failing."
