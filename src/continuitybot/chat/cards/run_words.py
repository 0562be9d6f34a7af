"""What a run says of itself in words: states, objectives, what came of a step, and remedies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from continuitybot.chat.cards.phrases import lasting, listed, words
from continuitybot.chat.message import ItemState, Moment, Text
from continuitybot.people.model import BOT
from continuitybot.people.roster import Roster
from continuitybot.runbooks.definition import PARALLEL, OnFailure
from continuitybot.runbooks.model import Measure, Run, measures
from continuitybot.runbooks.states import ENDED_STEPS, RunState, StepState
from continuitybot.runbooks.wording import value_words

ITEM_STATES: Mapping[StepState, ItemState] = {
    StepState.PENDING: "todo",
    StepState.RUNNING: "doing",
    StepState.WAITING: "waiting",
    StepState.HELD: "failed",
    StepState.UNKNOWN: "unknown",
    StepState.DONE: "done",
    StepState.FAILED: "failed",
    StepState.SKIPPED: "skipped",
    StepState.STOPPED: "skipped",
}
STATE_WORDS: Mapping[StepState, str] = {
    StepState.PENDING: "to do",
    StepState.RUNNING: "under way",
    StepState.HELD: "failed, held for a decision",
    StepState.UNKNOWN: "unknown whether it happened",
    StepState.STOPPED: "stopped",
}
# What a step does again when it is tried again, said before somebody presses the button.
_AGAIN: Mapping[str, str] = {
    "ask": "The question is asked again.",
    "do": "The item is open again.",
    "approve": "Approval is asked for again.",
    "page": "People are woken again.",
    "say": "It is said again.",
    "broadcast": "A broadcast is prepared again; nobody is texted before it is approved.",
    "invoke": "The switch is planned again; no mail moves before it is approved.",
    "fail_back": "The way back is planned again; no mail moves before it is approved.",
    "extend": "The event is extended again.",
    "http": "The request is made again.",
    "run": "The other runbook is started again.",
}
# Not for people, or said elsewhere: what ties a step to the object it follows.
_UNSAID = frozenset(
    {"approval", "approvers", "asked", "due", "end", "hops", "link", "ok", "ref", "standing"}
)
_LONGEST_LINE = 160
_LABELS: Mapping[str, str] = {
    "text": "Says", "choice": "Answer", "latency": "Took", "counts": "Texts", "diagnosis": "Cause",
}  # fmt: skip


def state_word(state: StepState) -> str:
    """The state of a step as it is shown beside its title."""
    return STATE_WORDS.get(state, state.value)


def leaves(run: Run) -> list[str]:
    """The steps in which something is done, in the order they are written."""
    return [id for id, spot in run.definition.spots.items() if spot.step.action != PARALLEL]


def next_step(run: Run) -> str:
    """The step whose turn comes next; "" when there is none."""
    if run.has_ended:
        return ""
    return next((id for id in leaves(run) if run.steps[id].state is StepState.PENDING), "")


def title_of(run: Run, id: str) -> str:
    """A step's title."""
    return run.definition.spots[id].step.title


def objective_words(run: Run, measure: Measure) -> Text:
    """Elapsed against the objective: `12 min of 15 min so far, until 09:27`."""
    span = f"{lasting(measure.elapsed)} of {lasting(measure.target)}"
    if measure.met:
        return f"met: {span}"
    if measure.elapsed <= measure.target:
        if measure.met is False:
            return f"not reached: {span}"
        return f"{span} so far, until ", Moment(run.created + measure.target)
    missed = f"missed by {lasting(measure.elapsed - measure.target)}"
    is_open = not run.has_ended and not _is_reached(run, measure.name)
    return f"{missed} so far: {span}" if is_open else f"{missed}: {span}"


def objectives(run: Run, now: datetime) -> list[tuple[str, Text]]:
    """Each objective by name, in words."""
    return [(one.name, objective_words(run, one)) for one in measures(run, now)]


def outcome(run: Run, id: str) -> list[tuple[str, str]]:
    """What came of a step, labelled, in words; nothing for what is empty."""
    step, action = run.steps[id], run.definition.spots[id].step.action
    return [
        (_label(action, name), _value(step.given, name, value))
        for name, value in step.outputs.items()
        if name not in _UNSAID and value not in ("", None, [], {}, ())
    ]


def outcome_line(run: Run, id: str) -> str:
    """What came of a step in one line of a card; its page has all of it."""
    said = outcome(run, id)
    lone = len(said) == 1 and said[0][0] in {"Says", "Evidence", "Answer"}
    line = said[0][1] if lone else "; ".join(f"{label.lower()}: {text}" for label, text in said)
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1].rstrip()}…"


def by_words(run: Run, id: str, roster: Roster) -> str:
    """Who ended a step, when a person did."""
    step = run.steps[id]
    people = step.outputs.get("approvers") or [step.by]
    return listed(roster.name(by) for by in people if by and by != BOT)


def remedy(run: Run, id: str) -> str:
    """What can be done about a step that went wrong; "" when nothing did, or nothing is needed."""
    step, spot = run.steps[id], run.definition.spots[id]
    if step.state is StepState.UNKNOWN:
        return (
            "Look outside whether it happened. If it did, say that it is done; "
            "if it surely did not, try again."
        )
    if step.state is StepState.HELD:
        return "Mend the cause and try again; or do it by hand and say that it is done; or skip it."
    if step.state is not StepState.FAILED:
        return ""
    if run.state is RunState.FAILED and spot.step.on_failure is OnFailure.STOP:
        return "It ended the run. Mend the cause, then go on again from this step."
    if spot.step.on_failure is OnFailure.GOTO:
        return f"The run went on at “{title_of(run, spot.step.goto)}”."
    return "The run goes on without it." if not run.has_ended else ""


def again_words(run: Run, id: str) -> str:
    """What trying a step again does."""
    step, action = run.steps[id], run.definition.spots[id].step.action
    effect = _AGAIN.get(action, "It is done again.")
    if step.state is StepState.UNKNOWN:
        effect = f"If it did happen, it then happens twice. {effect}"
    after = [title_of(run, one) for one in _ended_after(run, id)]
    more = f" So are the steps after it: {listed(after)}." if after else ""
    return f"{effect}{more}"


def without_words(run: Run, id: str) -> str:
    """What the run does when a step is left out or called done."""
    after = next_step(run)
    if not after:
        return "Nothing is left after it."
    return f"The run goes on with “{title_of(run, after)}”."


def cancel_words(run: Run) -> str:
    """What ending a run does, and what it leaves as it is."""
    stopped = [title_of(run, id) for id in run.open_steps]
    refs = [str(one.outputs["ref"]) for one in run.steps.values() if one.outputs.get("ref")]
    left = listed(sorted({ref for ref in refs if ref[:3] in {"EVT", "SMS"}}))
    stops = f"“{stopped[0]}” stops. " if len(stopped) == 1 else f"{len(stopped)} steps stop. "
    keeps = f" {left} {'goes' if ' ' not in left else 'go'} on." if left else ""
    return f"{stops if stopped else ''}What was done stays done.{keeps}"


def _is_reached(run: Run, objective: str) -> bool:
    return any(
        spot.step.objective == objective and run.steps[id].state in ENDED_STEPS
        for id, spot in run.definition.spots.items()
    )


def _ended_after(run: Run, id: str) -> list[str]:
    later = [step.id for step in run.definition.spots[id].later]
    return [one for one in later if run.steps[one].state in ENDED_STEPS]


def _label(action: str, name: str) -> str:
    if action == "do" and name == "text":
        return "Evidence"
    return _LABELS.get(name, words(name).capitalize())


def _value(given: Mapping[str, Any], name: str, value: Any) -> str:
    if name == "choice":
        return str((given.get("choices") or {}).get(value, value))
    if name == "latency" and isinstance(value, int | float):
        return f"{value:.1f} s"
    if isinstance(value, Mapping) and all(isinstance(one, int) for one in value.values()):
        return listed(f"{count} {key}" for key, count in value.items() if count) or "none"
    if name == "files":
        return listed(str(file["name"]) for file in value)
    return value_words(value)
