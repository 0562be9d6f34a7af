"""Requests that take effect once, however often they arrive: the Idempotency-Key."""

from __future__ import annotations

from continuitybot.errors import Refused


class Operations:
    """The keys that were applied, each with the request it stood for."""

    def __init__(self) -> None:
        self._applied: dict[str, object] = {}

    def applied(self, key: str) -> bool:
        return key in self._applied

    def repeated(self, key: str, request: object) -> bool:
        """Whether this very request took effect before.

        Raises Refused when the key stood for another one.
        """
        if key not in self._applied:
            return False
        if self._applied[key] != request:
            raise Refused(f"The key {key} was used for another request.", code="key-reused")
        return True

    def remember(self, key: str, request: object) -> None:
        self._applied[key] = request
