"""Templates and conditions: sandboxed, strict, and helpful when something is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import TemplateExpression
from jinja2.sandbox import SandboxedEnvironment

from continuitybot.runbooks.moves import Fault

_MARKS = ("{{", "{%", "{#")


class _Missing(StrictUndefined):
    """Says what is missing and what there is instead."""

    @property
    def _undefined_message(self) -> str:
        return _missing_text(self._undefined_obj, str(self._undefined_name))


def _missing_text(holder: Any, name: str) -> str:
    if not isinstance(holder, Mapping):
        return f"there is no `{name}`"
    if "state" in holder and "reason" in holder:  # a step
        there = f"the step is {holder['state']} and has: {', '.join(map(str, holder))}"
    else:
        there = f"there is: {', '.join(map(str, holder)) or 'nothing'}"
    return f"there is no `{name}` ({there})"


# What comes out is plain text for chat, SMS and requests, each of which escapes it its own way.
_ENVIRONMENT = SandboxedEnvironment(undefined=_Missing, autoescape=False)


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
        return _compiled(text).render(context)
    except Exception as error:  # whatever an author's template can raise is their fault
        raise Fault(f"`{_shortened(text)}` cannot be filled in: {error}") from error


def is_template(text: str) -> bool:
    """Whether there is anything in it to fill in."""
    return any(mark in text for mark in _MARKS)


@lru_cache(maxsize=2000)
def _compiled(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


@lru_cache(maxsize=2000)
def _compiled_condition(text: str) -> TemplateExpression:
    return _ENVIRONMENT.compile_expression(text, undefined_to_none=False)


# -------------------------------------------------- what can be said without running

Path = tuple[str, ...]
BUILT_IN = frozenset({*_ENVIRONMENT.globals, "loop"})


def names_in_condition(text: str) -> list[Path]:
    """The names a condition uses. Raises Fault when it is not an expression."""
    return names_in("{{ (" + text + ") }}")


def names_in(text: str) -> list[Path]:
    """The names a template uses: `{{ steps.ask.by }}` uses ("steps", "ask", "by").

    Raises Fault when it is not a template at all.
    """
    try:
        tree = _ENVIRONMENT.parse(text)
        _ENVIRONMENT.from_string(tree)  # unknown filters and tests show only here
    except TemplateSyntaxError as error:
        raise Fault(f"is not a valid template: {error.message}") from error
    except TemplateError as error:
        raise Fault(f"is not a valid template: {error}") from error
    return list(dict.fromkeys(_paths(tree, frozenset())))


def _paths(node: nodes.Node, inner: frozenset[str]) -> Iterator[Path]:
    """Dotted names from the outside in; `inner` are names that the template itself sets."""
    path = _path(node)
    if path is not None:
        if path[0] not in inner:
            yield path
        return
    set_here = {name.name for name in node.find_all(nodes.Name) if name.ctx == "store"}
    for child in node.iter_child_nodes():
        yield from _paths(child, inner | set_here)


def _path(node: nodes.Node) -> Path | None:
    if isinstance(node, nodes.Name):
        return (node.name,) if node.ctx == "load" else None
    if isinstance(node, nodes.Getattr):
        before = _path(node.node)
        return None if before is None else (*before, node.attr)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        before = _path(node.node)
        return None if before is None else (*before, str(node.arg.value))
    return None


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
