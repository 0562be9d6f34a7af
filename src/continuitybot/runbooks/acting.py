"""What a scenario says that happens, as events of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.runbooks import events
from continuitybot.runbooks.model import Purpose, Run, StepRun
from continuitybot.runbooks.scenario import Happening, Result

_STEP_ACTS: Mapping[str, type[Any]] = {
    "done": events.PersonDid,
    "na": events.PersonSkipped,
    "skip": events.PersonSkipped,
    "fail": events.PersonFailed,
    "retry": events.PersonRetried,
}


def person_event(step: str, told: Result | Happening) -> events.Event:
    """What a person does to a step."""
    if told.answer is not None:
        return events.Answered(step, told.by, told.answer)
    event: events.Event = _STEP_ACTS[told.act or "done"](step, told.by, told.text)
    return event


def event_of(run: Run, cue: Happening) -> events.Event | None:
    """The event of a happening; None when the run waits for no such thing."""
    match cue.things[0]:
        case "answer":
            return person_event(cue.step, cue)
        case "act":
            return person_event(cue.step, cue) if cue.step else _of_run(cue)
        case "note":
            return events.Noted(cue.by, cue.note or "")
        case "changed":
            return events.SubjectChanged(frozenset(cue.changed or ()))
        case "health":
            return events.SubjectChanged(frozenset(cue.health or ()))
        case "replies":
            return events.SubjectChanged(frozenset({run.steps[cue.step].outputs.get("ref", "")}))
        case "attached" if cue.attached is not None:
            return events.Attached(cue.step, cue.by, **cue.attached.model_dump())
        case "timer":
            key = run.steps[cue.step].waits.get(cue.timer) if cue.timer else None
            return events.TimerDue(key) if key else None
    return _outcome(run.steps[cue.step], cue)


def _of_run(cue: Happening) -> events.Event:
    if cue.act == "pause":
        return events.Paused(cue.by)
    return events.Resumed(cue.by) if cue.act == "resume" else events.Cancelled(cue.by, cue.text)


def _outcome(step: StepRun, cue: Happening) -> events.Event | None:
    """What came of what the step is having done now."""
    key = step.waits.get(Purpose.ACTION) or step.waits.get(Purpose.LOOK)
    if key is None:
        return None
    if cue.fails is not None:
        return events.EffectFailed(key, cue.fails)
    if cue.unknown is not None:
        return events.EffectUnknown(key, cue.unknown)
    return events.EffectSucceeded(key, cue.returns or {})


def scripted_data(result: Result | None) -> dict[str, Any]:
    """What comes back by a result, beside the usual."""
    if result is None:
        return {}
    if result.approved is not None:
        return {"consent": "granted", "decided_by": result.approved}
    if result.expired:
        return {"state": "cancelled", "consent": "expired", "decided_by": ""}
    if result.refused is not None:
        return {
            "state": "cancelled",
            "consent": "rejected",
            "decided_by": result.by,
            "text": result.refused,
        }
    return result.returns or {}
