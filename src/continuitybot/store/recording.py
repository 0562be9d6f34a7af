"""What came of effects is stored in groups: one commit for all that ended meanwhile.

A group is all or nothing. When one of it cannot be stored as it is (its lease is lost, a row has
changed, a record raises), the group is undone and each is stored by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from continuitybot.log import about
from continuitybot.store.database import Database
from continuitybot.store.duty import Duty
from continuitybot.store.effects import Again, Effect, Outcome
from continuitybot.store.leasing import end, put_back
from continuitybot.store.transaction import Offer, Transaction
from continuitybot.store.watching import facts_of

_GROUP = 24
"""How many are stored at once: enough to share a commit, few enough not to hold up the loop."""


class _NotOurs(Exception):
    """The lease of an effect is lost."""


@dataclass
class _Ended:
    duty: Duty
    effect: Effect
    outcome: Outcome | Again
    is_ours: asyncio.Future[bool] = field(default_factory=asyncio.Future)


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

    async def store(self, duty: Duty, effect: Effect, outcome: Outcome | Again) -> bool:
        """Return when it is stored; False when it was not to be: another has taken it over.

        Raises whatever kept it from being stored.
        """
        ended = _Ended(duty, effect, outcome)
        self._ended.append(ended)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="recorder")
        return await asyncio.shield(ended.is_ours)

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
                    one.is_ours.cancel()
                raise

    async def _write_group(self, group: Sequence[_Ended]) -> None:
        try:
            await self._together(group)
        except Exception:  # whatever it was: alone, each meets it by itself
            for one in group:
                await self._alone(one)

    async def _together(self, group: Sequence[_Ended]) -> None:
        await self._store(group, is_optimistic=True)
        for one in group:
            one.is_ours.set_result(True)

    async def _alone(self, one: _Ended) -> None:
        try:
            await self._store([one], is_optimistic=False)
            one.is_ours.set_result(True)
        except _NotOurs:
            one.is_ours.set_result(False)
        except Exception as error:
            one.is_ours.set_exception(error)

    async def _store(self, group: Sequence[_Ended], *, is_optimistic: bool) -> None:
        slots = self._slots()
        spare = slots + len(group) if slots >= 0 else 0
        offer = Offer(self._database.instance, self._leases, spare)
        async with self._database.transaction() as tx:
            tx.offer, tx.is_optimistic = offer, is_optimistic
            if not await end(tx, _finished(group)):
                raise _NotOurs
            for one in group:
                await _follow(tx, one)
                await asyncio.sleep(0)  # others have their turn between two records
        self._begin(offer.taken)


async def _follow(tx: Transaction, one: _Ended) -> None:
    """Store what an outcome leads to. Raises _NotOurs."""
    with about(**facts_of(one.effect)):
        if not isinstance(one.outcome, Again):
            tx.begin_chapter()
            await one.duty.record(tx, one.effect, one.outcome)
        elif not await put_back(tx, one.effect, one.outcome):
            raise _NotOurs


def _finished(group: Sequence[_Ended]) -> list[tuple[Effect, Outcome]]:
    return [(one.effect, one.outcome) for one in group if not isinstance(one.outcome, Again)]
