"""What practice and readiness ask of the rooms around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from continuitybot.continuity import Continuity, State
from continuitybot.mailflow import Mailflow
from continuitybot.people.directory import Directory
from continuitybot.readiness import Assessment, CheckFact, Drills
from continuitybot.runbooks import Runbooks
from continuitybot.store import Transaction


class ScheduledRuns:
    """Starts the runbooks of drills in the bot's own name."""

    def __init__(self, runbooks: Runbooks) -> None:
        self._runbooks = runbooks

    async def start(self, runbook: str, inputs: Mapping[str, Any], mode: str, key: str) -> str:
        """The reference of the run of this key."""
        run = await self._runbooks.start_by_schedule(runbook, inputs, mode=mode, key=key)
        return run.ref


def make_assessment(
    directory: Directory, mailflow: Mailflow, continuity: Continuity, drills: Drills
) -> Assessment:
    """The readiness score with the checks and the last proof of the standby as its facts."""

    async def checks(tx: Transaction) -> Sequence[CheckFact]:
        views = await mailflow.status(tx)
        return [CheckFact(view.title, view.health.value) for view in views if not view.control]

    async def standby_proved(tx: Transaction) -> datetime | None:
        events = await continuity.events(tx, open_only=False)
        proofs = [
            entry.at for event in events for entry in event.history if entry.state is State.ACTIVE
        ]
        return max(proofs, default=None)

    return Assessment(directory, drills, checks, standby_proved)
