"""The JSON Schema of runbook files, by which editors complete, explain and check them.

It accepts all that the loader takes. What a schema cannot say (names of steps, templates, times
of the calendar) the loader alone refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.runbooks.schema import ACTION_NAMES, RunbookSource

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_KEYS = {"propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,39}$"}}
_CHECK_OR_DIRECTION = {
    "oneOf": [
        {"required": ["check"], "properties": {"check": {"minLength": 1},
                                               "direction": {"const": ""}}},
        {"required": ["direction"], "properties": {"direction": {"minLength": 1},
                                                   "check": {"const": ""}}},
    ]
}  # fmt: skip
# What validators say beyond the types of the fields.
_RULES: Mapping[str, Mapping[str, Any]] = {
    "StepSource": {"oneOf": [{"required": [name]} for name in ACTION_NAMES]},
    "AlertSource": _CHECK_OR_DIRECTION,
    "Healthy": _CHECK_OR_DIRECTION,
    "WaitBody": {
        "oneOf": [
            {"required": [name], "properties": {name: {"not": {"type": "null"}}}}
            for name in ("for", "healthy", "reply", "event")
        ]
    },
    "InputSource": {
        "if": {"properties": {"type": {"const": "choice"}}, "required": ["type"]},
        "then": {"properties": {"choices": {"minItems": 1, "uniqueItems": True}},
                 "required": ["choices"]},
        "else": {"properties": {"choices": {"maxItems": 0}}},
    },
}  # fmt: skip
EXAMPLES: Mapping[str, Any] = {
    "check": {"direction": "inbound", "expect": "healthy"},
    "canary": {"route": "standby_inbound"},
    "page": {"who": "on-call", "text": "Mail is failing ({{ run.ref }})."},
    "say": {"text": "The standby takes mail."},
    "ask": {"text": "Switch now?", "choices": {"invoke": "Switch", "wait": "Wait"}},
    "do": {"text": "Call the works council.", "due": "2h", "evidence": True},
    "approve": {"text": "Tell the customers.", "quorum": 1, "expires": "30m"},
    "invoke": {"for": "4h", "reason": "Inbound mail is failing."},
    "extend": {"event": "EVT-3", "for": "1h"},
    "fail_back": {"event": "EVT-3"},
    "broadcast": {"audience": "all", "text": "E-mail is disrupted."},
    "http": {"method": "POST", "url": "https://tickets.example/api", "expect": [201]},
    "wait": {"healthy": {"direction": "inbound", "for": "15m"}},
    "parallel": {
        "branches": [
            [{"id": "one", "title": "One side", "canary": {"route": "primary_inbound"}}],
            [{"id": "two", "title": "The other", "canary": {"route": "standby_inbound"}}],
        ]
    },
    "run": {"runbook": "fail-back", "inputs": {"event": "EVT-3"}},
    "report": {},
}


def json_schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    schema = RunbookSource.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    for name, rule in _RULES.items():
        definitions[name].update(rule)
    actions = definitions["StepSource"]["properties"]
    for name in ACTION_NAMES:
        body = next(one for one in actions[name]["anyOf"] if "$ref" in one)
        actions[name] = {**body, "description": actions[name]["description"],
                         "examples": [EXAMPLES[name]]}  # fmt: skip
    for name in ("inputs", "objectives"):
        schema["properties"][name].update(_KEYS)
    return {
        "$schema": _DRAFT,
        "$id": "https://continuitybot.example/runbook.schema.json",
        **_untitled(schema),
        "title": "A runbook of continuitybot",
    }


def _untitled(schema: Any) -> Any:
    """Without the titles that pydantic makes of names, which say nothing more."""
    if isinstance(schema, dict):
        return {
            key: _untitled(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_untitled(one) for one in schema] if isinstance(schema, list) else schema
