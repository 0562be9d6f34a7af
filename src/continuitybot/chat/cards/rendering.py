"""The present card of whatever a reference names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from continuitybot.approvals import Approvals
from continuitybot.approvals.model import Approval
from continuitybot.broadcast import Broadcasts
from continuitybot.chat.cards.broadcast import broadcast_card
from continuitybot.chat.cards.event import event_card
from continuitybot.chat.cards.incident import incident_card
from continuitybot.chat.cards.run import run_card
from continuitybot.chat.cards.run_waits import Around
from continuitybot.chat.message import Card
from continuitybot.continuity import Continuity
from continuitybot.errors import NotFound
from continuitybot.incidents import Incidents
from continuitybot.mailflow import Mailflow
from continuitybot.people.directory import Directory
from continuitybot.runbooks import Run, Runbooks
from continuitybot.runbooks.timers import due_moments
from continuitybot.store import Transaction

Make = Callable[[Transaction, str], Awaitable[Card]]


class Cards:
    """Makes the card of an incident, event, broadcast, run or drill as it stands now."""

    def __init__(
        self,
        *,
        directory: Directory,
        approvals: Approvals,
        mailflow: Mailflow,
        incidents: Incidents,
        continuity: Continuity,
        broadcasts: Broadcasts,
        runbooks: Runbooks,
    ) -> None:
        self._directory = directory
        self._approvals = approvals
        self._mailflow = mailflow
        self._incidents = incidents
        self._continuity = continuity
        self._broadcasts = broadcasts
        self._runbooks = runbooks
        self._makers: dict[str, Make] = {
            "INC": self._incident,
            "EVT": self._event,
            "SMS": self._broadcast,
            "RUN": self._run,
            "DRILL": self._run,
        }

    def shows(self, ref: str) -> bool:
        """Whether references of this kind have cards."""
        return ref.partition("-")[0] in self._makers

    async def card(self, tx: Transaction, ref: str) -> Card:
        """The card of an object. Raises NotFound when there is no such object."""
        maker = self._makers.get(ref.partition("-")[0])
        if maker is None:
            raise NotFound(f"{ref} names nothing that has a card.")
        return await maker(tx, ref)

    async def card_or_none(self, tx: Transaction, ref: str) -> Card | None:
        """The card of an object, for a board that shows only what is there."""
        try:
            return await self.card(tx, ref)
        except NotFound:
            return None

    async def _incident(self, tx: Transaction, ref: str) -> Card:
        return incident_card(
            await self._incidents.incident(tx, ref),
            await self._incidents.links(tx, ref),
            await self._mailflow.status(tx),
            await self._directory.roster(tx),
        )

    async def _event(self, tx: Transaction, ref: str) -> Card:
        event = await self._continuity.event(tx, ref)
        return event_card(event, await self._asked(tx, ref), await self._directory.roster(tx))

    async def _broadcast(self, tx: Transaction, ref: str) -> Card:
        broadcast = await self._broadcasts.broadcast(tx, ref)
        return broadcast_card(
            broadcast,
            await self._broadcasts.preview_of(tx, broadcast),
            await self._broadcasts.counts(tx, ref),
            await self._asked(tx, ref),
            await self._directory.roster(tx),
        )

    async def _run(self, tx: Transaction, ref: str) -> Card:
        run = await self._runbooks.run(tx, ref)
        return run_card(run, await self.around(tx, run))

    async def around(self, tx: Transaction, run: Run) -> Around:
        """What a run is shown with: who is asked, when its timers are due, what its file says."""
        steps = [run.steps[id] for id in run.open_steps]
        subjects = {subject for step in steps for subject in step.subjects}
        subjects |= {str(step.outputs["ref"]) for step in steps if step.outputs.get("ref")}
        asked = {subject: await self._asked(tx, subject) for subject in sorted(subjects)}
        return Around(
            now=tx.now,
            roster=await self._directory.roster(tx),
            asked={subject: one for subject, one in asked.items() if one is not None},
            due=await due_moments(tx, run),
            drifted=self._runbooks.has_drifted(run),
        )

    async def _asked(self, tx: Transaction, ref: str) -> Approval | None:
        return next(iter(await self._approvals.pending(tx, ref)), None)
