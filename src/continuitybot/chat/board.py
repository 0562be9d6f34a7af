"""The board: one card per object on every platform, edited in place, with milestones below it.

Whoever changes an object calls `show` in the same transaction. A card that changes often is
edited at most once in 1.2 seconds, always with what is true at that moment; a platform that is
away gets the newest card when it is back, and holds up no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from continuitybot.chat.message import Card
from continuitybot.chat.platform import MessageRef, Platform
from continuitybot.chat.store import card_row, first_time, known_card, set_card
from continuitybot.errors import NotFound, OutcomeUnknown, Transient
from continuitybot.store import (
    Again,
    Database,
    Duty,
    Effect,
    Outcome,
    Succeeded,
    Transaction,
    to_document,
)

log = structlog.get_logger(__name__)

PACE = timedelta(seconds=1.2)  # Slack: about one message a second and channel
LONGEST_LOOK = timedelta(seconds=30)  # between two looks whether the card of a milestone is there
TRIES = 2_000  # with pauses of up to a minute: a platform may be away for a day

Render = Callable[[Transaction, str], Awaitable[Card | None]]


class Board:
    """Keeps the cards of all objects up to date.

    `channels` names the channel of each platform; `render` makes the card of a reference as it is
    now, or None for an object that has none.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        channels: Mapping[str, str],
        render: Render,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._channels = channels
        self._render = render

    async def show(self, tx: Transaction, ref: str) -> None:
        """The object has changed: its card is posted, or edited, on every platform."""
        for platform in self._platforms:
            row = await card_row(tx, ref, platform, self._channels[platform])
            wanted = row.wanted + 1
            await set_card(tx, ref, platform, wanted=wanted, pending=True)
            if not row.pending:
                await tx.enqueue(_refresh(ref, platform, wanted, max(tx.now, row.next_edit)))

    async def say(self, tx: Transaction, ref: str, text: str, key: str = "") -> None:
        """Say a milestone below the object's card, on every platform, in the order of saying.

        With a `key`, saying it again is once.
        """
        if key and not await first_time(tx, key):
            return
        for platform in self._platforms:
            row = await card_row(tx, ref, platform, self._channels[platform])
            await set_card(tx, ref, platform, to_say=[*row.to_say, text])
            if not row.to_say:
                due = max(tx.now, row.next_say)
                await tx.enqueue(_milestone(ref, platform, row.said + 1, text, due))

    def duties(self) -> list[Duty]:
        """Refreshing cards and saying milestones; both look for what a crash has left."""
        return [
            Duty("card.refresh", self._show_now, self._shown, attempts=TRIES),
            Duty("chat.say", self._say_now, self._said, attempts=TRIES),
        ]

    async def _show_now(self, effect: Effect) -> Outcome:
        name = effect.payload["platform"]
        async with self._database.reading() as tx:
            row = await known_card(tx, effect.ref, name)
            card = await self._render(tx, effect.ref)
        seen = {"wanted": row.wanted, "message_id": row.message_id, "digest": row.digest}
        if card is None or row.digest == card_digest(card):
            return Succeeded(seen)
        message = MessageRef(name, row.channel, row.message_id) if row.message_id else None
        message = await self._put(name, row.channel, message, card, effect)
        return Succeeded({**seen, "message_id": message.id, "digest": card_digest(card)})

    async def _put(
        self, name: str, channel: str, message: MessageRef | None, card: Card, effect: Effect
    ) -> MessageRef:
        platform, key = self._platforms[name], f"{effect.ref}/card"
        if message is not None and await _edited(platform, message, card):
            return message
        if effect.attempts > 1:
            left = await platform.find(channel, key)
            if left is not None and await _edited(platform, left, card):
                return left
        return await _post(platform, channel, card, key)

    async def _shown(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        name = effect.payload["platform"]
        row = await card_row(tx, effect.ref, name, self._channels[name])
        _log_failure(effect, outcome)
        next_edit = tx.now + PACE
        changes: dict[str, Any] = {"pending": False, "next_edit": next_edit}
        if isinstance(outcome, Succeeded):
            changes |= {key: outcome.data[key] for key in ("message_id", "digest")}
            if row.wanted > outcome.data["wanted"]:
                changes["pending"] = True
                await tx.enqueue(_refresh(effect.ref, name, row.wanted, next_edit))
        await set_card(tx, effect.ref, name, **changes)

    async def _say_now(self, effect: Effect) -> Outcome | Again:
        name, waited = effect.payload["platform"], effect.payload["waited"]
        async with self._database.reading() as tx:
            row = await known_card(tx, effect.ref, name)
            card = await self._render(tx, effect.ref)
        if row.pending and not row.message_id:  # until it is posted, or surely never will be
            pause = min(LONGEST_LOOK, PACE * (waited + 1)).total_seconds()
            return Again(pause, "its card comes first", {**effect.payload, "waited": waited + 1})
        thread = MessageRef(name, row.channel, row.message_id) if row.message_id else None
        platform = self._platforms[name]
        if effect.attempts > 1 and await platform.find(row.channel, effect.key, thread):
            return Succeeded()
        milestone = Card(effect.payload["text"], mode=card.mode if card else "")
        await _post(platform, row.channel, milestone, effect.key, thread)
        return Succeeded()

    async def _said(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        name = effect.payload["platform"]
        _log_failure(effect, outcome)
        row = await card_row(tx, effect.ref, name, self._channels[name])
        said, waiting, due = row.said + 1, row.to_say[1:], tx.now + PACE
        await set_card(tx, effect.ref, name, said=said, to_say=waiting, next_say=due)
        if waiting:
            await tx.enqueue(_milestone(effect.ref, name, said + 1, waiting[0], due))


async def _post(
    platform: Platform, channel: str, card: Card, key: str, thread: MessageRef | None = None
) -> MessageRef:
    """Post; whether it arrived, if that is not known, is looked up at the next try."""
    try:
        return await platform.post(channel, card, key=key, thread=thread)
    except OutcomeUnknown as error:
        raise Transient(error.text) from error


async def _edited(platform: Platform, message: MessageRef, card: Card) -> bool:
    """True when the message shows the card now, False when somebody has deleted it."""
    try:
        await platform.edit(message, card)
    except NotFound:
        return False
    return True


def _log_failure(effect: Effect, outcome: Outcome) -> None:
    if not isinstance(outcome, Succeeded):
        log.warning("board.not_shown", effect=effect.key, reason=outcome.reason)


def card_digest(card: Card) -> str:
    """Changes when anything that is shown changes."""
    document = json.dumps(to_document(card), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def _refresh(ref: str, platform: str, wanted: int, due: datetime) -> Effect:
    return Effect(
        f"{ref}/card/{platform}/{wanted}", "card.refresh", {"platform": platform}, due, ref
    )


def _milestone(ref: str, platform: str, number: int, text: str, due: datetime) -> Effect:
    payload = {"platform": platform, "text": text, "waited": 0}
    return Effect(f"{ref}/say/{platform}/{number}", "chat.say", payload, due, ref)
