"""Can the servers take mail: a transaction with each of them, up to RCPT or to the end."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime

from continuitybot.mailflow.message import canary_message
from continuitybot.mailflow.model import Hop, Observation, State, best_of
from continuitybot.mailflow.smtp_session import Envelope, hand_in
from continuitybot.mailflow.vantage import Vantage
from continuitybot.mailflow.walk import Seen, Walk, walked
from continuitybot.settings.mailflow import SmtpCheck, SmtpServerSettings


async def probe(check: SmtpCheck, vantage: Vantage) -> Observation:
    """Try every server at the same time; the check fails only when all of them do."""
    began = vantage.clock.now()
    envelope = _envelope(check, vantage, began)
    looks = [_try(server, check, envelope, vantage) for server in check.servers]
    seen = await asyncio.gather(*looks)
    return best_of([one.of(check.name, began, vantage.name) for one in seen])


async def _try(
    server: SmtpServerSettings, check: SmtpCheck, envelope: Envelope, vantage: Vantage
) -> Seen:
    async def transaction(walk: Walk) -> Seen:
        took = await hand_in(walk, server, envelope, vantage.hostname, check.nameservers)
        return Seen(State.OK, took, Hop.ACCEPTED if check.deliver else Hop.RCPT)

    walk = Walk(check.step_timeout.total_seconds())
    seen = await walked(walk, transaction, check.failed_after.total_seconds())
    if len(check.servers) > 1 and seen.detail:
        return replace(seen, detail=f"{server.host}: {seen.detail}")
    return seen


def _envelope(check: SmtpCheck, vantage: Vantage, now: datetime) -> Envelope:
    if not check.deliver:
        return Envelope(check.sender, check.recipient)
    nonce = secrets.token_hex(8)
    message = canary_message(check.sender, check.recipient, nonce, vantage.hostname, now)
    return Envelope(check.sender, check.recipient, message.as_bytes())
