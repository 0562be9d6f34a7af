"""The probes: one look each, and whatever goes wrong is what they saw."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from continuitybot.mailflow.model import Observation
from continuitybot.mailflow.probes import dns, http, round_trip, smtp
from continuitybot.mailflow.vantage import Vantage

Probe = Callable[[Any, Vantage], Awaitable[Observation]]

# By the `kind` of the check that the probe takes its settings from.
PROBES: Mapping[str, Probe] = MappingProxyType(
    {
        "smtp": smtp.probe,
        "round_trip": round_trip.probe,
        "dns": dns.probe,
        "http": http.probe,
    }
)
