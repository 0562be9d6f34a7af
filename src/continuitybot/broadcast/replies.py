"""What people text back: answers that are counted, STOP and START, and commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from continuitybot import audit
from continuitybot.broadcast import inbox, store
from continuitybot.broadcast.announcing import note_progress
from continuitybot.broadcast.carrier import Callback, Carrier, Reply
from continuitybot.errors import NotAllowed
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person, Role, short_phone
from continuitybot.settings.broadcast import ReplySettings
from continuitybot.store import Change, Database, Transaction

SmsCommands = Callable[[Person, str], Awaitable[str | None]]
"""Does what a person's text commands and returns the answer; None when it is no command."""

# The words at which Twilio itself stops and starts sending to a number.
_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
_START = frozenset({"start", "unstop", "yes"})


@dataclass(frozen=True)
class _Heard:
    """Who wrote, and whether that is dealt with or may still be a command."""

    person: Person
    settled: bool


class Replies:
    """Takes the texts that come in; each once.

    A command is noted when it has been carried out: when the bot is killed before that, the carrier
    delivers the text again. Killed just after it, the command is heard twice, and says so.
    """

    def __init__(
        self,
        database: Database,
        directory: Directory,
        settings: ReplySettings,
        on_command: SmsCommands | None,
    ) -> None:
        self._database = database
        self._directory = directory
        self._settings = settings
        self._meanings = {_plain(answer): what for answer, what in settings.meanings.items()}
        self._on_command = on_command
        self._under_way: set[str] = set()

    async def take(self, name: str, carrier: Carrier, callback: Callback) -> str | None:
        """Note a text and return what to answer, if anything.

        Raises NotAllowed when it does not come from the carrier.
        """
        try:
            reply = carrier.reply(callback)
        except NotAllowed as denial:
            await audit.record_denial(
                self._database, who=name, verb="inbound", text=denial.text, platform="sms"
            )
            raise
        if reply.sid in self._under_way:
            return None
        self._under_way.add(reply.sid)
        try:
            return await self._take_once(name, reply)
        finally:
            self._under_way.discard(reply.sid)

    async def _take_once(self, name: str, reply: Reply) -> str | None:
        async with self._database.transaction() as tx:
            heard = await self._hear(tx, name, reply)
            if heard is None or heard.settled:
                await _note(tx, name, reply)
                return None
        answer = await self._on_command(heard.person, reply.text) if self._on_command else None
        async with self._database.transaction() as tx:
            await _note(tx, name, reply)
            if answer is None:
                await self._count(tx, reply, heard.person, "something else")
        return answer

    async def _hear(self, tx: Transaction, name: str, reply: Reply) -> _Heard | None:
        if await inbox.came_before(tx, name, f"reply:{reply.sid}"):
            return None
        word = _plain(reply.text)
        if word in _STOP:
            await self._stop(tx, reply.sender)
            return None
        person = (await self._directory.roster(tx)).by_phone(reply.sender)
        if word in _START and person is not None and person.opted_out:
            await self._directory.set_opted_out(tx, reply.sender, False)
            return None
        if person is None:
            await _audit_stranger(tx, reply)
            return None
        meaning = self._meanings.get(word)
        counted = meaning is not None and await self._count(tx, reply, person, meaning)
        return _Heard(person, settled=counted)

    async def _count(self, tx: Transaction, reply: Reply, person: Person, meaning: str) -> bool:
        """Count an answer for the newest broadcast to that phone; False when there is none."""
        since = tx.now - self._settings.count_for
        ref = await store.last_broadcast_to(tx, reply.sender, since)
        if ref is None:
            return False
        await inbox.note_reply(tx, ref, person.handle, reply.text, meaning)
        await tx.announce(
            Change(
                ref=ref,
                what="reply.received",
                text=f"{person.name} answered {ref}: {meaning}.",
                data={"person": person.handle, "meaning": meaning, "text": reply.text},
            )
        )
        await note_progress(tx, ref)
        return True

    async def _stop(self, tx: Transaction, phone: str) -> None:
        """Send this number nothing more, not even what is queued; warn when it is an admin's."""
        cancelled = await store.cancel_unsent(tx, phone=phone)
        await self._directory.set_opted_out(tx, phone, True)
        person = (await self._directory.roster(tx)).by_phone(phone)
        if person is not None and Role.ADMIN in person.roles:
            text = f"{person.name} is an admin and can no longer be paged by SMS: it answered STOP."
            await tx.announce(Change(person.handle, "person.unreachable", text))
        who = person.handle if person else short_phone(phone)
        said = f"STOP received; {cancelled} queued texts were cancelled."
        await audit.record(tx, who=who, verb="opt-out", text=said, platform="sms")


async def _note(tx: Transaction, name: str, reply: Reply) -> None:
    await inbox.first_time(tx, name, f"reply:{reply.sid}")


async def _audit_stranger(tx: Transaction, reply: Reply) -> None:
    text = f"A text from {short_phone(reply.sender)}, whom nobody knows, was ignored."
    await audit.record(
        tx, who=short_phone(reply.sender), verb="inbound", text=text, platform="sms",
        outcome="denied",
    )  # fmt: skip


def _plain(text: str) -> str:
    return text.strip().strip(".!\"' ").casefold()
