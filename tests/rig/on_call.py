"""An incident room with phones and chat accounts that remember what reached them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from continuitybot.errors import Permanent
from continuitybot.incidents import Incident, Incidents, TimelineEntry
from continuitybot.incidents.pagers.chat import ChatPager
from continuitybot.incidents.pagers.sms import SmsPager
from continuitybot.incidents.store import PageRecord
from continuitybot.people.model import Person
from continuitybot.settings.incidents import IncidentSettings
from continuitybot.settings.people import OncallSettings, Rung
from continuitybot.store import Change, Database, Transaction, Workers
from rig.clock import MovedClock
from rig.people import directory_of

LADDER = OncallSettings(
    ladder=(
        Rung(people=("carol",), channels=("chat", "sms"), wait=timedelta(minutes=5)),
        Rung(people=("bob",), channels=("sms",), wait=timedelta(minutes=5)),
    ),
    repeat=timedelta(minutes=30),
)


@dataclass
class Phones:
    """Takes texts as `Broadcasts.text_person` does: the same key twice is once."""

    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    async def text_person(
        self,
        tx: Transaction,
        *,
        key: str,
        person: Person,
        body: str,
        ref: str,
        purpose: str = "page",
    ) -> bool:
        if person.handle in self.refused:
            return False
        self.texts.setdefault(key, (person.handle, body))
        return True


@dataclass
class Chats:
    """Takes direct messages; `is_down` refuses them."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    is_down: bool = False

    def reaches(self, person: Person) -> bool:
        return bool(person.identities)

    async def tell(self, person: Person, ref: str, text: str, link: str, key: str) -> None:
        if self.is_down:
            raise Permanent("The chat platform refused the message.")
        self.told.append((person.handle, text, key))


class Desk:
    """The room under test with everything around it, moved by hand."""

    def __init__(
        self, database: Database, clock: MovedClock, incidents: Incidents, phones: Phones,
        chats: Chats,
    ) -> None:  # fmt: skip
        self.database = database
        self.clock = clock
        self.incidents = incidents
        self.phones = phones
        self.chats = chats
        self.workers = Workers(database, incidents.duties(), clock)
        self.changes: list[Change] = []
        database.on_commit(self.changes.extend)

    async def announce(self, ref: str, what: str, text: str = "", **data: object) -> None:
        """Let another room announce something, then let the workers work."""
        async with self.database.transaction() as tx:
            await tx.announce(Change(ref, what, text, data))
        await self.workers.run_due()

    async def fails(self, check: str = "inbound-mail", direction: str = "inbound") -> None:
        """A check is failing, for two minutes now."""
        since = self.clock.now() - timedelta(minutes=2)
        diagnosis = {"sentence": f"The provider defers {direction} mail.", "side": "provider's"}
        await self.announce(
            check, "check.failing", f"{check} fails.",
            direction=direction, since=since.isoformat(), diagnosis=diagnosis,
        )  # fmt: skip

    async def heals(self, check: str = "inbound-mail") -> None:
        """A check is healthy again."""
        await self.announce(check, "check.healthy", f"{check} is healthy.")

    async def passes(self, **time: float) -> None:
        """Time passes, and what is due then is done."""
        self.clock.advance(**time)
        await self.workers.run_due()

    async def incident(self, ref: str = "INC-1") -> Incident:
        async with self.database.reading() as tx:
            return await self.incidents.incident(tx, ref)

    async def pages(self, ref: str = "INC-1") -> list[PageRecord]:
        async with self.database.reading() as tx:
            return await self.incidents.pages(tx, ref)

    async def timeline(self, ref: str = "INC-1") -> list[TimelineEntry]:
        async with self.database.reading() as tx:
            return await self.incidents.timeline(tx, ref)

    @property
    def texted(self) -> list[str]:
        """Who got a text, in order."""
        return [person for person, _ in self.phones.texts.values()]


async def desk_at(
    database: Database,
    clock: MovedClock,
    *people: Person,
    settings: IncidentSettings | None = None,
    ladder: OncallSettings = LADDER,
) -> Desk:
    """A desk for these people, or the usual four."""
    phones, chats = Phones(), Chats()
    directory = await directory_of(database, *people)
    incidents = Incidents(
        database,
        settings or IncidentSettings(),
        ladder,
        directory,
        {"chat": ChatPager(chats, directory), "sms": SmsPager(phones)},
        lambda person, ref: f"https://bot.example/portal/{ref}?p={person.handle}",
    )
    return Desk(database, clock, incidents, phones, chats)
