"""What came of effects is stored in groups: one commit for all that ended meanwhile.

A group is all or nothing. When one of it cannot be stored as it is (its lease is lost, a row has
changed, a record raises), the group is undone and each is stored by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from continuitybot.store.database import Database
from continuitybot.store.duty import Duty
from continuitybot.store.effects import Again, Effect, Outcome
from continuitybot.store.leasing import end, put_back
from continuitybot.store.transaction import Offer, Transaction

_GROUP = 24
"""How many are stored at once: enough to share a commit, few enough not to hold up the loop."""


class _NotTogether(Exception):
    """One of a group is no longer ours."""


@dataclass
class _Ended:
    duty: Duty
    effect: Effect
    outcome: Outcome | Again
    stored: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Recorder:
    """Stores outcomes; `begin` is called with effects that it leased in the same transaction.

    `slots` tells how many more could be performed now.
    """

    def __init__(
        self,
        database: Database,
        leases: Mapping[str, timedelta],
        slots: Callable[[], int],
        begin: Callable[[Sequence[Effect]], None],
    ) -> None:
        self._database = database
        self._leases = leases
        self._slots = slots
        self._begin = begin
        self._ended: list[_Ended] = []
        self._writing: asyncio.Task[None] | None = None

    async def store(self, duty: Duty, effect: Effect, outcome: Outcome | Again) -> None:
        """Return when it is stored, or was not to be: another has taken the effect over.

        Raises whatever kept it from being stored.
        """
        ended = _Ended(duty, effect, outcome)
        self._ended.append(ended)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="recorder")
        await asyncio.shield(ended.stored)

    async def drain(self) -> None:
        """Return when everything that has ended is stored."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write(self) -> None:
        while self._ended:
            group, self._ended = self._ended[:_GROUP], self._ended[_GROUP:]
            try:
                await self._write_group(group)
            except BaseException:  # the process ends; nobody waits for it any longer
                for one in (*group, *self._ended):
                    one.stored.cancel()
                raise

    async def _write_group(self, group: Sequence[_Ended]) -> None:
        try:
            await self._together(group)
        except Exception:  # whatever it was: alone, each meets it by itself
            for one in group:
                await self._alone(one)
        else:
            for one in group:
                one.stored.set_result(None)

    async def _together(self, group: Sequence[_Ended]) -> None:
        offer = self._offer(len(group))
        async with self._database.transaction() as tx:
            tx.offer, tx.is_optimistic = offer, True
            finished = [
                (one.effect, one.outcome) for one in group if not isinstance(one.outcome, Again)
            ]
            if not await end(tx, finished):
                raise _NotTogether
            for one in group:
                await _follow(tx, one)
                await asyncio.sleep(0)  # others have their turn between two records
        self._begin(offer.taken)

    async def _alone(self, one: _Ended) -> None:
        offer = self._offer(1)
        try:
            async with self._database.transaction() as tx:
                tx.offer = offer
                if isinstance(one.outcome, Again) or await end(tx, [(one.effect, one.outcome)]):
                    await _follow(tx, one)
        except Exception as error:
            one.stored.set_exception(error)
        else:
            one.stored.set_result(None)
            self._begin(offer.taken)

    def _offer(self, ending: int) -> Offer:
        slots = self._slots()
        return Offer(self._database.instance, self._leases, slots + ending if slots >= 0 else 0)


async def _follow(tx: Transaction, one: _Ended) -> None:
    if isinstance(one.outcome, Again):
        await put_back(tx, one.effect, one.outcome)
    else:
        await one.duty.record(tx, one.effect, one.outcome)
