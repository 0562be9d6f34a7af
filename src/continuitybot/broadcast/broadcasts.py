"""The room's door: plan, ask for, stop and follow texts to many people, and text one."""

from __future__ import annotations

from collections.abc import Mapping

from continuitybot import audit
from continuitybot.approvals import Approvals
from continuitybot.broadcast import store
from continuitybot.broadcast.announcing import progress_duty
from continuitybot.broadcast.answers import Rules
from continuitybot.broadcast.carrier import Callback, Carrier
from continuitybot.broadcast.consent import Consent
from continuitybot.broadcast.launching import text_one
from continuitybot.broadcast.model import (
    BROADCAST_TRANSITIONS,
    Broadcast,
    BroadcastState,
    Counts,
    Delivery,
    Recipient,
)
from continuitybot.broadcast.planning import Planner, Preview
from continuitybot.broadcast.receipts import Receipts
from continuitybot.broadcast.replies import Replies, SmsCommands
from continuitybot.broadcast.sending import Sender
from continuitybot.broadcast.templates import text_for
from continuitybot.clock import Clock
from continuitybot.errors import NotAllowed, NotFound, Refused
from continuitybot.people import authority
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.broadcast import BroadcastSettings
from continuitybot.store import Database, Duty, Transaction


class Broadcasts:
    """Texts to many people under approval, and to one without."""

    def __init__(
        self,
        database: Database,
        settings: BroadcastSettings,
        directory: Directory,
        approvals: Approvals,
        carriers: Mapping[str, Carrier],
        clock: Clock,
        on_command: SmsCommands | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._directory = directory
        self._carriers = carriers
        self._clock = clock
        self._planner = Planner(settings, directory)
        rules = Rules(tuple(carriers), settings.receipt_deadline, pauses=settings.retry_after)
        self._sender = Sender(database, settings.carriers, carriers, rules, directory, clock)
        self._receipts = Receipts(database, directory, rules)
        self._replies = Replies(database, directory, settings.replies, on_command)
        self._consent = Consent(settings, directory, approvals, tuple(carriers))
        database.subscribe("approval.", self._consent.changed)

    def duties(self) -> list[Duty]:
        """What the workers do for this room."""
        return [self._sender.duty(), progress_duty()]

    async def preview(
        self, *, audience: str, text: str = "", template: str = "", drill: bool = False
    ) -> Preview:
        """How a broadcast would look and what it would cost; nothing is stored or sent.

        Raises Refused or NotFound with what has to change.
        """
        return (await self._planner.draft(audience, text, template, drill=drill)).preview

    async def preview_of(self, tx: Transaction, broadcast: Broadcast) -> Preview:
        """The same for a broadcast that was asked for, with the people it was asked for."""
        recipients = await store.recipients(tx, broadcast.ref)
        return self._planner.preview(broadcast.plan, recipients)

    async def request(
        self,
        *,
        by: Person,
        audience: str,
        text: str = "",
        template: str = "",
        incident: str = "",
        run: str = "",
        drill: bool = False,
        key: str = "",
        platform: str = "console",
    ) -> Broadcast:
        """Ask for approval to send a text to an audience as it is now.

        `key` names the request for ever: asking again with it gives the same broadcast.
        Raises: NotAllowed, Refused, NotFound.
        """
        await self._require(by, "broadcast", audience, platform)
        draft = await self._planner.draft(audience, text, template, drill=drill)
        async with self._database.transaction() as tx:
            earlier = await store.requested_as(tx, key) if key else None
            if earlier is not None:
                return earlier
            broadcast = Broadcast(
                ref=await tx.next_ref("SMS"),
                state=BroadcastState.REQUESTED,
                plan=draft.plan,
                plan_hash=draft.preview.plan_hash,
                requester=by.handle,
                requested=tx.now,
                incident=incident,
                run=run,
            )
            await store.add_broadcast(tx, broadcast, draft.recipients, key)
            await self._consent.ask(tx, broadcast, draft.preview)
            await audit.record(
                tx,
                who=by.handle,
                verb="broadcast",
                ref=broadcast.ref,
                text=draft.preview.texts[0].text,
                platform=platform,
            )
        return broadcast

    async def stop(self, ref: str, *, by: Person, platform: str = "console") -> Broadcast:
        """Cancel what has not left. Raises: NotAllowed, NotFound, Refused when it is over."""
        await self._require(by, "stop", ref, platform)
        async with self._database.transaction() as tx:
            broadcast = await store.broadcast(tx, ref, for_change=True)
            if BroadcastState.STOPPED in BROADCAST_TRANSITIONS[broadcast.state]:
                ended = await self._consent.stop(tx, broadcast, by)
            elif broadcast.state is BroadcastState.REQUESTED:
                ended = await self._consent.withdraw(tx, broadcast, by)
            else:
                raise Refused(f"{ref} is {broadcast.state}; there is nothing to stop.", code="over")
            await audit.record(tx, who=by.handle, verb="stop", ref=ref, platform=platform)
        return ended

    async def send_test(
        self, *, by: Person, text: str = "", template: str = "", platform: str = "console"
    ) -> str:
        """Send the text to the person who asks, and to nobody else; the key of the delivery.

        Raises: NotAllowed, NotFound, Refused when they have no phone.
        """
        await self._require(by, "broadcast", "a test", platform)
        texts = self._planner.texts(text, template)
        source = texts.get(by.language, next(iter(texts.values())))
        body = text_for(source, Recipient(by.handle, by.name, by.phone, by.language), drill=False)
        async with self._database.transaction() as tx:
            ref = await tx.next_ref("TEST")
            key = f"{ref}/{by.handle}"
            body = f"[TEST] {body}"
            if not await self.text_person(
                tx, key=key, person=by, body=body, ref=ref, purpose="test"
            ):
                raise Refused(
                    "You have no phone in the directory, or have opted out.", code="phone"
                )
            await audit.record(tx, who=by.handle, verb="test text", ref=ref, platform=platform)
        return key

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
        """Queue one text ahead of every broadcast; asked again with its key it is the same one.

        False when it cannot be: no carrier, no phone, or the person has opted out. What becomes
        of it is announced as delivery.changed with this key.
        """
        if not self._carriers:
            return False
        return await text_one(
            tx,
            key=key,
            person=person,
            body=body,
            ref=ref,
            purpose=purpose,
            carrier=next(iter(self._carriers)),
        )

    async def broadcast(self, tx: Transaction, ref: str) -> Broadcast:
        """The broadcast of that reference. Raises NotFound."""
        return await store.broadcast(tx, ref)

    async def broadcasts(self, tx: Transaction, limit: int = 50) -> list[Broadcast]:
        """The newest broadcasts first."""
        return await store.latest_broadcasts(tx, limit)

    async def counts(self, tx: Transaction, ref: str) -> Counts:
        """How the deliveries and replies of a broadcast stand. Raises NotFound."""
        return await store.counts(tx, await store.broadcast(tx, ref))

    async def deliveries(self, tx: Transaction, ref: str) -> list[Delivery]:
        """Every text of a broadcast (or page of an incident), by person."""
        return await store.deliveries_of(tx, ref)

    async def receipt(
        self,
        carrier: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str],
        url: str,
        body: bytes = b"",
    ) -> None:
        """Take a carrier's receipt; `url` is the path with the query string it was sent to.

        Raises: NotFound for an unknown carrier, NotAllowed for a wrong or too old signature.
        """
        callback = self._callback(headers, form, url, body)
        await self._receipts.take(carrier, self._carrier(carrier), callback)

    async def inbound(
        self,
        carrier: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str],
        url: str,
        body: bytes = b"",
    ) -> str | None:
        """Take a text that somebody sent, and return what to answer them, if anything.

        Raises as `receipt` does.
        """
        callback = self._callback(headers, form, url, body)
        return await self._replies.take(carrier, self._carrier(carrier), callback)

    def _callback(
        self, headers: Mapping[str, str], form: Mapping[str, str], url: str, body: bytes
    ) -> Callback:
        lowered = {name.lower(): value for name, value in headers.items()}
        return Callback(self._clock.now(), url, lowered, form, body)

    def _carrier(self, name: str) -> Carrier:
        if name not in self._carriers:
            raise NotFound(f"There is no carrier {name}.", remedy="The settings name them.")
        return self._carriers[name]

    async def _require(self, by: Person, act: str, ref: str, platform: str) -> None:
        try:
            authority.require(by, act, await self._directory.everyone())
        except NotAllowed as denial:
            await audit.record_denial(
                self._database, who=by.handle, verb=act, ref=ref, text=denial.text,
                platform=platform,
            )  # fmt: skip
            raise
