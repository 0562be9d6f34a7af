"""The mobile network behind the carrier: texts reach phones later, and answers come back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from xml.etree import ElementTree

from continuitybot.clock import Clock
from continuitybot.lab.addresses import CarrierAccount
from continuitybot.lab.carrier.messages import Status, TextMessage
from continuitybot.lab.carrier.phones import Phone, Phones
from continuitybot.lab.carrier.webhooks import Webhooks
from continuitybot.lab.paces import Paces

UNREACHABLE = 30003
UNKNOWN = 30005

# https://help.twilio.com/articles/223134027: the words that opt out and in by default.
_STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
_START_WORDS = frozenset({"start", "unstop"})


class Network:
    """Carries texts both ways; every text is a task until its last receipt is answered."""

    def __init__(
        self,
        account: CarrierAccount,
        phones: Phones,
        webhooks: Webhooks,
        paces: Paces,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.inbound_url = ""
        self.phones = phones
        self._account = account
        self._webhooks = webhooks
        self._paces = paces
        self._clock = clock
        self._chance = chance
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_quiet(self) -> bool:
        """Whether no text is on its way, and every webhook about texts has been answered."""
        return not self._tasks

    def carry(self, message: TextMessage) -> None:
        """Begin to bring a text to its phone."""
        self._begin(self._carry(message))

    def reply(self, phone: Phone, text: str) -> None:
        """The owner of a phone writes to the company's number."""
        phone.write(text, self._clock.now())
        word = text.strip().lower()
        if word in _STOP_WORDS | _START_WORDS:
            phone.opted_out = word in _STOP_WORDS
        if self.inbound_url:
            self._begin(self._report_reply(phone, text))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, message: TextMessage) -> None:
        await self._wait(self._paces.transit)
        await self._advance(message, Status.SENT)
        await self._wait(self._paces.transit)
        phone = self.phones.with_number(message.to)
        if phone is None:
            await self._advance(message, Status.UNDELIVERED, UNKNOWN)
        elif phone.owner.switched_off:
            await self._advance(message, Status.UNDELIVERED, UNREACHABLE)
        else:
            answer = phone.receive(message.body, self._clock.now())
            if answer:
                self._begin(self._answer(phone, answer))
            await self._advance(message, Status.DELIVERED)

    async def _advance(
        self, message: TextMessage, status: Status, error_code: int | None = None
    ) -> None:
        message.move(status, self._clock.now(), error_code)
        if message.callback:
            await self._webhooks.post(message.callback, message.receipt(self._account.account_sid))

    async def _answer(self, phone: Phone, text: str) -> None:
        await self._wait(self._paces.answer)
        self.reply(phone, text)

    async def _report_reply(self, phone: Phone, text: str) -> None:
        form = {
            "AccountSid": self._account.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": text,
            "From": phone.owner.phone,
            "MessageSid": f"SM{self._chance.getrandbits(128):032x}",
            "NumMedia": "0",
            "To": self._account.number,
        }
        for answer in _texts_of(await self._webhooks.post(self.inbound_url, form)):
            phone.receive(answer, self._clock.now())

    async def _wait(self, between: tuple[float, float]) -> None:
        await asyncio.sleep(self._chance.uniform(*between))


def _texts_of(twiml: str) -> list[str]:
    """The texts that a webhook's answer sends back (TwiML `<Response><Message>`)."""
    try:
        root = ElementTree.fromstring(twiml)  # noqa: S314 - written by the bot, on loopback
    except ElementTree.ParseError:
        return []
    return ["".join(message.itertext()).strip() for message in root.iter("Message")]
