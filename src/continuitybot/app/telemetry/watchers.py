"""Several watchers as one, none of which can harm what it watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import structlog

from continuitybot.store import Change, Effect, Watcher

log = structlog.get_logger(__name__)

Heard = Callable[[Sequence[Change]], None]


class Watchers:
    """Tells each of them, in order; a fault of theirs is logged, and the work goes on."""

    def __init__(self, watchers: Sequence[Watcher], listeners: Sequence[Heard]) -> None:
        self._watchers = tuple(watchers)
        self._listeners = tuple(listeners)

    def began(self, effect: Effect, lag: timedelta, taken_over: bool) -> None:
        for watcher in self._watchers:
            with _harmless():
                watcher.began(effect, lag, taken_over)

    def ended(self, effect: Effect, state: str, seconds: float) -> None:
        for watcher in self._watchers:
            with _harmless():
                watcher.ended(effect, state, seconds)

    def retried(self, effect: Effect, reason: str) -> None:
        for watcher in self._watchers:
            with _harmless():
                watcher.retried(effect, reason)

    def fenced(self, effect: Effect) -> None:
        for watcher in self._watchers:
            with _harmless():
                watcher.fenced(effect)

    def heard(self, changes: Sequence[Change]) -> None:
        """Pass on what has been committed."""
        for listener in self._listeners:
            with _harmless():
                listener(changes)


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        yield
    except Exception:  # whoever only looks must not stop who works
        log.exception("telemetry.broke")
