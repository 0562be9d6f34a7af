"""Send a canary along a route and find it: the proof that mail really flows there."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from continuitybot.errors import Refused
from continuitybot.mailflow.arrival import Finder
from continuitybot.mailflow.mailbox import ImapMailbox
from continuitybot.mailflow.message import HopTime, canary_message, hop_times
from continuitybot.mailflow.model import Hop, State
from continuitybot.mailflow.smtp_session import Envelope, hand_in
from continuitybot.mailflow.vantage import Vantage
from continuitybot.mailflow.walk import Seen, Walk, walked
from continuitybot.settings.mailflow import CanaryRouteSettings, MailboxSettings

_LONGEST_STEP = 10.0


@dataclass(frozen=True)
class CanaryResult:
    """What became of one canary.

    `state` is ok, late (it lay in a junk folder), failed, or unknown (it could not be sent or
    looked for through a fault on the bot's side). `latency` is in seconds until it was found,
    `hops` the servers that it passed.
    """

    route: str
    nonce: str
    sent_at: datetime
    state: State
    latency: float | None = None
    hop: Hop | None = None
    code: str = ""
    detail: str = ""
    hops: tuple[HopTime, ...] = ()
    folder: str = ""

    @property
    def ok(self) -> bool:
        """Whether it arrived where it should."""
        return self.state is State.OK


async def send_canary(name: str, vantage: Vantage) -> CanaryResult:
    """Send a canary along a route and wait for it until the route's deadline.

    Never raises for what goes wrong on the way. Raises: NotFound for an unknown route.
    """
    route = vantage.route(name)
    nonce, sent_at = secrets.token_hex(8), vantage.clock.now()
    result = CanaryResult(name, nonce, sent_at, State.UNKNOWN)

    async def there_and_found(walk: Walk) -> Seen:
        nonlocal result
        await hand_in(walk, route.send, _envelope(route, nonce, sent_at, vantage), vantage.hostname)
        finder = _finder(route, vantage, walk.step_timeout)
        walk.hop = Hop.MAILBOX
        arrival = await finder.find(nonce)
        hops = hop_times(arrival.received, sent_at)
        result = replace(result, hops=hops, folder=arrival.folder)
        if arrival.junk:
            detail = f"It was found in the folder {arrival.folder}."
            return Seen(State.LATE, walk.elapsed(), Hop.MAILBOX, "junk", detail)
        return Seen(State.OK, walk.elapsed(), Hop.MAILBOX, detail=_slowest(hops))

    deadline = route.deadline.total_seconds()
    walk = Walk(step_timeout=min(_LONGEST_STEP, deadline / 2))
    seen = await walked(walk, there_and_found, deadline)
    return replace(
        result,
        state=seen.state,
        latency=seen.latency,
        hop=seen.hop,
        code=seen.code,
        detail=seen.detail,
    )


def _envelope(
    route: CanaryRouteSettings, nonce: str, sent_at: datetime, vantage: Vantage
) -> Envelope:
    message = canary_message(route.sender, route.recipient, nonce, vantage.hostname, sent_at)
    return Envelope(route.sender, route.recipient, message.as_bytes())


def _finder(route: CanaryRouteSettings, vantage: Vantage, step_timeout: float) -> Finder:
    if isinstance(route.find, MailboxSettings):
        return ImapMailbox(
            route.find,
            vantage.threads,
            look_every=route.look_every.total_seconds(),
            step_timeout=step_timeout,
            today=vantage.clock.now().date(),
        )
    if vantage.listener is None:
        raise Refused("The bot's mail listener is not set up.", remedy="Add mailflow.listener.")
    return vantage.listener


def _slowest(hops: Sequence[HopTime]) -> str:
    if not hops:
        return ""
    slowest = max(hops, key=lambda hop: hop.seconds)
    return f"Of {len(hops)} servers, {slowest.server} was slowest with {slowest.seconds:.0f} s."
