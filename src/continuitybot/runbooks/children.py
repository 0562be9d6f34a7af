"""Runs that are a step of another run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.errors import NotFound
from continuitybot.runbooks import store
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import Mode, Run
from continuitybot.runbooks.ports import Place, Standing
from continuitybot.runbooks.running import start_run
from continuitybot.runbooks.states import StepState
from continuitybot.store import Database


class Children:
    """Starts them in the mode of their parent, as the parent carries them (ports.NestedRuns)."""

    def __init__(
        self, database: Database, definitions: Mapping[str, Definition], mode: Mode
    ) -> None:
        self._database = database
        self._definitions = definitions
        self._mode = mode

    async def start(
        self, place: Place, runbook: str, inputs: Mapping[str, Any], by: str
    ) -> Standing:
        async with self._database.transaction() as tx:
            parent = await store.load_run(tx, place.run)
            # One that was stored by the first version has none in it.
            definition = parent.definition.nested.get(runbook) or self._definitions.get(runbook)
            if definition is None:
                raise NotFound(f"There is no runbook {runbook} any more.")
            run = await start_run(
                tx,
                definition,
                inputs,
                mode=self._mode,
                requester=by,
                incident=place.incident,
                request_key=place.key,
            )
        return _standing(run)

    async def standing(self, ref: str) -> Standing:
        async with self._database.reading() as tx:
            run = await store.load_run(tx, ref)
        return _standing(run)


def _standing(run: Run) -> Standing:
    failed = [step.reason for step in run.steps.values() if step.state is StepState.FAILED]
    return Standing(run.ref, run.state.value, text=failed[-1] if failed else "")
