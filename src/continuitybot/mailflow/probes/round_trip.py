"""Does mail arrive: a canary is sent on one side and found on the other."""

from __future__ import annotations

from continuitybot.mailflow.canary import send_canary
from continuitybot.mailflow.model import Observation
from continuitybot.mailflow.vantage import Vantage
from continuitybot.settings.mailflow import RoundTripCheck


async def probe(check: RoundTripCheck, vantage: Vantage) -> Observation:
    """Send one canary along the check's route, and wait for it until the route's deadline."""
    result = await send_canary(check.route, vantage)
    return Observation(
        at=result.sent_at,
        check=check.name,
        state=result.state,
        latency=result.latency,
        hop=result.hop,
        code=result.code,
        detail=result.detail,
        vantage=vantage.name,
    )
