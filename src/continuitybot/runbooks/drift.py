"""How a runbook has changed since a run of it started. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from continuitybot.runbooks.definition import (
    PARALLEL,
    Definition,
    InputDefinition,
    OnFailure,
    StepDefinition,
    Trigger,
)
from continuitybot.settings.values import format_duration


@dataclass(frozen=True)
class Drift:
    """The runbook that a run carries, against the one there is now.

    `lines` are a unified diff, empty when nothing has changed; `is_gone` when there is none now.
    """

    run: str
    runbook: str
    lines: tuple[str, ...]
    is_gone: bool


def drift(run: str, then: Definition, now: Definition | None) -> Drift:
    """What has changed between the two."""
    if now is None:
        return Drift(run, then.name, (), is_gone=True)
    lines = difflib.unified_diff(
        written(then).splitlines(),
        written(now).splitlines(),
        fromfile=f"{then.name} as {run} carries it",
        tofile=f"{now.name} as it is now",
        lineterm="",
    )
    return Drift(run, then.name, tuple(lines), is_gone=False)


def written(definition: Definition) -> str:
    """A definition as a runbook file could say it; what is usual is left out."""
    document = {
        "name": definition.name,
        "title": definition.title,
        "kind": definition.kind.value,
        "on": _trigger(definition.trigger),
        "inputs": {one.name: _input(one) for one in definition.inputs},
        "objectives": {name: format_duration(time) for name, time in definition.objectives.items()},
        "steps": [_step(step) for step in definition.steps],
    }
    return yaml.safe_dump(_told(document), sort_keys=False, allow_unicode=True, width=90)


def _trigger(trigger: Trigger) -> dict[str, Any]:
    alert = _told({"check": trigger.check, "direction": trigger.direction})
    return _told({"alert": alert, "cron": trigger.cron})


def _input(given: InputDefinition) -> dict[str, Any]:
    rest = {"title": given.title, "required": given.required, "choices": list(given.choices)}
    default = {} if given.default is None else {"default": given.default}
    return {"type": given.type, **default, **_told(rest)}


def _step(step: StepDefinition) -> dict[str, Any]:
    rules = {
        "id": step.id,
        "title": step.title,
        "when": step.when,
        "owner": step.owner,
        "timeout": format_duration(step.timeout) if step.timeout else "",
        "retry": _retry(step),
        "on_failure": _on_failure(step),
        "objective": step.objective,
    }
    return {**_told(rules), step.action: _body(step)}


def _retry(step: StepDefinition) -> dict[str, Any]:
    if step.retry.times == 1:
        return {}
    return {"times": step.retry.times, "every": format_duration(step.retry.every)}


def _on_failure(step: StepDefinition) -> Any:
    if step.on_failure is OnFailure.STOP:
        return ""
    return {"goto": step.goto} if step.goto else step.on_failure.value


def _body(step: StepDefinition) -> dict[str, Any]:
    if step.action == PARALLEL:
        return {"branches": [[_step(one) for one in branch] for branch in step.branches]}
    return dict(step.body)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what says nothing."""
    return {key: value for key, value in values.items() if value not in ("", {}, [], False)}
