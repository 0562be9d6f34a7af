"""Reading values out of a JSON answer by dotted paths."""

from __future__ import annotations

from typing import Any

from continuitybot.errors import Permanent


def value_at(answer: Any, path: str, where: str) -> Any:
    """The value at a path such as `items.0.host`. Raises Permanent when there is none."""
    value = answer
    for step in path.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Permanent(
                f"{where}: the answer has nothing at {path!r} (missing: {step!r}).",
                remedy="Compare the path in the settings with what the service answers.",
            ) from None
    return value


def count_at(answer: Any, path: str, where: str) -> int:
    """The whole number at a path; 0 for a path that is not configured."""
    if not path:
        return 0
    value = value_at(answer, path, where)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Permanent(f"{where}: the answer has no whole number at {path!r}, but {value!r}.")
    return value
