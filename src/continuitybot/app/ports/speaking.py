"""Runbooks speak where the incident is followed, and wake people."""

from __future__ import annotations

from collections.abc import Sequence

from continuitybot.chat.board import Board
from continuitybot.incidents import Incidents
from continuitybot.people.directory import Directory
from continuitybot.people.model import BOT, Person
from continuitybot.people.roster import Roster
from continuitybot.runbooks.ports import COMMANDER, Place, Question
from continuitybot.store import Database, Transaction

_ON_CALL = "on-call"


class Speaker:
    """Says things below the card of the incident, or of the run where there is none."""

    def __init__(self, database: Database, board: Board) -> None:
        self._database = database
        self._board = board

    async def say(self, place: Place, text: str, to: str = "") -> None:
        """One milestone; once, however often it is asked for with the same key."""
        async with self._database.transaction() as tx:
            await self._board.say(tx, place.incident or place.run, text, key=place.key)

    async def ask(self, place: Place, question: Question) -> None:
        """The run's card carries the buttons; the question is also said where people look."""
        async with self._database.transaction() as tx:
            await self._board.show(tx, place.run)
            if place.incident:
                text = f"{place.run} asks: {question.text}"
                await self._board.say(tx, place.incident, text, key=place.key)


CHANNELS = ("chat", "sms", "email")


def people_to_page(roster: Roster, who: str, *, drill: bool, pilots: str) -> Sequence[Person]:
    """An audience; in a drill, the pilots in it."""
    wanted = roster.audience(who).people
    if not drill:
        return wanted
    practising = roster.audience(pilots).handles if pilots else ()
    return [person for person in wanted if person.handle in practising]


class Paging:
    """Wakes an audience by every channel there is; in a drill, the pilots in it, and says so."""

    def __init__(
        self,
        database: Database,
        incidents: Incidents,
        directory: Directory,
        *,
        drill: bool,
        pilots: str,
    ) -> None:
        self._database = database
        self._incidents = incidents
        self._directory = directory
        self._drill = drill
        self._pilots = pilots

    async def page(self, place: Place, who: str, text: str) -> Sequence[str]:
        """Page once for each key; whoever has none of the channels is left out."""
        async with self._database.transaction() as tx:
            paged = await self._incidents.page(
                tx,
                key=place.key,
                people=people_to_page(
                    await self._directory.roster(tx), who, drill=self._drill, pilots=self._pilots
                ),
                channels=CHANNELS,
                text=f"[DRILL] {text}" if self._drill else text,
                ref=place.incident or place.run,
            )
        return [person.handle for person in paged]

    async def tell(self, place: Place, who: str, text: str) -> Sequence[str]:
        """A private message once for each key; a text to those who are on no chat platform."""
        told = []
        async with self._database.transaction() as tx:
            audience = await self._commander(tx, place) if who in {COMMANDER, BOT} else who
            for person in people_to_page(
                await self._directory.roster(tx), audience, drill=self._drill, pilots=self._pilots
            ):
                told += await self._incidents.page(
                    tx,
                    key=place.key,
                    people=(person,),
                    channels=("chat",) if person.identities else ("chat", "sms"),
                    text=f"[DRILL] {text}" if self._drill else text,
                    ref=place.run,
                )
        return [person.handle for person in told]

    async def _commander(self, tx: Transaction, place: Place) -> str:
        """Whoever has the incident in hand, or is on call while nobody has."""
        if not place.incident:
            return _ON_CALL
        return (await self._incidents.incident(tx, place.incident)).commander or _ON_CALL
