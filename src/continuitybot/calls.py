"""Calls to the outside, told to whoever listens: how long each took, and what it broke on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One call that has ended: to which system, what was asked, and the error's class or ""."""

    system: str
    what: str
    seconds: float
    error: str


Listener = Callable[[Call], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def listen(listener: Listener) -> None:
    """Tell `listener` of every call that this task makes from now on, and those it begins."""
    _listener.set(listener)


@contextmanager
def calling(system: str, what: str) -> Iterator[None]:
    """What happens inside is a call to `system`; `what` has no secret and no address in it."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    began, error = time.perf_counter(), ""
    try:
        yield
    except BaseException as broke:
        error = type(broke).__name__
        raise
    finally:
        listener(Call(system, what, time.perf_counter() - began, error))
