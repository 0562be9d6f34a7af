"""What can be said against a runbook without running it, beyond the shape of its file.

It reads the file's plain values and not the parsed source, so that it can be reported together
with whatever is wrong with the shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from continuitybot.errors import Problem
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.definition import PARALLEL
from continuitybot.runbooks.naming import Names
from continuitybot.runbooks.reading import is_constant
from continuitybot.runbooks.templates import is_template
from continuitybot.runbooks.written import Written, a_mapping, steps_of
from continuitybot.sourcefile import Loc, SourceFile, suggestion

_NEVER_FILLED_IN = ("title", "owner", "objective")


def proofread(file: SourceFile) -> list[Problem]:
    """Every such problem, in the order of the file."""
    data = a_mapping(file.data)
    steps = list(steps_of(data.get("steps"), ("steps",)))
    names = Names(file, data.get("inputs"), steps)
    problems = list(_unstartable(file, data))
    places: dict[str, Loc] = {}
    for step in steps:
        if step.id in places:
            remedy = f"Rename one; the other is at {file.where((*places[step.id], 'id'))}."
            problems.append(file.problem((*step.loc, "id"), "two steps have this id", remedy))
        places.setdefault(step.id, step.loc)
    for step in steps:
        problems += _goto(file, step, places)
        problems += _objective(file, step, data.get("objectives"))
        problems += _rival_approvals(file, step)
        problems += _misplaced_templates(file, step)
        problems += _nothing_below(file, step)
        problems += names.of_step(step)
    return problems


def oddities(file: SourceFile) -> list[Problem]:
    """What is allowed and hardly meant: inputs nothing uses, conditions that never change."""
    data = a_mapping(file.data)
    steps = list(steps_of(data.get("steps"), ("steps",)))
    names = Names(file, data.get("inputs"), steps)
    odd = []
    for step in steps:
        list(names.of_step(step))
        when = step.raw.get("when")
        if isinstance(when, str) and when and is_constant(when):
            what = f"the condition of `{step.id}` is the same in every run"
            odd.append(
                file.problem((*step.loc, "when"), what, "Leave the condition or the step out.")
            )
    return [*names.unused_inputs(), *odd]


def _unstartable(file: SourceFile, data: Mapping[str, Any]) -> Iterator[Problem]:
    if not data.get("on"):
        return
    for name, one in a_mapping(data.get("inputs")).items():
        if isinstance(one, Mapping) and one.get("required") and one.get("default") is None:
            what = "a runbook that starts by itself needs a default for every required input"
            yield file.problem(("inputs", name), what, "Give it a default.")


def _goto(file: SourceFile, step: Written, places: Mapping[str, Loc]) -> Iterator[Problem]:
    policy = step.raw.get("on_failure")
    target = policy.get("goto") if isinstance(policy, Mapping) else None
    if target is None or target in step.later:
        return
    loc, place = (*step.loc, "on_failure", "goto"), places.get(str(target))
    if place is None:
        remedy = suggestion(str(target), frozenset(step.later))
        yield file.problem(loc, "goto leads to no later step of this list", remedy)
    elif place[:-1] == step.loc[:-1]:
        yield file.problem(loc, "goto leads forward only", "Use `retry` to try again.")
    else:
        what = "goto leads neither into a parallel step nor out of one"
        remedy = f"Name a later step of the same list. {suggestion('', step.later)}"
        yield file.problem(loc, what, remedy)


def _objective(file: SourceFile, step: Written, known: Any) -> Iterator[Problem]:
    name, names = step.raw.get("objective"), frozenset(map(str, a_mapping(known)))
    if name and name not in names:
        remedy = suggestion(str(name), names)
        yield file.problem((*step.loc, "objective"), "there is no such objective", remedy)


def _rival_approvals(file: SourceFile, step: Written) -> Iterator[Problem]:
    """A newer request for a run's approval voids the older: two must not be open at once."""
    asking = [any(one.action == "approve" for one in steps_of(b, ())) for b in step.branches]
    if sum(asking) > 1:
        what = "two branches ask for approval of the same run at once"
        yield file.problem((*step.loc, PARALLEL), what, "Ask for one after the other.")


def _misplaced_templates(file: SourceFile, step: Written) -> Iterator[Problem]:
    for key in _NEVER_FILLED_IN:
        text = step.raw.get(key)
        if isinstance(text, str) and is_template(text):
            what = f"nothing is filled in in `{key}`"
            remedy = "Write it without the braces, or say it in the text of the action."
            yield file.problem((*step.loc, key), what, remedy)


def _nothing_below(file: SourceFile, step: Written) -> Iterator[Problem]:
    if step.action and step.raw[step.action] is None:
        fields = ACTIONS[step.action].body.model_fields if step.action in ACTIONS else {}
        needed = [name for name, field in fields.items() if field.is_required()]
        remedy = f"Write `{step.action}: {{}}`."
        if needed or step.action == PARALLEL:
            remedy = f"Indent `{(needed or ['branches'])[0]}: …` below it."
        yield file.problem((*step.loc, step.action), "nothing stands below this action", remedy)
