"""The directory: one door to everybody the bot knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from continuitybot.people import store
from continuitybot.people.model import Audience, Person, Role, short_phone
from continuitybot.people.roster import Roster
from continuitybot.store import Change, Database, Transaction


class Directory:
    """Everybody the bot knows, read from the database only when it changed.

    The look-ups read by themselves. Inside a transaction use `roster(tx)`, which has the same
    look-ups at once and sees what that transaction wrote.
    """

    def __init__(self, database: Database, on_call: Sequence[str] = ()) -> None:
        self._database = database
        self._on_call = tuple(on_call)
        self._read = ("", Roster((), self._on_call))

    async def roster(self, tx: Transaction | None = None) -> Roster:
        """Everybody at this moment."""
        if tx is None:
            async with self._database.reading() as look:
                return await self.roster(look)
        edition = await store.edition(tx)
        if edition != self._read[0]:
            self._read = (edition, Roster(await store.load(tx), self._on_call))
        return self._read[1]

    async def person(self, handle: str) -> Person:
        """The person of that handle, also when they left. Raises NotFound with a suggestion."""
        return (await self.roster()).person(handle)

    async def find(self, text: str) -> Person:
        """The person whose handle, e-mail address or name this is. Raises NotFound, Refused."""
        return (await self.roster()).find(text)

    async def everyone(self) -> tuple[Person, ...]:
        """Everybody who has not left, by handle."""
        return (await self.roster()).everyone

    async def by_identity(self, platform: str, team: str, user: str) -> Person | None:
        """The person behind a chat account."""
        return (await self.roster()).by_identity(platform, team, user)

    async def by_phone(self, phone: str) -> Person | None:
        """The person with that number (E.164)."""
        return (await self.roster()).by_phone(phone)

    async def by_email(self, email: str) -> Person | None:
        """The person with that e-mail address."""
        return (await self.roster()).by_email(email)

    async def with_role(self, role: Role) -> tuple[Person, ...]:
        """Everybody who has exactly this role."""
        return (await self.roster()).with_role(role)

    async def audience(self, query: str) -> Audience:
        """Everybody a query names. Raises NotFound with suggestions."""
        return (await self.roster()).audience(query)

    async def audiences(self) -> list[tuple[str, int]]:
        """The named audiences and how many people each has."""
        return (await self.roster()).audiences()

    async def save(self, tx: Transaction, people: Iterable[Person]) -> None:
        """Store these people as they now are; everybody else stays."""
        await store.save(tx, people)

    async def set_opted_out(self, tx: Transaction, phone: str, opted_out: bool) -> None:
        """Note that a number answered STOP (or START), whoever has it."""
        if not await store.set_opted_out(tx, phone, opted_out):
            return
        person = (await self.roster(tx)).by_phone(phone)
        whose = person.name if person else f"The owner of {short_phone(phone)}"
        what, wish = ("out", "no more texts") if opted_out else ("in", "texts again")
        await tx.announce(
            Change(
                ref=person.handle if person else short_phone(phone),
                what=f"person.opted_{what}",
                text=f"{whose} wants {wish}.",
            )
        )
