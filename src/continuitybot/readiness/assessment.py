"""Gathering what the score is made of, from the rooms below."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from continuitybot.people.authority import who_may
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.readiness.drills import Drills
from continuitybot.readiness.score import CheckFact, Facts, PersonFact, Readiness, readiness
from continuitybot.store import Transaction

Checks = Callable[[Transaction], Awaitable[Sequence[CheckFact]]]
StandbyProved = Callable[[Transaction], Awaitable[datetime | None]]


class Assessment:
    """How ready the organisation is at this moment.

    `checks` gives every check and its state, `standby_proved` when a canary last came through
    the standby.
    """

    def __init__(
        self,
        directory: Directory,
        drills: Drills,
        checks: Checks,
        standby_proved: StandbyProved,
    ) -> None:
        self._directory = directory
        self._drills = drills
        self._checks = checks
        self._standby_proved = standby_proved

    async def readiness(self, tx: Transaction) -> Readiness:
        """The score and what would go wrong today, worst first."""
        return readiness(await self._facts(tx), tx.now)

    async def _facts(self, tx: Transaction) -> Facts:
        roster = await self._directory.roster(tx)
        everyone = roster.everyone
        return Facts(
            checks=await self._checks(tx),
            approvers=_facts_of(who_may("approve", everyone)),
            on_call=_facts_of(roster.on_call),
            people=len(everyone),
            without_phone=sum(not person.phone for person in everyone),
            drills_planned=self._drills.planned,
            last_drill=await self._drills.last_ended(tx),
            proved=await self._standby_proved(tx),
        )


def _facts_of(people: Iterable[Person]) -> list[PersonFact]:
    return [PersonFact(one.name, bool(one.phone), one.opted_out) for one in people]
