"""Figures and lines of the log, as a test reads them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from continuitybot import log
from continuitybot.app.telemetry import Telemetry


class Lines:
    """What was logged, as JSON, from the least important line on."""

    def __init__(self) -> None:
        self._written = io.StringIO()
        log.configure("debug", "json")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(self._written))

    def read(self, event: str = "") -> list[dict[str, Any]]:
        """The lines since the last reading; of one event only, if it is named."""
        written = self._written.getvalue().splitlines()
        self._written.seek(0)
        self._written.truncate()
        found = [json.loads(line) for line in written]
        return [line for line in found if line["event"] == event or not event]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log of this test. Ask for it after whatever configures the log itself."""
    before = structlog.get_config()
    yield Lines()
    structlog.configure(**before)


def read_figures(text: str) -> dict[str, float]:
    """Every figure by its name and its labels: `continuitybot_runs{state="waiting"}`."""
    return {
        sample.name + _labels(sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _labels(labels: dict[str, str]) -> str:
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


async def figures(telemetry: Telemetry) -> dict[str, float]:
    """What a scrape finds now."""
    return read_figures((await telemetry.figures()).decode())
