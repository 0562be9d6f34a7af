"""Dry runs: the engine itself, on an outside where nothing is done and everything is told.

Checks are taken as healthy, approvals as given and waits as over; every question is given the
answer that was asked for, or its first. The outside that tells what it would do is the
application's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.answers import SAMPLES, YES_NO
from continuitybot.runbooks.definition import Definition, StepDefinition
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.model import Run, new_run
from continuitybot.runbooks.playing import Played
from continuitybot.runbooks.ports import Ports
from continuitybot.runbooks.scenario import NestedPart, Result
from continuitybot.runbooks.stage import Stage
from continuitybot.runbooks.states import StepState
from continuitybot.runbooks.transcript import Transcript
from continuitybot.sourcefile import suggestion

REF = "DRY-1"


@dataclass(frozen=True)
class DryRun:
    """A run as it would end, and what each of its steps would do, by step.

    `not_followed` has the answers that were not taken, by the path of the step that asks:
    `decide`, or `return/decide` of the run that the step `return` starts.
    """

    run: Run
    told: Mapping[str, tuple[str, ...]]
    not_followed: Mapping[str, tuple[str, ...]]


async def dry_run(
    definition: Definition,
    inputs: Mapping[str, Any],
    answers: Mapping[str, str],
    definitions: Mapping[str, Definition],
    ports: Ports,
    transcript: Transcript,
    now: datetime,
    **facts: Any,
) -> DryRun:
    """Play a runbook to its end; `facts` are further fields of Run. Raises BadInput."""
    asking = dict(_asking(definition, definitions))
    run = new_run(REF, definition, _checked(definition, inputs, answers, asking), now, **facts)
    stage = Stage(now, ports, transcript, definitions)
    part = _part(definition, definitions, answers, run.requester)
    played = await stage.play(run, part)
    told = {id: tuple(_of_step(stage, played, id, transcript)) for id in definition.spots}
    asked = {path for path in asking if _was_asked(stage, played, path)}
    return DryRun(
        played.run,
        told,
        {
            path: tuple(choice for choice in choices if choice != answers.get(path, choices[0]))
            for path, choices in asking.items()
            if path in asked
        },
    )


def _checked(
    definition: Definition,
    inputs: Mapping[str, Any],
    answers: Mapping[str, str],
    asking: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
    """The inputs. Raises BadInput with everything that is wrong with them and the answers."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    try:
        values = read_inputs(definition, inputs)
    except BadInput as error:
        problems += error.problems
    for path, choice in answers.items():
        if path not in asking:
            what = f"{definition.name} asks nothing there"
            problems.append(Problem(f"--answer {path}", what, remedy=suggestion(path, asking)))
        elif choice not in asking[path]:
            remedy = suggestion(choice, asking[path])
            problems.append(Problem(f"--answer {path}", "is no answer to it", choice, remedy))
    if problems:
        raise BadInput(f"{definition.name} cannot be tried like this.", problems)
    return values


def _asking(
    definition: Definition, definitions: Mapping[str, Definition], above: str = ""
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The path of every question, of nested runs too, and its choices."""
    for id, spot in definition.spots.items():
        step = spot.step
        if step.action == "ask" and (choices := choices_of(step)):
            yield f"{above}{id}", choices
        elif (inner := _nested_in(step, definitions)) is not None:
            yield from _asking(inner, definitions, f"{above}{id}/")


def choices_of(step: StepDefinition) -> tuple[str, ...]:
    """The ids of the answers to a question; none when it is answered in one's own words."""
    return tuple(YES_NO if step.body.get("type") == "yes_no" else step.body.get("choices") or ())


def _nested_in(step: StepDefinition, definitions: Mapping[str, Definition]) -> Definition | None:
    return definitions.get(str(step.body["runbook"])) if step.action == "run" else None


def _part(
    definition: Definition,
    definitions: Mapping[str, Definition],
    answers: Mapping[str, str],
    by: str,
    above: str = "",
) -> NestedPart:
    """What people do in a dry run, and in the runs that it starts."""
    results: dict[str, list[Result]] = {}
    nested: dict[str, NestedPart] = {}
    for id, spot in definition.spots.items():
        step = spot.step
        if step.action == "ask":
            choices = choices_of(step)
            usual = choices[0] if choices else SAMPLES.get(step.body.get("type", ""), "dry run")
            results[id] = [Result(answer=answers.get(f"{above}{id}", usual), by=by)]
        elif step.action == "do":
            # Nobody can attach a file to a run that is not stored.
            act: Literal["done", "skip"] = "skip" if step.body.get("evidence") == "file" else "done"
            results[id] = [Result(act=act, by=by, text="dry run, https://example.invalid")]
        elif (inner := _nested_in(step, definitions)) is not None:
            nested[id] = _part(inner, definitions, answers, by, f"{above}{id}/")
    return NestedPart(results=results, nested=nested)


def _of_step(stage: Stage, played: Played, id: str, transcript: Transcript) -> Iterator[str]:
    """What a step would do, and inside it what the steps of the run that it starts would."""
    run = played.run
    step, rules = run.steps[id], run.definition.spots[id].step
    if rules.action == "wait" and step.given:
        yield f"Would wait for {_awaited(step.given)}."
    if rules.action == "check" and step.given:
        asked = ", ".join(step.given.get("checks", ())) or step.given.get("direction", "")
        yield f"Would observe {asked or 'every check'} now."
    yield from (one.text for one in transcript.of(run.ref, id))
    child = stage.child_of(run.ref, id)
    if child is not None:
        started = f"{child.run.definition.name}{_inputs(step.given)}"
        yield f"Would start {started}, which ends as {child.run.state}:"
        for inner, spot in child.run.definition.spots.items():
            words = " ".join(_of_step(stage, child, inner, transcript))
            if words:
                yield f"“{spot.step.title}”: {words}"
    elif rules.action == "ask" and step.state is StepState.DONE:
        yield f"The dry run goes on with: {step.outputs.get('choice') or step.outputs['answer']}."
    if step.state in {StepState.HELD, StepState.WAITING}:
        yield f"A person would decide here: {step.reason}" if step.reason else "Waits here."
    elif step.reason:
        yield step.reason


def _inputs(given: Mapping[str, Any]) -> str:
    return "".join(f" {key}={value}" for key, value in given["inputs"].items())


def _was_asked(stage: Stage, played: Played, path: str) -> bool:
    """Whether the dry run came by a question."""
    id, _, rest = path.partition("/")
    if rest:
        child = stage.child_of(played.run.ref, id)
        return child is not None and _was_asked(stage, child, rest)
    return played.run.steps[id].state is StepState.DONE


def _awaited(given: Mapping[str, Any]) -> str:
    match given:
        case {"healthy": {} as healthy}:
            return f"{healthy.get('check') or healthy.get('direction')} mail to be healthy"
        case {"reply": {} as reply}:
            return f"an answer to {reply['to']}"
        case {"event": {} as event}:
            return f"{event['ref']} to be {event['state']}"
    return str(given["for"])
