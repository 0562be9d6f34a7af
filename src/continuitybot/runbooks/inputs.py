"""The values a run is started with: read by their types, all faults at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.definition import Definition, InputDefinition
from continuitybot.settings.values import format_duration, parse_duration
from continuitybot.sourcefile import suggestion

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


def read_inputs(definition: Definition, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every input of the runbook, from what was given and the defaults. Raises BadInput."""
    known = {one.name: one for one in definition.inputs}
    problems = [
        Problem(name, f"{definition.name} has no input of that name",
                remedy=suggestion(name, frozenset(known)))
        for name in given if name not in known
    ]  # fmt: skip
    values: dict[str, Any] = {}
    for name, one in known.items():
        value = given.get(name, one.default)
        if value is None or value == "":
            values[name] = ""
            if one.required:
                problems.append(Problem(name, "is needed", remedy=f"Give {name}=…"))
            continue
        try:
            values[name] = read_value(one, value)
        except ValueError as error:
            problems.append(Problem(name, str(error), str(value)))
    if problems:
        raise BadInput(f"{definition.name} cannot start with these inputs.", problems)
    return values


def read_value(one: InputDefinition, value: Any) -> str | int | float:
    """The value as its type has it. Raises ValueError with what a good one looks like."""
    return _READERS[one.type](one, value)


def _text(_one: InputDefinition, value: Any) -> str:
    return str(value)


def _number(_one: InputDefinition, value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("must be a number, such as 3 or 2.5")
    return int(number) if number.is_integer() else number


def _duration(_one: InputDefinition, value: Any) -> str:
    return format_duration(parse_duration(value))


def _choice(one: InputDefinition, value: Any) -> str:
    if str(value) not in one.choices:
        raise ValueError(f"must be one of {', '.join(one.choices)}")
    return str(value)


def _domain(_one: InputDefinition, value: Any) -> str:
    domain = str(value).strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("must be a domain, such as harbour.example")
    return domain


_READERS: Mapping[str, Callable[[InputDefinition, Any], str | int | float]] = {
    "text": _text,
    "number": _number,
    "duration": _duration,
    "choice": _choice,
    "domain": _domain,
}
