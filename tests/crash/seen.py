"""What the outside has seen in the end: the same, whenever the bot has died."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, fields

from sqlalchemy import or_, select

from continuitybot import audit
from continuitybot.broadcast.store import broadcasts, deliveries
from continuitybot.chat.console.store import console_messages
from continuitybot.chat.message import Card, first_line
from continuitybot.continuity.store import all_events
from continuitybot.lab import Lab
from continuitybot.lab.company import EMPLOYEES
from continuitybot.runbooks.store import runs
from continuitybot.store import effects, from_document
from crash.sameness import PUT_TO_A_PERSON, same
from crash.world import World

# How far the standby is with handing over goes on while the bot is dead.
_PROGRESS = re.compile(r"EVT-\d+: the standby took")
# A phone that is off is tried again, and less often when the bot has died before. A standby may
# be told to hand over any number of times, and a PUT of a runbook is repeatable.
_MAY_REPEAT = (
    next(one.phone for one in EMPLOYEES if one.switched_off),
    "POST /standby/drain",
    "PUT /elsewhere",
)
# A command by text that was carried out just before the bot died is heard again, and answered so.
_ANSWER = re.compile(r"EVT-\d+ is approved\. .*|Nothing about EVT-\d+ waits for approval\.")
_FIRST_WORDS = 40
# Until the last cards are edited: on PostgreSQL a dead process keeps its leases for two minutes.
_AFTERWARDS = 180.0


@dataclass(frozen=True)
class Seen:
    """Routes in order, requests that changed something, texts, messages, and how objects ended."""

    routes: tuple[str, ...]
    requests: Counter[str]
    texts: Counter[tuple[str, str]]
    channel: Counter[tuple[str, str]]
    slack: Counter[tuple[bool, str]]
    states: tuple[tuple[str, str], ...]
    doubtful: tuple[str, ...]
    mail_doubled: int
    mail_lost: int
    audit_is_whole: bool

    def differences(self, other: Seen) -> list[str]:
        """Every way in which this is not what the other is."""
        found = []
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(mine, Counter):
                found += [
                    f"{field.name}: {mine[key] - theirs[key]:+} {key}"
                    for key in sorted({*mine, *theirs})
                    if mine[key] != theirs[key]
                ]
            elif mine != theirs:
                found.append(f"{field.name}: {mine} instead of {theirs}")
        return found


async def see(world: World) -> Seen:
    """Look at everything there is to see from outside, and at the record."""
    await world.passes(_AFTERWARDS)
    verdict = await audit.verify(world.records)
    async with world.records.reading() as tx:
        messages = await tx.rows(select(console_messages).where(console_messages.c.reader == ""))
        states = [
            *await tx.rows(select(runs.c.ref, runs.c.state)),
            *await tx.rows(select(broadcasts.c.ref, broadcasts.c.state)),
            *[
                (row.key, _known(str(row.state), world))
                for row in await tx.rows(select(deliveries.c.key, deliveries.c.state))
                if "/trouble/" not in row.key
            ],
            *[(one.ref, one.state) for one in await all_events(tx, open_only=False)],
        ]
        bad = await tx.rows(
            select(effects.c.key, effects.c.note).where(
                or_(effects.c.state == "unknown", effects.c.note.contains("the log has"))
            )
        )
    keys = {row.id: row.key for row in messages}
    return Seen(
        routes=tuple(world.routes),
        requests=Counter(
            {
                what: 1 if any(one in what for one in _MAY_REPEAT) else times
                for what, times in world.frontier.arrived.items()
            }
        ),
        texts=_texts(world.lab),
        channel=Counter(
            (keys.get(row.thread, ""), same(first_line(from_document(Card, row.card))))
            for row in messages
            if not _PROGRESS.search(row.card["headline"])
        ),
        slack=Counter(
            (bool(message.thread), same(message.words)[:_FIRST_WORDS])
            for message in world.slack.messages
            if not _PROGRESS.search(message.words)
        ),
        states=tuple(sorted((ref, str(state)) for ref, state in states)),
        doubtful=tuple(f"{row.key}: {row.note}" for row in bad if PUT_TO_A_PERSON not in row.note),
        mail_doubled=world.lab.mail.books.audit().duplicated_count,
        mail_lost=world.lab.mail.books.balance().lost,
        audit_is_whole=verdict.ok,
    )


def _known(state: str, world: World) -> str:
    """Without receipts the bot asks once, and the text has arrived by then or not."""
    return "delivered" if state == "sent" and not world.has_receipts else state


def _texts(lab: Lab) -> Counter[tuple[str, str]]:
    return Counter(
        (phone.owner.handle, _ANSWER.sub("(the answer to an approval)", same(sms.text)))
        for phone in lab.phones
        for sms in phone.thread
        if not sms.mine and PUT_TO_A_PERSON not in sms.text
    )
