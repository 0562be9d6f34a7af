"""Several watchers of effects as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from continuitybot.store import Effect, Watcher


class Watchers:
    """Tells each of them, in order."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = tuple(watchers)

    def began(self, effect: Effect, lag: timedelta, taken_over: bool) -> None:
        for watcher in self._watchers:
            watcher.began(effect, lag, taken_over)

    def ended(self, effect: Effect, state: str, seconds: float) -> None:
        for watcher in self._watchers:
            watcher.ended(effect, state, seconds)

    def retried(self, effect: Effect, reason: str) -> None:
        for watcher in self._watchers:
            watcher.retried(effect, reason)

    def fenced(self, effect: Effect) -> None:
        for watcher in self._watchers:
            watcher.fenced(effect)
