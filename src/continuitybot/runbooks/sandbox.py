"""Where templates are filled in: they see values only, and none can take long or grow large.

Whoever writes runbooks is trusted with the mail, not with the process: a slip in a template must
not stop the bot, and nothing in it may reach beyond the values of its run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from continuitybot.runbooks.filters import FILTERS, MAX_TEXT
from continuitybot.runbooks.moves import Fault
from continuitybot.sourcefile import suggestion

MAX_ROUNDS = 200
_MAX_LOOPS = 2  # one inside the other
_MAX_BITS = 64
_BOUNDED = "a loop may take"  # no name that a template could write
_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        {"lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "split",
         "splitlines", "startswith", "endswith", "removeprefix", "removesuffix"}
    ),
    dict: frozenset({"items", "keys", "values", "get"}),
    list: frozenset({"index", "count"}),
    tuple: frozenset({"index", "count"}),
    LoopContext: frozenset({"cycle", "changed"}),
}  # fmt: skip
_STATEMENTS = (nodes.If, nodes.For, nodes.Output)


class Missing(StrictUndefined):
    """Says what is missing and what there is instead."""

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        return _missing_text(self._undefined_obj, str(self._undefined_name))


def _missing_text(holder: Any, name: str) -> str:
    if not isinstance(holder, Mapping):
        return f"there is no `{name}`"
    there: Collection[str] = [str(key) for key in holder]
    near = suggestion(name, there)
    meant = f". {near}" if near.startswith("Did") else ""
    if "state" in holder and "reason" in holder:  # a step
        has = f"the step is {holder['state']} and has: {', '.join(there)}"
    else:
        has = f"there is: {', '.join(there) or 'nothing'}"
    return f"there is no `{name}` ({has}){meant}"


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with `if` and `for`, a short list of filters and methods, and limits on all that
    could grow."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        # What comes out is plain text for chat, SMS and requests, each of which escapes it its
        # own way.
        super().__init__(undefined=Missing, autoescape=False)
        self.filters = {**FILTERS, _BOUNDED: _bounded}
        self.globals = {"range": _few}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return super().is_safe_attribute(obj, attr, value) and (
            not callable(value) or attr in _METHODS.get(type(obj), ())
        )

    def is_safe_callable(self, obj: Any) -> bool:
        if obj is _few or isinstance(obj, Missing):  # which says by itself why it is none
            return True
        owner = type(getattr(obj, "__self__", None))
        return getattr(obj, "__name__", "") in _METHODS.get(owner, ())

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        return self.undefined(f"`{attribute}` cannot be used here", exc=SecurityError)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, int | float) and isinstance(right, int | float):
            _check_size(operator, left, right)
        else:
            _check_length(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > MAX_TEXT:
            raise Fault(f"it is longer than {MAX_TEXT} characters")
        try:
            tree = super()._parse(source, name, filename)
        except RecursionError:
            raise Fault("it is nested too deeply") from None
        _restrict(tree.body, depth=0)
        return tree


def _restrict(body: Iterable[nodes.Node], depth: int) -> None:
    """Refuse what is not for runbooks, and put a limit on every loop."""
    for node in body:
        if not isinstance(node, _STATEMENTS):
            raise Fault("it uses more than `if` and `for`")
        if isinstance(node, nodes.For):
            if node.recursive or depth == _MAX_LOOPS:
                raise Fault("loops stand in loops in loops")
            node.iter = nodes.Filter(node.iter, _BOUNDED, [], [], None, None)
            _restrict([*node.body, *node.else_], depth + 1)
        if isinstance(node, nodes.If):
            _restrict([*node.body, *node.elif_, *node.else_], depth)


def _bounded(values: Iterable[Any]) -> list[Any]:
    found = list(islice(values, MAX_ROUNDS + 1))
    if len(found) > MAX_ROUNDS:
        raise Fault(f"a loop goes round more than {MAX_ROUNDS} times")
    return found


def _few(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_ROUNDS:
        raise Fault(f"`range` gives more than {MAX_ROUNDS} numbers")
    return numbers


def _check_size(operator: str, left: float, right: float) -> None:
    bits = int(abs(left)).bit_length(), int(abs(right)).bit_length()
    grown = bits[0] * abs(right) if operator == "**" else sum(bits)
    if operator != "%" and grown > _MAX_BITS:
        raise Fault("a number becomes too large")


def _check_length(operator: str, left: Any, right: Any) -> None:
    if operator == "%" and isinstance(left, str):
        raise Fault("`%` does not put values into a text; write them with {{ }} or `~`")
    if operator == "*":
        long, times = (left, right) if hasattr(left, "__len__") else (right, left)
        if hasattr(long, "__len__") and isinstance(times, int) and len(long) * times > MAX_TEXT:
            raise Fault(f"it would become longer than {MAX_TEXT} characters")


ENVIRONMENT = Sandbox()
BUILT_IN = frozenset({*ENVIRONMENT.globals, "loop"})
