"""What can be said against a runbook without running it, beyond the shape of its file.

It reads the file's plain values and not the parsed source, so that it can be reported together
with whatever is wrong with the shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from continuitybot.errors import Problem
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.definition import PARALLEL
from continuitybot.runbooks.moves import Fault
from continuitybot.runbooks.templates import (
    BUILT_IN,
    Path,
    is_template,
    names_in,
    names_in_condition,
)
from continuitybot.sourcefile import Loc, SourceFile, suggestion

_ROOTS = frozenset({"inputs", "steps", "run", "incident", "event"})
_RUN = frozenset({"ref", "runbook", "title", "requester"})
_EVERY_STEP_HAS = frozenset({"state", "reason", "by", "text"})


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


def proofread(file: SourceFile) -> list[Problem]:
    """Every such problem, in the order of the file."""
    data = file.data if isinstance(file.data, Mapping) else {}
    steps = list(_steps(data.get("steps"), ("steps",), ()))
    names = _Names(file, data, steps)
    problems = list(_unstartable(file, data))
    seen: set[str] = set()
    for step in steps:
        if step.id in seen:
            where = (*step.loc, "id")
            problems.append(file.problem(where, "two steps have this id", "Rename one."))
        seen.add(step.id)
        problems += _goto(file, step, seen)
        problems += _objective(file, step, data.get("objectives"))
        problems += _rival_approvals(file, step)
        problems += names.of_step(step)
    return problems


def _steps(raw: Any, loc: Loc, earlier: tuple[str, ...]) -> Iterator[Written]:
    """The steps of a list and of the branches in it, each with what has run before it."""
    listed = [(i, one) for i, one in enumerate(_list(raw)) if isinstance(one, Mapping)]
    ids = [str(one.get("id", "")) for _, one in listed]
    for position, (index, one) in enumerate(listed):
        place = (*loc, index)
        yield Written(place, one, earlier, tuple(ids[position + 1 :]))
        inside: list[str] = []
        parallel = one.get(PARALLEL)
        branches = parallel.get("branches") if isinstance(parallel, Mapping) else None
        for number, branch in enumerate(_list(branches)):
            for inner in _steps(branch, (*place, PARALLEL, "branches", number), earlier):
                inside.append(inner.id)
                yield inner
        earlier = (*earlier, ids[position], *inside)


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _unstartable(file: SourceFile, data: Mapping[str, Any]) -> Iterator[Problem]:
    inputs = data.get("inputs")
    if not data.get("on") or not isinstance(inputs, Mapping):
        return
    for name, one in inputs.items():
        if isinstance(one, Mapping) and one.get("required") and one.get("default") is None:
            what = "a runbook that starts by itself needs a default for every required input"
            yield file.problem(("inputs", name), what, "Give it a default.")


def _goto(file: SourceFile, step: Written, seen: set[str]) -> Iterator[Problem]:
    policy = step.raw.get("on_failure")
    target = policy.get("goto") if isinstance(policy, Mapping) else None
    if target is None or target in step.later:
        return
    loc = (*step.loc, "on_failure", "goto")
    if target in seen:
        yield file.problem(loc, "goto leads forward only", "Use `retry` to try again.")
    else:
        remedy = suggestion(str(target), frozenset(step.later))
        yield file.problem(loc, "goto leads to no later step of this list", remedy)


def _objective(file: SourceFile, step: Written, known: Any) -> Iterator[Problem]:
    name = step.raw.get("objective")
    names = frozenset(map(str, known)) if isinstance(known, Mapping) else frozenset()
    if name and name not in names:
        yield file.problem((*step.loc, "objective"), "there is no such objective",
                           suggestion(str(name), names))  # fmt: skip


def _rival_approvals(file: SourceFile, step: Written) -> Iterator[Problem]:
    """A newer request for a run's approval voids the older: two must not be open at once."""
    parallel = step.raw.get(PARALLEL)
    branches = _list(parallel.get("branches")) if isinstance(parallel, Mapping) else []
    asking = [any(one.action == "approve" for one in _steps(b, (), ())) for b in branches]
    if sum(asking) > 1:
        what = "two branches ask for approval of the same run at once"
        yield file.problem((*step.loc, PARALLEL), what, "Ask for one after the other.")


class _Names:
    """Checks every name that templates and conditions use."""

    def __init__(self, file: SourceFile, data: Mapping[str, Any], steps: list[Written]) -> None:
        inputs = data.get("inputs")
        self._file = file
        self._inputs = frozenset(map(str, inputs)) if isinstance(inputs, Mapping) else frozenset()
        self._actions = {step.id: step.action for step in steps}

    def of_step(self, step: Written) -> Iterator[Problem]:
        """Every problem with the templates of one step."""
        when = step.raw.get("when")
        if isinstance(when, str):
            yield from self._of_text(step, (*step.loc, "when"), when, is_condition=True)
        if step.action and step.action != PARALLEL:
            for loc, text in _texts(step.raw[step.action], (*step.loc, step.action)):
                yield from self._of_text(step, loc, text, is_condition=False)

    def _of_text(self, step: Written, loc: Loc, text: str, *, is_condition: bool
                 ) -> Iterator[Problem]:  # fmt: skip
        try:
            paths = names_in_condition(text) if is_condition else names_in(text)
        except Fault as fault:
            yield self._file.problem(loc, str(fault).rstrip("."), "See docs/writing-runbooks.md.")
            return
        for path in paths:
            if found := self._against(path, step):
                what, remedy = found
                yield Problem(self._file.where(loc), what, remedy=remedy)

    def _against(self, path: Path, step: Written) -> tuple[str, str] | None:
        """What is wrong with a name, and the remedy."""
        root, rest = path[0], path[1:]
        if root not in _ROOTS:
            known = _ROOTS | BUILT_IN
            return (
                None if root in BUILT_IN else _unknown(f"nothing is called `{root}`", root, known)
            )
        if root == "inputs" and rest and rest[0] not in self._inputs:
            return _unknown(f"there is no input `{rest[0]}`", rest[0], self._inputs)
        if root == "run" and rest and rest[0] not in _RUN:
            return _unknown(f"a run has no `{rest[0]}`", rest[0], _RUN)
        if root == "incident" and rest:
            return "the incident is its reference, without parts", "Write {{ incident }}."
        return self._against_step(rest, step) if root == "steps" and rest else None

    def _against_step(self, rest: Path, step: Written) -> tuple[str, str] | None:
        id = rest[0]
        if id not in self._actions:
            return _unknown(f"there is no step `{id}`", id, frozenset(step.earlier))
        if id not in step.earlier:
            return f"the step `{id}` has not run by then", "Move it before this one."
        action = ACTIONS.get(self._actions[id])
        known = _EVERY_STEP_HAS | (action.outputs if action else frozenset())
        if len(rest) > 1 and rest[1] not in known:
            return _unknown(f"the step `{id}` gives no `{rest[1]}`", rest[1], known)
        return None


def _unknown(what: str, word: str, known: frozenset[str]) -> tuple[str, str]:
    return what, suggestion(word, known)


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str) and is_template(value):
        yield loc, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*loc, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*loc, index))
