"""Everything a broadcast needs, wired as the bot wires it, with a carrier on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from continuitybot.approvals import Approvals
from continuitybot.broadcast import Broadcast, Broadcasts, Delivery, open_carriers
from continuitybot.broadcast.carrier import Carrier
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.broadcast import BroadcastSettings
from continuitybot.store import Change, Database, Duty, Workers
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL, directory_of
from rig.sms_peers import PUBLIC_URL, Signed, SmsPeer, Taken


@dataclass
class Office:
    """A wired room and its surroundings."""

    database: Database
    clock: MovedClock
    directory: Directory
    approvals: Approvals
    carriers: dict[str, Carrier]
    broadcasts: Broadcasts
    duties: list[Duty]
    workers: Workers
    heard: list[Change] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)
    dies_of_commands: bool = False

    async def request(self, audience: str = "all", **more: Any) -> Broadcast:
        """Carol asks for a broadcast."""
        text = {} if "template" in more else {"text": "Mail is down. Read news at example.org"}
        return await self.broadcasts.request(by=CAROL, audience=audience, **text | more)

    async def send(self, audience: str = "all", **more: Any) -> Broadcast:
        """Carol asks for a broadcast, Bob approves it, and the workers do what is due."""
        asked = await self.request(audience, **more)
        await self.approvals.decide(subject=asked.ref, by=BOB, approve=True)
        await self.workers.run_due()
        return asked

    async def page(self, key: str = "INC-1/page/alice/sms/1", person: Person = ALICE) -> bool:
        """Queue a page, and let the workers do what is due."""
        async with self.database.transaction() as tx:
            queued = await self.broadcasts.text_person(
                tx, key=key, person=person, body="INC-1: mail is down", ref="INC-1"
            )
        await self.workers.run_due()
        return queued

    async def later(self, seconds: float = 0, minutes: float = 0) -> None:
        """Let time pass, and the workers do what became due."""
        self.clock.advance(seconds=seconds, minutes=minutes)
        await self.workers.run_due()

    async def restart(self) -> None:
        """A new process on the same database, after the old one died."""
        self.workers = Workers(self.database, self.duties, self.clock)
        await self.workers.release_own_leases()
        await self.workers.run_due()

    async def receive(self, carrier: str, receipt: Signed) -> None:
        """A receipt comes in at the bot's door."""
        await self.broadcasts.receipt(
            carrier,
            headers=receipt.headers,
            form=receipt.form,
            url=receipt.url,
            body=receipt.body,
        )

    async def hear(self, carrier: str, reply: Signed) -> str | None:
        """A text comes in at the bot's door."""
        return await self.broadcasts.inbound(
            carrier, headers=reply.headers, form=reply.form, url=reply.url, body=reply.body
        )

    async def deliveries(self, ref: str) -> dict[str, Delivery]:
        """The deliveries of a reference by person."""
        async with self.database.reading() as tx:
            return {one.person: one for one in await self.broadcasts.deliveries(tx, ref)}

    async def states(self, ref: str) -> dict[str, str]:
        """The state of each person's text."""
        return {name: one.state.value for name, one in (await self.deliveries(ref)).items()}

    async def state(self, ref: str) -> str:
        """The state of a broadcast."""
        async with self.database.reading() as tx:
            return (await self.broadcasts.broadcast(tx, ref)).state.value

    async def sentence(self, ref: str) -> str:
        """How a broadcast stands, in words."""
        async with self.database.reading() as tx:
            return (await self.broadcasts.counts(tx, ref)).sentence(ref)

    def said(self, what: str) -> list[str]:
        """The texts of every change of a kind."""
        return [change.text for change in self.heard if change.what == what]


@asynccontextmanager
async def office_of(
    database: Database,
    clock: MovedClock,
    carriers: Sequence[dict[str, Any]],
    *people: Person,
    around: Callable[[Carrier], Carrier] = lambda carrier: carrier,
    **settings: Any,
) -> AsyncIterator[Office]:
    """An office with these carriers; `settings` are those of `broadcast`.

    `around` puts something between the bot and each carrier.
    """
    chosen = BroadcastSettings.model_validate({"carriers": list(carriers)} | settings)
    directory = await directory_of(database, *people)
    async with database.transaction() as tx:
        for person in people:
            await directory.set_opted_out(tx, person.phone, person.opted_out)
    approvals = Approvals(database, directory)
    real = open_carriers(chosen, PUBLIC_URL)
    opened = {name: around(carrier) for name, carrier in real.items()}
    commands: list[tuple[str, str]] = []

    async def on_command(person: Person, text: str) -> str | None:
        if text.split()[0].casefold() not in {"status", "ack"}:
            return None
        if office.dies_of_commands:
            raise RuntimeError("killed")
        commands.append((person.handle, text))
        return "All is well."

    broadcasts = Broadcasts(database, chosen, directory, approvals, opened, clock, on_command)
    duties = [*broadcasts.duties(), *approvals.duties()]
    workers = Workers(database, duties, clock)
    office = Office(database, clock, directory, approvals, opened, broadcasts, duties, workers)
    office.commands = commands

    async def listen(_tx: object, change: Change) -> None:
        office.heard.append(change)

    database.subscribe("", listen)
    try:
        yield office
    finally:
        await workers.stop()
        for carrier in opened.values():
            await carrier.close()


def texts_to(peer: SmsPeer) -> list[str]:
    """The phones that a carrier took texts for, sorted."""
    return sorted(taken.to for taken in peer.taken)


def only(taken: Sequence[Taken], phone: str) -> Taken:
    """The one text a carrier took for a phone."""
    (found,) = [one for one in taken if one.to == phone]
    return found
