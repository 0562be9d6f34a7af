"""What templates and conditions of a runbook name: inputs, steps, what they give and can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from continuitybot.errors import Problem
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.moves import Fault
from continuitybot.runbooks.reading import Path, Reading, read_condition, read_template
from continuitybot.runbooks.sandbox import BUILT_IN
from continuitybot.runbooks.states import StepState
from continuitybot.runbooks.templates import is_template
from continuitybot.runbooks.written import Written, a_mapping
from continuitybot.sourcefile import Loc, SourceFile, suggestion

_ROOTS = frozenset({"inputs", "steps", "run", "incident", "event"})
_RUN = frozenset({"ref", "runbook", "title", "requester"})
_EVERY_STEP_HAS = frozenset({"state", "reason", "by", "text"})
_STATES = frozenset(state.value for state in StepState)
_SEE = "See docs/writing-runbooks.md."


class Names:
    """Checks every name that templates and conditions use, and notes what they use."""

    def __init__(self, file: SourceFile, inputs: Any, steps: Sequence[Written]) -> None:
        self._file = file
        self._inputs = {str(name): a_mapping(one) for name, one in a_mapping(inputs).items()}
        self._steps = {step.id: step for step in steps}
        self.used: set[Path] = set()

    def of_step(self, step: Written) -> Iterator[Problem]:
        """Every problem with the templates of one step."""
        when = step.raw.get("when")
        if isinstance(when, str) and when:
            yield from self._of_condition(step, (*step.loc, "when"), when)
        for loc, text in step.templates():
            try:
                yield from self._of(step, loc, read_template(text))
            except Fault as fault:
                yield self._file.problem(loc, str(fault).rstrip("."), _SEE)

    def unused_inputs(self) -> Iterator[Problem]:
        """The inputs that nothing uses."""
        if ("inputs",) in self.used:
            return
        for name in self._inputs:
            if not any(path[:2] == ("inputs", name) for path in self.used):
                where = self._file.where(("inputs", name))
                yield Problem(where, f"the input `{name}` is used nowhere", remedy="Leave it out.")

    def _of_condition(self, step: Written, loc: Loc, when: str) -> Iterator[Problem]:
        if is_template(when):
            remedy = "Write it without the braces."
            yield self._file.problem(loc, "a condition is an expression by itself", remedy)
            return
        try:
            yield from self._of(step, loc, read_condition(when))
        except Fault as fault:
            yield self._file.problem(loc, str(fault).rstrip("."), _SEE)

    def _of(self, step: Written, loc: Loc, reading: Reading) -> Iterator[Problem]:
        self.used |= set(reading.names)
        where = self._file.where(loc)
        for path in reading.names:
            if found := self._against(path, step):
                yield Problem(where, found[0], remedy=found[1])
        for path, word in reading.comparisons:
            if (known := self._words_of(path)) and word not in known:
                what = f"`{'.'.join(path)}` is never `{word}`"
                yield Problem(where, what, remedy=suggestion(word, known))

    def _against(self, path: Path, step: Written) -> tuple[str, str] | None:
        """What is wrong with a name, and the remedy."""
        root, rest = path[0], path[1:]
        if root not in _ROOTS:
            known = _ROOTS | BUILT_IN
            if root in BUILT_IN:
                return None
            return _unknown(f"nothing is called `{root}`", root, known)
        if root == "inputs" and rest and rest[0] not in self._inputs:
            return _unknown(f"there is no input `{rest[0]}`", rest[0], frozenset(self._inputs))
        if root == "run" and rest and rest[0] not in _RUN:
            return _unknown(f"a run has no `{rest[0]}`", rest[0], _RUN)
        if root == "incident" and rest:
            return "the incident is its reference, without parts", "Write {{ incident }}."
        return self._against_step(rest, step) if root == "steps" and rest else None

    def _against_step(self, rest: Path, step: Written) -> tuple[str, str] | None:
        id = rest[0]
        if id not in self._steps:
            return _unknown(f"there is no step `{id}`", id, frozenset(step.earlier))
        if id not in step.earlier:
            return f"the step `{id}` has not run by then", "Move it before this one."
        action = ACTIONS.get(self._steps[id].action)
        known = _EVERY_STEP_HAS | (action.outputs if action else frozenset())
        if len(rest) > 1 and rest[1] not in known:
            return _unknown(f"the step `{id}` gives no `{rest[1]}`", rest[1], known)
        return None

    def _words_of(self, path: Path) -> frozenset[str]:
        """All that a name can be, where that is known; else nothing."""
        match path:
            case ("steps", id, "state"):
                return _STATES
            case ("steps", id, "choice") if id in self._steps:
                asked = a_mapping(self._steps[id].raw.get("ask"))
                return _keys(asked.get("choices"))
            case ("inputs", name) if name in self._inputs:
                choices = self._inputs[name].get("choices")
                return frozenset(map(str, choices)) if isinstance(choices, list) else frozenset()
        return frozenset()


def _keys(value: Any) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, Mapping) else frozenset()


def _unknown(what: str, word: str, known: frozenset[str]) -> tuple[str, str]:
    return what, suggestion(word, known)
