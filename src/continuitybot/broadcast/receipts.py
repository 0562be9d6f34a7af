"""Receipts: what a carrier tells by itself about a text, believed only with its signature."""

from __future__ import annotations

from dataclasses import replace

import structlog

from continuitybot import audit
from continuitybot.broadcast import inbox, store
from continuitybot.broadcast.announcing import announce_deliveries
from continuitybot.broadcast.answers import Report, Rules, Verdict, answered, is_present_try
from continuitybot.broadcast.carrier import Callback, Carrier
from continuitybot.broadcast.model import Delivery, DeliveryState
from continuitybot.broadcast.sending import CHUNK
from continuitybot.errors import NotAllowed
from continuitybot.people.directory import Directory
from continuitybot.store import Database, Effect, Transaction

log = structlog.get_logger(__name__)


class Receipts:
    """Takes receipts, in any order and any number of times."""

    def __init__(self, database: Database, directory: Directory, rules: Rules) -> None:
        self._database = database
        self._directory = directory
        self._rules = rules

    async def take(self, name: str, carrier: Carrier, callback: Callback) -> None:
        """Note what a receipt tells. Raises NotAllowed when it is not the carrier's own."""
        try:
            report = carrier.receipt(callback)
        except NotAllowed as denial:
            await audit.record_denial(
                self._database, who=name, verb="receipt", text=denial.text, platform="sms"
            )
            raise
        async with self._database.transaction() as tx:
            delivery = await _about(tx, name, report)
            if delivery is None:
                log.info("receipts.of_nothing_known", carrier=name, sid=report.sid)
            elif await inbox.first_time(tx, name, f"{report.sid}:{report.state}:{report.code}"):
                await self._note(tx, name, delivery, report)

    async def _note(self, tx: Transaction, name: str, delivery: Delivery, report: Report) -> None:
        arrived = report.state is DeliveryState.DELIVERED
        if not arrived and not is_present_try(delivery, name, report):
            return
        becomes = answered(delivery, report, tx.now, self._rules)
        if becomes == delivery:
            return
        if becomes.state is DeliveryState.RETRYING:
            becomes = await _in_own_chunk(tx, becomes)
        await store.save_deliveries(tx, [becomes])
        await announce_deliveries(tx, [becomes])
        if report.verdict is Verdict.OPTED_OUT:
            await self._directory.set_opted_out(tx, delivery.phone, True)


async def _about(tx: Transaction, name: str, report: Report) -> Delivery | None:
    """The delivery a receipt is about: by our own name for it, else by the carrier's."""
    named = await store.by_keys(tx, [report.reference.rpartition("#")[0]])
    return named[0] if named else await store.by_sid(tx, name, report.sid)


async def _in_own_chunk(tx: Transaction, delivery: Delivery) -> Delivery:
    """Have it tried again on time: its chunk sleeps until the last receipt is overdue."""
    key = f"{delivery.key}/again/{delivery.carrier}/{delivery.tries}"
    payload = {"urgent": delivery.purpose != "broadcast"}
    await tx.enqueue(Effect(key, CHUNK, payload, due=delivery.due, ref=delivery.ref))
    return replace(delivery, chunk=key)
