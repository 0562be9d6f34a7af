"""The gateway's route table: which site gets the mail of which domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from continuitybot.errors import BadInput, NotFound, Problem, Stale
from continuitybot.lab.mail.operations import Operations


@dataclass(frozen=True)
class Route:
    """One row; `version` grows with every change."""

    domain: str
    next_hop: str
    version: int = 1


class RouteTable:
    """Rows that are compared before they are changed; each key changes a row once."""

    def __init__(self, routes: tuple[Route, ...], hops: frozenset[str]) -> None:
        self._routes = {route.domain: route for route in routes}
        self._hops = hops
        self._listeners: list[Callable[[], None]] = []
        self.operations = Operations()

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def route(self, domain: str) -> Route:
        """Raises NotFound for a domain without a row."""
        try:
            return self._routes[domain]
        except KeyError:
            raise NotFound(f"The gateway has no route for {domain}.") from None

    def change(self, domain: str, *, next_hop: str, expected: str, key: str) -> Route:
        """Point the domain at `next_hop` if it still points at `expected`.

        Raises Stale when it does not, NotFound for an unknown domain, BadInput for an unknown
        hop, Refused when the key was used for another change.
        """
        route, request = self.route(domain), (domain, next_hop, expected)
        if self.operations.repeated(key, request):
            return route
        if next_hop not in self._hops:
            hops = " or ".join(sorted(self._hops))
            raise BadInput(
                "The route was not changed.",
                [Problem("next_hop", "no such site", next_hop, f"Name {hops}.")],
            )
        if route.next_hop != expected:
            raise Stale(f"{domain} is routed to {route.next_hop}, not to {expected}.")
        self._routes[domain] = replace(route, next_hop=next_hop, version=route.version + 1)
        self.operations.remember(key, request)
        for listener in self._listeners:
            listener()
        return self._routes[domain]
