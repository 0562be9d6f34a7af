"""Runbooks look at the mail flow: its checks, its canaries, its health."""

from __future__ import annotations

from collections.abc import Sequence

from continuitybot.mailflow import Mailflow
from continuitybot.runbooks.ports import (
    CanaryFindings,
    Findings,
    Health,
    Place,
)
from continuitybot.store import Database


class MailChecks:
    """The checks of mailflow, observed now or as they are known."""

    def __init__(self, database: Database, mailflow: Mailflow) -> None:
        self._database = database
        self._mailflow = mailflow

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        """Observe now: the named checks, or those of a direction."""
        async with self._database.reading() as tx:
            views = await self._mailflow.status(tx)
        wanted = list(names) or [
            view.name
            for view in views
            if not view.control and direction in {"", "both", view.direction}
        ]
        seen = await self._mailflow.check_now(wanted)
        failing = tuple(one.check for one in seen if one.state in {"failed", "late"})
        async with self._database.reading() as tx:
            diagnosis = await self._mailflow.diagnose(tx)
        detail = " ".join(f"{one.check}: {one.detail or one.state}" for one in seen)
        sentence = diagnosis.sentence if diagnosis else ""
        return Findings(not failing and bool(seen), failing, detail, sentence)

    async def canary(self, place: Place, route: str) -> CanaryFindings:
        """One mail along a route; a new nonce each time, so that doing it again does no harm."""
        result = await self._mailflow.canary(route)
        hops = tuple(f"{hop.server} {hop.seconds:.2f} s" for hop in result.hops)
        return CanaryFindings(result.ok, result.latency or 0.0, result.detail, hops)

    async def health(self, check: str, direction: str) -> Health:
        """What the detector holds: a direction is healthy when all of its checks are."""
        async with self._database.reading() as tx:
            views = await self._mailflow.status(tx)
        chosen = [
            view
            for view in views
            if (view.name == check if check else not view.control)
            and (direction in {"", "both"} or view.direction in {direction, "both"})
        ]
        healths = {str(view.health) for view in chosen}
        if healths == {"healthy"}:
            return Health("healthy", max((v.since for v in chosen if v.since), default=None))
        return Health("failing" if "failing" in healths else "unknown")
