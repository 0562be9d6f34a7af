"""Carriers on loopback, and an office that texts through one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from broadcast.office import Office, office_of
from continuitybot.store import Database
from rig.clock import MovedClock
from rig.sms_peers import KEY, TOKEN, GatewayPeer, SmsPeer, TwilioPeer


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TWILIO_TOKEN", TOKEN)
    monkeypatch.setenv("TEST_GATEWAY_KEY", KEY)


@pytest.fixture
async def twilio(clock: MovedClock) -> AsyncIterator[TwilioPeer]:
    peer = TwilioPeer(clock)
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
async def gateway(clock: MovedClock) -> AsyncIterator[GatewayPeer]:
    peer = GatewayPeer(clock)
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture(params=["twilio", "gateway"])
def peer(request: pytest.FixtureRequest) -> SmsPeer:
    """Each kind of carrier in turn: what holds for one holds for all."""
    found: SmsPeer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def office(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> AsyncIterator[Office]:
    async with office_of(database, clock, [twilio.settings()]) as found:
        yield found
