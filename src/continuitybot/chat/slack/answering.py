"""Commands from Slack as effects: stored before Slack is told, performed once, answered.

Slack waits three seconds and may deliver again; the effect's key makes one of many deliveries. A
crash in the middle of a command that changes something is put to the person, never repeated.
"""

from __future__ import annotations

from continuitybot.chat.grammar import parse
from continuitybot.chat.message import Card, Span
from continuitybot.chat.platform import Command, Handle, Reply
from continuitybot.chat.slack.inbound import Arrival, Back
from continuitybot.chat.slack.replies import Replies
from continuitybot.chat.verbs import VERBS
from continuitybot.errors import Refused
from continuitybot.store import (
    Database,
    Duty,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Transaction,
    Unknown,
    from_document,
    to_document,
)

INBOUND, REPLY = "slack.inbound", "slack.reply"


class Answering:
    """Takes commands in and sees that each gets its answer."""

    def __init__(self, database: Database, handle: Handle, replies: Replies) -> None:
        self._database = database
        self._handle = handle
        self._replies = replies

    async def take(self, arrival: Arrival) -> bool:
        """Store a command; False when it had been delivered before."""
        async with self._database.transaction() as tx:
            return await tx.enqueue_at_once(
                Effect(f"slack/{arrival.command.id}", INBOUND, to_document(arrival))
            )

    def duties(self) -> list[Duty]:
        """Doing what commands say, and giving the answers."""
        return [
            # The person waits: a fault is told at once, and trying again is theirs to decide.
            Duty(
                INBOUND,
                self._obey,
                self._answer,
                after_crash="reconcile",
                reconcile=self._may_repeat,
                attempts=1,
            ),
            Duty(REPLY, self._reply, attempts=4),
        ]

    async def _obey(self, effect: Effect) -> Outcome:
        arrival = from_document(Arrival, effect.payload)
        reply = await self._handle(arrival.command)
        return Succeeded({"reply": to_document(reply)})

    async def _may_repeat(self, effect: Effect) -> Outcome | None:
        command = from_document(Arrival, effect.payload).command
        if _only_looks(command):
            return None
        return Unknown("The bot was restarted while this was under way.")

    async def _answer(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        arrival = from_document(Arrival, effect.payload)
        payload = {
            "reply": to_document(_reply_to(arrival.command, outcome)),
            "back": to_document(arrival.back),
        }
        await tx.enqueue(Effect(f"{effect.key}/reply", REPLY, payload))

    async def _reply(self, effect: Effect) -> Outcome:
        reply = from_document(Reply, effect.payload["reply"])
        back = from_document(Back, effect.payload["back"])
        await self._replies.give(reply, back, effect.key)
        return Succeeded()


def _only_looks(command: Command) -> bool:
    try:
        return VERBS[parse(command.text).verb].act in ("", "view")
    except Refused:
        return True


def _reply_to(command: Command, outcome: Outcome) -> Reply:
    match outcome:
        case Succeeded(data=data):
            return from_document(Reply, data["reply"])
        case Failed(reason=reason):
            return Reply((_not_done(command, reason),))
        case Unknown(reason=reason):
            return Reply((_not_known(command, reason),))


def _not_done(command: Command, reason: str) -> Card:
    told = (Span(command.text[:200], "code"),)
    return Card("That did not work", state="NOT DONE", tone="bad", text=(told, reason))


def _not_known(command: Command, reason: str) -> Card:
    told = (Span(command.text[:200], "code"),)
    advice = f"{reason} It may or may not have been done: look before you say it again."
    return Card("Please check", state="UNKNOWN", tone="warning", text=(told, advice))
