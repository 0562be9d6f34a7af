"""The outside of a rehearsal: a tabletop whose checks and answers follow the scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from continuitybot.runbooks.ports import (
    Broadcasting,
    CanaryFindings,
    Findings,
    Health,
    MailChecks,
    Place,
    Ports,
    Speaker,
    Standing,
)
from continuitybot.runbooks.tabletop import TabletopChecks, tabletop_ports

_BOTH = frozenset({"", "both"})
_DIRECTIONS = frozenset({"inbound", "outbound"})


class Outside:
    """What checks and broadcasts are by now; where nothing was scripted, as in a tabletop."""

    def __init__(self, speaker: Speaker) -> None:
        usual = tabletop_ports(speaker, mark="")
        self.health: dict[str, Health] = {}
        self.replies: dict[str, Mapping[str, int]] = {}
        self.has_replies = False
        """Whether the scenario says what is answered; without, somebody is safe."""
        checks = _Checks(self.health, TabletopChecks(speaker, ""))
        broadcasts = _Broadcasts(self, usual.broadcasts)
        self.ports: Ports = replace(usual, checks=checks, broadcasts=broadcasts)

    def change_health(self, states: Mapping[str, str], now: datetime) -> None:
        """From now on checks and directions are so."""
        for name, state in states.items():
            if name not in self.health or self.health[name].state != state:
                self.health[name] = Health(state, now)


class _Checks:
    def __init__(self, scripted: Mapping[str, Health], usual: MailChecks) -> None:
        self._scripted = scripted
        self._usual = usual

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        failing = tuple(
            name
            for name, health in self._scripted.items()
            if health.state == "failing" and _is_asked(name, names, direction)
        )
        if failing:
            return Findings(ok=False, failing=failing, detail=f"failing: {', '.join(failing)}")
        return await self._usual.check(names, direction)

    async def canary(self, place: Place, route: str) -> CanaryFindings:
        return await self._usual.canary(place, route)

    async def health(self, check: str, direction: str) -> Health:
        return self._scripted.get(check or direction) or await self._usual.health(check, direction)


def _is_asked(name: str, names: Sequence[str], direction: str) -> bool:
    if names:
        return name in names
    return direction in _BOTH or name == direction or name not in _DIRECTIONS


class _Broadcasts:
    def __init__(self, outside: Outside, usual: Broadcasting) -> None:
        self._outside = outside
        self._usual = usual

    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        return await self._usual.request(place, by, audience, text)

    async def standing(self, ref: str) -> Standing:
        usual = await self._usual.standing(ref)
        if not self._outside.has_replies:
            return usual
        return replace(usual, data={**usual.data, "replies": self._outside.replies.get(ref, {})})
