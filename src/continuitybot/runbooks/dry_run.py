"""Dry runs: the engine itself, on an outside where nothing is done and everything is told.

Checks are taken as healthy, approvals as given and waits as over; every question is given its
first answer. The outside that tells what it would do is the application's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from continuitybot.runbooks.answers import SAMPLES, YES_NO
from continuitybot.runbooks.definition import Definition, StepDefinition
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.model import Run, new_run
from continuitybot.runbooks.ports import (
    Findings,
    Place,
    Ports,
    Question,
    Reach,
    Speaker,
    Standing,
)
from continuitybot.runbooks.scenario import Result
from continuitybot.runbooks.stage import FinishedRuns, Stage, Transcript, play
from continuitybot.runbooks.states import StepState
from continuitybot.runbooks.tabletop import TabletopChecks, tabletop_ports

REF = "DRY-RUN"


@dataclass(frozen=True)
class DryRun:
    """A run as it would end, and what each of its steps would do, by step."""

    run: Run
    told: Mapping[str, tuple[str, ...]]


def dry_run_ports(speaker: Speaker) -> Ports:
    """Ports that tell what live ones would do, as far as it can be told without the rooms."""
    ports = tabletop_ports(speaker, mark="")
    return replace(ports, checks=_Checks(speaker, ""), speaker=_Voice(speaker))


async def dry_run(
    definition: Definition,
    inputs: Mapping[str, Any],
    ports: Ports,
    transcript: Transcript,
    now: datetime,
    **facts: Any,
) -> DryRun:
    """Play a runbook to its end; `facts` are further fields of Run. Raises BadInput."""
    run = new_run(REF, definition, read_inputs(definition, inputs), now, **facts)
    answers = {
        id: [result]
        for id, spot in definition.spots.items()
        if (result := _by_hand(spot.step, run.requester)) is not None
    }
    stage = Stage(now, Reach(ports, _Runs(transcript)), answers)
    ended = (await play(run, stage, transcript))[-1]
    return DryRun(ended, {id: _of_step(ended, id, transcript) for id in definition.spots})


def _by_hand(step: StepDefinition, by: str) -> Result | None:
    if step.action == "ask":
        choices = {"yes_no": YES_NO}.get(step.body.get("type", ""), step.body.get("choices", {}))
        return Result(answer=next(iter(choices), SAMPLES.get(step.body.get("type", ""))), by=by)
    if step.action != "do":
        return None
    # Nobody can attach a file to a run that is not stored.
    act: Literal["done", "skip"] = "skip" if step.body.get("evidence") == "file" else "done"
    return Result(act=act, by=by, text="dry run, https://example.invalid")


def _of_step(run: Run, id: str, transcript: Transcript) -> tuple[str, ...]:
    step, told = run.steps[id], transcript.of(id)
    if run.definition.spots[id].step.action == "wait" and step.given:
        told = (f"Would wait for {_awaited(step.given)}.", *told)
    if step.state in {StepState.HELD, StepState.WAITING}:
        return *told, f"A person would decide here: {step.reason}" if step.reason else "Waits here."
    return (*told, step.reason) if step.reason else told


def _awaited(given: Mapping[str, Any]) -> str:
    match given:
        case {"healthy": {} as healthy}:
            return f"{healthy.get('check') or healthy.get('direction')} mail to be healthy"
        case {"reply": {} as reply}:
            return f"an answer to {reply['to']}"
        case {"event": {} as event}:
            return f"{event['ref']} to be {event['state']}"
    return str(given["for"])


class _Checks(TabletopChecks):
    """Observes nothing."""

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        return Findings(ok=True, detail="dry run: nothing was observed")


class _Voice:
    """Says what would be said and asked, and which answer the dry run gives."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def say(self, place: Place, text: str, to: str = "") -> None:
        await self._speaker.say(place, f"Would say{f' to {to}' if to else ''}: {text}")

    async def ask(self, place: Place, question: Question) -> None:
        whom = question.owner or f"whoever may {question.act}"
        if question.type and not question.choices:
            sample = SAMPLES[question.type]
            text = f"Would ask {whom}: {question.text} The dry run answers “{sample}”."
            await self._speaker.say(place, text)
            return
        if not question.choices:
            due = f", due {question.due:%Y-%m-%d %H:%M} UTC" if question.due else ""
            await self._speaker.say(place, f"Would ask {whom} to do{due}: {question.text}")
            return
        labels = list(question.choices.values())
        text = f"Would ask {whom}: {question.text} {' / '.join(labels)}"
        await self._speaker.say(place, f"{text}. The dry run takes the first answer: {labels[0]}.")


class _Runs(FinishedRuns):
    """Starts no other runbook, and takes each as finished."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def start(self, place: Place, runbook: str, inputs: Any, by: str) -> Standing:
        given = "".join(f" {key}={value}" for key, value in inputs.items())
        await self._speaker.say(place, f"Would start {runbook}{given}; taken as finished.")
        return await super().start(place, runbook, inputs, by)
