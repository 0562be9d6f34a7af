"""What can be said against a scenario without playing it, beyond the shape of its file.

It reads the file's plain values, so that it can be told together with what is wrong with the
shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.scenario import RUN_ACTS
from continuitybot.runbooks.states import StepState
from continuitybot.sourcefile import Loc, SourceFile, suggestion

_ASKS = frozenset({"ask", "do"})
_CONSENTS = frozenset({"approve", "invoke", "fail_back", "broadcast"})
_STANDING = frozenset({"ref", "state", "consent", "decided_by", "text", "data"})
_RETURNS: Mapping[str, frozenset[str]] = {
    "check": ACTIONS["check"].outputs,
    "canary": ACTIONS["canary"].outputs,
    "page": ACTIONS["page"].outputs,
    "http": ACTIONS["http"].outputs,
    "report": ACTIONS["report"].outputs,
    "wait": _STANDING | {"since"},
    **dict.fromkeys(("approve", "invoke", "extend", "fail_back", "broadcast", "run"), _STANDING),
}
_NAMED_BY_STEP = ("steps", "times")


def faults_of(
    file: SourceFile, definition: Definition, definitions: Mapping[str, Definition]
) -> Iterator[Problem]:
    """Every such problem of a file that consists of keys and values."""
    data = file.data
    given = _mapping(data.get("given"))
    try:
        read_inputs(definition, _mapping(given.get("inputs")))
    except BadInput as error:
        for one in error.problems:
            loc = ("given", "inputs", one.where)
            yield Problem(
                file.where(loc), f"input `{one.where}`: {one.what}", one.value, one.remedy
            )
    yield from _Reader(file, definition, definitions, bool(given.get("recorded"))).of_part(data, ())


class _Reader:
    def __init__(
        self,
        file: SourceFile,
        definition: Definition,
        definitions: Mapping[str, Definition],
        is_recorded: bool,
    ) -> None:
        self._file = file
        self._definition = definition
        self._definitions = definitions
        self._is_recorded = is_recorded
        self._steps = frozenset(definition.spots)

    def of_part(self, raw: Mapping[str, Any], loc: Loc) -> Iterator[Problem]:
        """Every problem with what is scripted and expected of one run."""
        for id, listed in _mapping(raw.get("results")).items():
            place = (*loc, "results", id)
            if found := self._unknown(id, place):
                yield found
                continue
            results = listed if isinstance(listed, list) else [listed]
            for index, one in enumerate(results):
                here = (*place, index) if isinstance(listed, list) else place
                yield from self._of_turnout(id, _mapping(one), here)
        for index, one in enumerate(_list(raw.get("happens"))):
            yield from self._of_happening(_mapping(one), (*loc, "happens", index))
        yield from self._of_expect(_mapping(raw.get("expect")), (*loc, "expect"))
        for id, part in _mapping(raw.get("nested")).items():
            yield from self._of_nested(id, _mapping(part), (*loc, "nested", id))

    def _of_nested(self, id: str, part: Mapping[str, Any], loc: Loc) -> Iterator[Problem]:
        if found := self._unknown(id, loc):
            yield found
            return
        step = self._definition.spots[id].step
        inner = self._definitions.get(str(step.body.get("runbook", "")))
        if step.action != "run" or inner is None:
            yield Problem(self._file.where(loc), f"`{id}` starts no runbook that is here")
            return
        reader = _Reader(self._file, inner, self._definitions, self._is_recorded)
        yield from reader.of_part(part, loc)

    def _of_happening(self, one: Mapping[str, Any], loc: Loc) -> Iterator[Problem]:
        outcome = next((key for key in ("returns", "fails", "unknown", "timer") if key in one), "")
        if outcome and not self._is_recorded:
            remedy = "Write it under `results`, or set `given.recorded: true`."
            what = f"`{outcome}` stands in `happens` of a recorded run only"
            yield Problem(self._file.where((*loc, outcome)), what, remedy=remedy)
        id = str(one.get("step", ""))
        if not id or one.get("act") in RUN_ACTS:
            return
        if found := self._unknown(id, (*loc, "step")):
            yield found
        elif not self._is_recorded:
            yield from self._of_turnout(id, one, loc)

    def _of_turnout(self, id: str, one: Mapping[str, Any], loc: Loc) -> Iterator[Problem]:
        step = self._definition.spots[id].step
        if "answer" in one and step.action != "ask":
            yield self._problem((*loc, "answer"), f"`{id}` asks nothing; it is `{step.action}`")
        choices = _mapping(step.body.get("choices"))
        if "answer" in one and choices and str(one["answer"]) not in choices:
            remedy = suggestion(str(one["answer"]), list(choices))
            yield self._problem((*loc, "answer"), f"is not an answer to `{id}`", remedy)
        for key in ("approved", "refused", "expired"):
            if key in one and step.action not in _CONSENTS:
                yield self._problem((*loc, key), f"`{id}` needs no approval: `{step.action}`")
        if "replies" in one and step.action != "broadcast":
            yield self._problem((*loc, "replies"), f"`{id}` is no broadcast: `{step.action}`")
        known = _RETURNS.get(step.action)
        for key in _mapping(one.get("returns")):
            if known is not None and key not in known:
                what = f"`{step.action}` returns no `{key}`"
                yield self._problem((*loc, "returns", key), what, suggestion(key, known))

    def _of_expect(self, expect: Mapping[str, Any], loc: Loc) -> Iterator[Problem]:
        for name in _NAMED_BY_STEP:
            for id in _mapping(expect.get(name)):
                if found := self._unknown(id, (*loc, name, id)):
                    yield found
        for name in ("says", "does"):
            for index, one in enumerate(_list(expect.get(name))):
                id = str(_mapping(one).get("step", ""))
                if id and (found := self._unknown(id, (*loc, name, index, "step"))):
                    yield found
        for index, move in enumerate(_list(expect.get("order"))):
            yield from self._of_move(str(move), (*loc, "order", index))
        yield from self._of_names(expect, loc)

    def _of_names(self, expect: Mapping[str, Any], loc: Loc) -> Iterator[Problem]:
        known = self._steps | frozenset(ACTIONS)
        for index, name in enumerate(_list(expect.get("never_does"))):
            if name not in known:
                what = f"`{name}` is neither an action nor a step"
                yield self._problem((*loc, "never_does", index), what, suggestion(str(name), known))
        objectives = frozenset(self._definition.objectives)
        for name in _mapping(expect.get("objectives")):
            if name not in objectives:
                what, remedy = f"there is no objective `{name}`", suggestion(name, objectives)
                yield Problem(self._file.where((*loc, "objectives", name)), what, remedy=remedy)

    def _of_move(self, move: str, loc: Loc) -> Iterator[Problem]:
        id, _, state = move.partition(" ")
        if found := self._unknown(id, loc):
            yield found
        elif state not in frozenset(StepState):
            remedy = suggestion(state, [one.value for one in StepState])
            yield self._problem(loc, f"`{id}` is followed by no state of a step", remedy)

    def _unknown(self, id: str, loc: Loc) -> Problem | None:
        if id in self._steps:
            return None
        what = f"{self._definition.name} has no step `{id}`"
        return Problem(self._file.where(loc), what, remedy=suggestion(id, self._steps))

    def _problem(self, loc: Loc, what: str, remedy: str = "") -> Problem:
        return self._file.problem(loc, what, remedy)


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []
