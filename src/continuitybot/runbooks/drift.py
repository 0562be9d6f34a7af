"""How a runbook has changed since a run of it started, part by part. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
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
    every_step,
)
from continuitybot.settings.values import format_duration


@dataclass(frozen=True)
class Drift:
    """The runbook that a run carries, against the one there is now.

    `lines` say part by part what differs, `-` as the run has it and `+` as the file has it now;
    they are empty when nothing has changed. `is_gone` when there is no such runbook now.
    """

    run: str
    runbook: str
    lines: tuple[str, ...]
    is_gone: bool


def drift(run: str, then: Definition, now: Definition | None) -> Drift:
    """What has changed between the two, and in the runbooks they run as steps."""
    if now is None:
        return Drift(run, then.name, (), is_gone=True)
    lines = list(_changes(then, now))
    if lines:
        lines = [f"- as {run} carries it, + as it is now", *lines]
    return Drift(run, then.name, tuple(lines), is_gone=False)


def _changes(then: Definition, now: Definition) -> Iterator[str]:
    yield from _compared("What stands above the steps has changed", _head(then), _head(now))
    before = {step.id: step for step in every_step(then.steps)}
    after = {step.id: step for step in every_step(now.steps)}
    for id, step in before.items():
        if id not in after:
            yield from _compared(f"Step {id} is gone", _own_part(step), {})
        else:
            title = f"Step {id} has changed"
            yield from _compared(title, _own_part(step), _own_part(after[id]))
    for id, step in after.items():
        if id not in before:
            yield from _compared(f"Step {id} is new", {}, _own_part(step))
    both = before.keys() & after.keys()
    orders = [list(_outline(one.steps, both)) for one in (then, now)]
    yield from _lines("The steps stand in another order", *orders)
    for name, nested in now.nested.items():
        if name in then.nested:
            inner = list(_changes(then.nested[name], nested))
            yield from (f"In {name}: {line}" if _is_title(line) else line for line in inner)


def _is_title(line: str) -> bool:
    return line[:1] not in {" ", "-", "+"}


def _compared(title: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    return _lines(title, *(_yaml(one).splitlines() if one else [] for one in (then, now)))


def _lines(title: str, then: list[str], now: list[str]) -> Iterator[str]:
    """The whole of both sides, as a step is short and its other lines say what it is about."""
    if then == now:
        return
    yield title
    matcher = difflib.SequenceMatcher(None, then, now, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            yield from (f"    {line}" for line in then[i:j])
        else:
            yield from (f"  - {line}" for line in then[i:j])
            yield from (f"  + {line}" for line in now[k:m])


def _outline(track: tuple[StepDefinition, ...], known: Any, depth: int = 0) -> Iterator[str]:
    """Where the steps stand, one a line, with those in branches below their parallel step."""
    for step in track:
        if step.id in known:
            yield f"{'  ' * depth}{step.id}"
        for number, branch in enumerate(step.branches, start=1):
            inner = list(_outline(branch, known, depth + 1))
            if inner:
                yield f"{'  ' * depth}branch {number}"
            yield from inner


def written(definition: Definition) -> str:
    """A definition as a runbook file could say it; what is usual is left out."""
    return _yaml({**_head(definition), "steps": [_step(step) for step in definition.steps]})


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(_told(document), sort_keys=False, allow_unicode=True, width=90)


def _head(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "title": definition.title,
        "kind": definition.kind.value,
        "on": _trigger(definition.trigger),
        "inputs": {one.name: _input(one) for one in definition.inputs},
        "objectives": {name: format_duration(time) for name, time in definition.objectives.items()},
    }


def _own_part(step: StepDefinition) -> dict[str, Any]:
    """What a step says itself: those inside it are told by themselves."""
    if step.action != PARALLEL:
        return _step(step)
    return {**_step(step), PARALLEL: f"{len(step.branches)} branches"}


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
