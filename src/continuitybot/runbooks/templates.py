"""Templates and conditions: sandboxed, strict, and helpful when something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template
from jinja2.environment import TemplateExpression

from continuitybot.runbooks.filters import at_most
from continuitybot.runbooks.moves import Fault
from continuitybot.runbooks.sandbox import ENVIRONMENT

_MARKS = ("{{", "{%", "{#")


class Templates:
    """The renderer of live runs and rehearsals alike (see moves.Renderer)."""

    def holds(self, condition: str, context: Mapping[str, Any]) -> bool:
        try:
            return bool(_compiled_condition(condition)(**context))
        except Exception as error:  # whatever an author's expression can raise is their fault
            raise Fault(f"`when: {condition}` cannot be worked out: {error}") from error

    def render(self, body: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _render(value, context) for key, value in body.items()}


def _render(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _render_text(value, context)
    if isinstance(value, Mapping):
        return {key: _render(inner, context) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_render(inner, context) for inner in value]
    return value


def _render_text(text: str, context: Mapping[str, Any]) -> str:
    if not is_template(text):
        return text
    try:
        written = ""
        for piece in _compiled(text).generate(context):
            written = at_most(written + piece)
    except Exception as error:  # whatever an author's template can raise is their fault
        raise Fault(f"`{_shortened(text)}` cannot be filled in: {error}") from error
    return written


def is_template(text: str) -> bool:
    """Whether there is anything in it to fill in."""
    return any(mark in text for mark in _MARKS)


@lru_cache(maxsize=2000)
def _compiled(text: str) -> Template:
    return ENVIRONMENT.from_string(text)


@lru_cache(maxsize=2000)
def _compiled_condition(text: str) -> TemplateExpression:
    return ENVIRONMENT.compile_expression(text, undefined_to_none=False)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
