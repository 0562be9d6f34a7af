"""A runbook's rules in words, for people who read it without its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.runbooks.definition import (
    InputDefinition,
    OnFailure,
    StepDefinition,
    Trigger,
)
from continuitybot.settings.values import format_duration


def trigger_words(trigger: Trigger) -> str:
    """What starts a runbook."""
    ways = []
    if trigger.check:
        ways.append(f"by an alert of {trigger.check}")
    if trigger.direction:
        ways.append(f"by an alert about {trigger.direction} mail")
    if trigger.cron:
        ways.append(f"by the calendar ({trigger.cron})")
    return ", or ".join([*ways, "by hand"])


def input_words(given: InputDefinition) -> str:
    """The type of an input and what it is when nobody says: `duration, default 4h`."""
    words = [given.type]
    if given.choices:
        words.append(f"one of {', '.join(given.choices)}")
    if given.default is not None:
        words.append(f"default {given.default}")
    elif given.required:
        words.append("required")
    return ", ".join(words)


def rule_words(step: StepDefinition) -> dict[str, str]:
    """The rules around a step that are not the usual ones, by the name of the rule."""
    times = f"{step.retry.times} tries, {format_duration(step.retry.every)} apart"
    rules = {
        "owner": step.owner,
        "when": step.when,
        "timeout": format_duration(step.timeout) if step.timeout else "",
        "retry": times if step.retry.times > 1 else "",
        "on failure": failure_words(step),
        "objective": step.objective,
    }
    return {name: words for name, words in rules.items() if words}


def failure_words(step: StepDefinition) -> str:
    """What a failure means when it does not end the run; "" when it does."""
    return {
        OnFailure.STOP: "",
        OnFailure.CONTINUE: "go on",
        OnFailure.ASK: "a person decides",
        OnFailure.GOTO: f"go to {step.goto}",
    }[step.on_failure]


def body_words(body: Mapping[str, Any]) -> dict[str, str]:
    """What an action is told, templates and all, one line for each key."""
    return {key: " ".join(value_words(value).split()) for key, value in body.items()}


def value_words(value: Any) -> str:
    """A value of a body in one line: lists by commas, pairs as `invoke = Invoke now`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {value_words(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(value_words, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
