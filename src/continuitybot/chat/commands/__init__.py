"""One way in for every verb: whoever says it, wherever, it is decided and recorded here."""

from __future__ import annotations

import structlog

from continuitybot import audit
from continuitybot.chat.commands import by_sms
from continuitybot.chat.commands.desk import Asked, Desk
from continuitybot.chat.commands.verbs import PERFORM
from continuitybot.chat.grammar import Missing, Parsed, parse, parse_sms
from continuitybot.chat.identify import person_of
from continuitybot.chat.message import Card
from continuitybot.chat.platform import Command, Reply
from continuitybot.chat.verbs import VERBS, Verb
from continuitybot.errors import ContinuityError, NotAllowed
from continuitybot.log import about
from continuitybot.people.authority import require
from continuitybot.people.model import Person

__all__ = ["Commands", "Desk"]

log = structlog.get_logger(__name__)


class Commands:
    """Answers lines of the grammar from verified identities."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle(self, command: Command) -> Reply:
        """The answer to one command; every refusal is an answer, too."""
        try:
            person = await self._person(command)
            parsed = parse(command.text)
            return await self._perform(person, command.identity.platform, parsed)
        except Missing as missing:
            return Reply((_refusal(missing),), form=missing.form, refused=True)
        except ContinuityError as error:
            return Reply((_refusal(error),), refused=True)

    async def handle_sms(self, person: Person, text: str) -> str | None:
        """The answer to a text message, or None when it is not a command."""
        try:
            parsed = parse_sms(text)
        except ContinuityError:
            return None
        try:
            reply = await self._perform(person, "sms", parsed)
        except ContinuityError as error:
            return str(error)[:300]
        return by_sms.answer(self._desk, person, parsed, reply)

    async def _person(self, command: Command) -> Person:
        try:
            return await person_of(self._desk.directory, command.identity)
        except NotAllowed as denial:
            await audit.record_denial(
                self._desk.database,
                who=f"{command.identity.platform}:{command.identity.user}",
                verb=" ".join(command.text.split()[:1]),
                text=denial.text,
                platform=command.identity.platform,
            )
            raise

    async def _perform(self, person: Person, platform: str, parsed: Parsed) -> Reply:
        verb = VERBS[parsed.verb]
        asked = Asked(person, platform, parsed.args)
        facts = {"verb": verb.name, "who": person.handle, "platform": platform}
        with about(**facts, **({"ref": ref} if (ref := asked.text("ref")) else {})):
            if verb.act:
                await self._require(verb, asked)
            await by_sms.require_code(self._desk, verb.name, asked)
            reply = await PERFORM[verb.name](self._desk, asked)
            log.info("command")
        return reply

    async def _require(self, verb: Verb, asked: Asked) -> None:
        """Refuse whoever lacks the role. What a room refuses by itself, it also records."""
        try:
            require(asked.by, verb.act, await self._desk.directory.everyone())
        except NotAllowed as denial:
            await self._desk.record_denial(verb.name, asked, denial)
            raise


def _refusal(error: ContinuityError) -> Card:
    headline = "You may not do that" if isinstance(error, NotAllowed) else "That was not done"
    return Card(headline, tone="bad", text=tuple(filter(None, (error.text, error.remedy))))
