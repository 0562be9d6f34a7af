"""What can be said of a template or a condition without filling it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from continuitybot.runbooks.moves import Fault
from continuitybot.runbooks.sandbox import ENVIRONMENT
from continuitybot.sourcefile import suggestion

Path = tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """The names a template uses, and the words it compares them with.

    `{{ steps.ask.by }}` uses ("steps", "ask", "by").
    """

    names: tuple[Path, ...]
    comparisons: tuple[tuple[Path, str], ...]


@lru_cache(maxsize=2000)
def read_condition(text: str) -> Reading:
    """What a condition uses. Raises Fault when it is not an expression."""
    try:
        parser = Parser(ENVIRONMENT, text, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError("something stands behind its end", 1)
        return _reading(expression)
    except (TemplateError, Fault, RecursionError) as error:
        raise Fault(f"is not a condition: {_said(error)}") from error


@lru_cache(maxsize=2000)
def read_template(text: str) -> Reading:
    """What a template uses. Raises Fault when it is not a template at all."""
    try:
        return _reading(ENVIRONMENT.parse(text))
    except (TemplateError, Fault, RecursionError) as error:
        raise Fault(f"is not a valid template: {_said(error)}") from error


def _reading(tree: nodes.Node) -> Reading:
    for kind, known in ((nodes.Filter, ENVIRONMENT.filters), (nodes.Test, ENVIRONMENT.tests)):
        for used in _all(tree, kind):
            if used.name not in known:
                what = kind.__name__.lower()
                near = suggestion(used.name, known)
                meant = f". {near}" if near.startswith("Did") else ""
                raise Fault(f"there is no {what} `{used.name}`{meant}")
    compared = (pair for node in _all(tree, nodes.Compare) for pair in _compared(node))
    names = dict.fromkeys(_paths(tree, frozenset()))
    return Reading(tuple(names), tuple(dict.fromkeys(compared)))


def _all(tree: nodes.Node, kind: type[Any]) -> Iterator[Any]:
    """Every node of a kind, the root included."""
    if isinstance(tree, kind):
        yield tree
    yield from tree.find_all(kind)


def is_constant(condition: str) -> bool:
    """Whether a condition uses no name at all; one that is no condition does not count."""
    try:
        return not read_condition(condition).names
    except Fault:
        return False


def _said(error: Exception) -> str:
    said = error.message if isinstance(error, TemplateSyntaxError) else str(error)
    return said or "it cannot be read"


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


def _compared(node: nodes.Compare) -> Iterator[tuple[Path, str]]:
    """Each name with each word it is held against: `a == 'x'`, `'x' != a`, `a in ['x', 'y']`."""
    for operand in node.ops:
        sides = (node.expr, operand.expr)
        if operand.op in {"eq", "ne"}:
            pairs = [sides, sides[::-1]]
        elif operand.op in {"in", "notin"} and isinstance(operand.expr, nodes.List | nodes.Tuple):
            pairs = [(node.expr, item) for item in operand.expr.items]
        else:
            continue
        for name, word in pairs:
            path = _path(name)
            if path and isinstance(word, nodes.Const) and isinstance(word.value, str):
                yield path, word.value
