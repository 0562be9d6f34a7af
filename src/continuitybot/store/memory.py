"""What rooms remember of stored objects, so that what was just written need not be read again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

_MOST = 1024


class Memory:
    """The objects last committed by this process, by key; the least recently used are forgotten.

    They are hints: another instance may have changed a row since.
    """

    def __init__(self) -> None:
        self._values: OrderedDict[str, Any] = OrderedDict()

    def view(self) -> View:
        """What one transaction sees and changes of it."""
        return View(self)

    def get(self, key: str) -> Any:
        """What is remembered under a key, or None."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        """Remember a committed value; None forgets."""
        self._values.pop(key, None)
        if value is None:
            return
        self._values[key] = value
        if len(self._values) > _MOST:
            self._values.popitem(last=False)


class View:
    """One transaction's part of the memory: others see its changes when it has committed."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.mine: dict[str, Any] = {}
        """What this transaction has read or written so far."""

    def last_committed(self, key: str) -> Any:
        """What this process last knew, or None."""
        return self._memory.get(key)

    def committed(self) -> None:
        """The transaction has committed."""
        for key, value in self.mine.items():
            self._memory.put(key, value)

    def undone(self) -> None:
        """The transaction has not: what it took for true may not be."""
        for key in self.mine:
            self._memory.put(key, None)
