"""Who else wants to know what becomes of effects: figures, traces; nobody by default."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from continuitybot.store.effects import Effect


class Watcher(Protocol):
    """Told of each effect as workers perform it, on the event loop: answer within microseconds.

    After `began` comes one `ended` or `fenced`, unless the process dies or the database stays
    away. The same effect begins again, with a higher token, after a retry, a poll or a take-over.
    """

    def began(self, effect: Effect, lag: timedelta, taken_over: bool) -> None:
        """It is about to be performed, `lag` after it was due; `taken_over` from a dead worker."""
        ...

    def ended(self, effect: Effect, state: str, seconds: float) -> None:
        """What came of it is stored: `done`, `failed`, `unknown`, or `waiting` to be done again."""
        ...

    def retried(self, effect: Effect, reason: str) -> None:
        """A fault that may pass: it will be tried again. `ended` follows."""
        ...

    def fenced(self, effect: Effect) -> None:
        """Another worker holds it by now; what came of it here was not stored."""
        ...


class Silent:
    """Tells nobody."""

    def began(self, effect: Effect, lag: timedelta, taken_over: bool) -> None: ...

    def ended(self, effect: Effect, state: str, seconds: float) -> None: ...

    def retried(self, effect: Effect, reason: str) -> None: ...

    def fenced(self, effect: Effect) -> None: ...


def facts_of(effect: Effect) -> dict[str, str | int]:
    """What every line of the log says while an effect is performed.

    An effect of a step, such as `RUN-12/invoke/1`, names its run and its step; any other the
    object that it belongs to. `lease` is the fencing token.
    """
    facts: dict[str, str | int] = {
        "effect": effect.key, "kind": effect.kind, "lease": effect.token,
    }  # fmt: skip
    step, slash, _number = effect.key.removeprefix(f"{effect.ref}/").rpartition("/")
    if slash and step and effect.kind.startswith("run.") and "/" not in step + effect.ref:
        return facts | {"run": effect.ref, "step": step}
    return facts | {"ref": effect.ref} if effect.ref else facts
