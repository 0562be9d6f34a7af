"""The steps of a runbook as they stand in its file, also when the file has faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.definition import PARALLEL
from continuitybot.runbooks.templates import is_template
from continuitybot.sourcefile import Loc


@dataclass(frozen=True)
class Written:
    """A step as it stands in the file: `earlier` have run by then, `later` follow in its list."""

    loc: Loc
    raw: Mapping[str, Any]
    earlier: tuple[str, ...]
    later: tuple[str, ...]

    @property
    def id(self) -> str:
        return str(self.raw.get("id", ""))

    @property
    def action(self) -> str:
        return next((key for key in self.raw if key in ACTIONS or key == PARALLEL), "")

    @property
    def branches(self) -> list[Any]:
        """The lists of steps of a parallel step."""
        parallel = self.raw.get(PARALLEL)
        return a_list(parallel.get("branches")) if isinstance(parallel, Mapping) else []

    def templates(self) -> Iterator[tuple[Loc, str]]:
        """Every text of its body in which something is filled in, with its place."""
        if self.action and self.action != PARALLEL:
            yield from _texts(self.raw[self.action], (*self.loc, self.action))


def steps_of(raw: Any, loc: Loc, earlier: tuple[str, ...] = ()) -> Iterator[Written]:
    """The steps of a list and of the branches in it, each with what has run before it."""
    listed = [(i, one) for i, one in enumerate(a_list(raw)) if isinstance(one, Mapping)]
    ids = [str(one.get("id", "")) for _, one in listed]
    for position, (index, one) in enumerate(listed):
        place = (*loc, index)
        step = Written(place, one, earlier, tuple(ids[position + 1 :]))
        yield step
        inside: list[str] = []
        for number, branch in enumerate(step.branches):
            for inner in steps_of(branch, (*place, PARALLEL, "branches", number), earlier):
                inside.append(inner.id)
                yield inner
        earlier = (*earlier, ids[position], *inside)


def a_list(raw: Any) -> list[Any]:
    """The value when it is a list, else none."""
    return raw if isinstance(raw, list) else []


def a_mapping(raw: Any) -> Mapping[str, Any]:
    """The value when it is a mapping, else none."""
    return raw if isinstance(raw, Mapping) else {}


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str) and is_template(value):
        yield loc, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*loc, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*loc, index))
