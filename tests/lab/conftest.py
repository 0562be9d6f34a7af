"""A lab that goes fast, with nobody writing to the company unless the test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from continuitybot.lab import Lab, Paces

FAST = Paces(
    messages_per_second=0,
    first_retry=0.02,
    longest_retry=0.05,
    slow_command=0.1,
    linger=0.2,
    transit=(0.0, 0.01),
    answer=(0.0, 0.01),
    webhook_retry=0.02,
    push=0.02,
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    lab = Lab(paces=FAST)
    await lab.start()
    yield lab
    await lab.stop()
