"""Talking to carriers about many texts at once; whatever happens, each gets an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from continuitybot.broadcast.answers import (
    Answer,
    Found,
    NotTaken,
    Report,
    Rules,
    Unclear,
    Verdict,
    message_of,
)
from continuitybot.broadcast.carrier import Carrier
from continuitybot.broadcast.model import Delivery, DeliveryState
from continuitybot.calls import calling
from continuitybot.clock import Clock
from continuitybot.errors import ContinuityError, OutcomeUnknown, Transient

log = structlog.get_logger(__name__)


class Exchange:
    """Hands texts over, and asks about them."""

    def __init__(self, carriers: Mapping[str, Carrier], rules: Rules, clock: Clock) -> None:
        self._carriers = carriers
        self._rules = rules
        self._clock = clock

    async def hand_over(self, deliveries: Sequence[Delivery]) -> dict[str, Answer | Found]:
        """What the carriers say to each of these texts, by key."""
        return await _each(self._hand_over, deliveries)

    async def ask(self, deliveries: Sequence[Delivery]) -> dict[str, Answer | Found]:
        """What the carriers know of each of these texts, by key."""
        return await _each(self._ask, deliveries)

    async def _hand_over(self, delivery: Delivery) -> Answer:
        begun = delivery.asked_from
        if begun is None or self._clock.now() > begun + self._rules.settle / 2:
            return NotTaken("The bot was held up before it could hand it over.", pause=0.0)
        try:
            with calling(delivery.carrier, "send"):
                return await self._carriers[delivery.carrier].send(message_of(delivery))
        except Transient as error:
            return NotTaken(error.text, error.code, error.retry_after)
        except OutcomeUnknown as error:
            return Unclear(error.text)
        except ContinuityError as error:
            failed = DeliveryState.FAILED
            return Report("", failed, Verdict.REFUSED, error.code, str(error))

    async def _ask(self, delivery: Delivery) -> Found | Unclear:
        carrier = self._carriers.get(delivery.carrier)
        begun = delivery.asked_from
        if carrier is None or begun is None:
            return Unclear("Its carrier is no longer in the settings.", can_be_asked=False)
        try:
            with calling(delivery.carrier, "find"):
                reports = await carrier.find(message_of(delivery), begun)
        except (Transient, OutcomeUnknown) as error:
            return Unclear(error.text)
        except ContinuityError as error:
            return Unclear(str(error), can_be_asked=False)
        return Found(tuple(reports))


async def _each(
    ask: Callable[[Delivery], Awaitable[Answer | Found]], deliveries: Sequence[Delivery]
) -> dict[str, Answer | Found]:
    async def one(delivery: Delivery) -> Answer | Found:
        try:
            return await ask(delivery)
        except Exception:  # a fault of ours in one text must not lose the answers about the others
            log.exception("exchange.carrier_broke", carrier=delivery.carrier, key=delivery.key)
            return Unclear("The bot failed while it was under way; the log has the details.")

    answers = await asyncio.gather(*(one(delivery) for delivery in deliveries))
    return {each.key: answer for each, answer in zip(deliveries, answers, strict=True)}
