"""Kinds of value in a runbook that may be a template until the step begins."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from continuitybot.settings.values import DurationSource, format_duration, parse_duration

MARK = "{{"


def _duration_text(value: Any) -> str:
    if isinstance(value, str) and MARK in value:
        return value
    return format_duration(parse_duration(value))


SpanSource = DurationSource | Annotated[str, Field(pattern=r"\{\{")]
Template = Annotated[str, Field(description="Text; may hold templates such as {{ inputs.site }}.")]
Span = Annotated[
    str,
    BeforeValidator(_duration_text, json_schema_input_type=SpanSource),
    Field(description="A duration such as 90s or 1h30m, or a template that gives one."),
]
