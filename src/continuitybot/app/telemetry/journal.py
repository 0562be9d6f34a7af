"""The log's lines of what runs do: one for each step that moves on, one for each end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from continuitybot.clock import Clock
from continuitybot.store import Change

log = structlog.get_logger(__name__)

_RUNS = frozenset({
    "run.started", "run.paused", "run.resumed", "run.finished", "run.failed", "run.cancelled",
})  # fmt: skip


class Journal:
    """Writes down committed changes of runs; who or what caused them is in the line's facts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def heard(self, changes: Sequence[Change]) -> None:
        """Write one line for each change that is worth one."""
        for change in changes:
            if change.what == "run.advanced":
                self._step(change)
            elif change.what in _RUNS:
                log.info(change.what, run=change.ref, runbook=change.data["runbook"],
                         mode=change.data["mode"])  # fmt: skip

    def _step(self, change: Change) -> None:
        data = change.data
        facts: dict[str, Any] = {"from": data["before"], "to": data["state"]}
        if data["waits_for"]:
            facts["waits_for"] = data["waits_for"]
        if data["reason"]:
            facts["why"] = data["reason"]
        if data["started"] and (data["ended"] or data["before"] != "pending"):
            end = datetime.fromisoformat(data["ended"]) if data["ended"] else self._clock.now()
            elapsed = end - datetime.fromisoformat(data["started"])
            facts["elapsed"] = round(elapsed.total_seconds(), 3)
        log.info("run.step", run=change.ref, step=data["step"], action=data["action"], **facts)
