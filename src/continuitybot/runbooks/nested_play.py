"""Runs that a played run starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from continuitybot.runbooks.children import standing_of
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.model import Run, new_run
from continuitybot.runbooks.playing import Played
from continuitybot.runbooks.ports import Place, Standing
from continuitybot.runbooks.scenario import Part
from continuitybot.runbooks.transcript import Transcript


class RunStage(Protocol):
    """Where they are played, too."""

    now: datetime
    played: dict[str, Played]

    async def enter(self, run: Run, part: Part, *, by: str) -> None:
        """Begin a run; `by` is the key of the effect that starts it."""
        ...


class NestedOnStage:
    """Runs that a run starts: played when their part is scripted, else finished at once."""

    def __init__(
        self, stage: RunStage, definitions: Mapping[str, Definition], transcript: Transcript
    ) -> None:
        self._stage = stage
        self._definitions = definitions
        self._transcript = transcript

    async def start(
        self, place: Place, runbook: str, inputs: Mapping[str, Any], by: str
    ) -> Standing:
        parent = self._stage.played[place.run]
        part = parent.part.nested.get(place.step)
        if part is None or parent.recorded:
            given = "".join(f" {key}={value}" for key, value in inputs.items())
            text = f"Would start {runbook}{given}; taken as finished."
            await self._transcript.say(place, text)
            return Standing(f"RUN-{runbook}", "finished")
        definition = self._definitions[runbook]
        run = new_run(
            _next_ref(parent.run.ref, len(self._stage.played)),
            definition,
            read_inputs(definition, inputs),
            self._stage.now,
            mode=parent.run.mode,
            requester=by,
            incident=place.incident,
        )
        await self._stage.enter(run, part, by=place.key)
        return standing_of(self._stage.played[run.ref].run)

    async def standing(self, ref: str) -> Standing:
        played = self._stage.played.get(ref)
        return standing_of(played.run) if played else Standing(ref, "finished")


def _next_ref(ref: str, further: int) -> str:
    prefix, _, number = ref.rpartition("-")
    return f"{prefix}-{int(number) + further}"
