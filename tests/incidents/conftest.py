"""The desk that the stories of this room are told with."""

import pytest

from continuitybot.store import Database
from rig.clock import MovedClock
from rig.on_call import Desk, desk_at


@pytest.fixture
async def desk(database: Database, clock: MovedClock) -> Desk:
    """Carol is first on call, then Bob; Alice is the admin."""
    return await desk_at(database, clock)
