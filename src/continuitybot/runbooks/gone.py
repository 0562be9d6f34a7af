"""Steps whose action this version of the bot does not have.

A run carries its runbook for months, and two versions may work on it at once during an upgrade.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from continuitybot.errors import Refused
from continuitybot.runbooks.moves import Hold, Move


class Gone:
    """Conducts such a step (see moves.Conduct): it is put to a person, whatever happens to it."""

    def __init__(self, action: str) -> None:
        self._hold = Hold(
            f"this version of the bot has no action `{action}`: do it by hand and say so, skip it, "
            "or retry it with a version that has it"
        )

    def begin(self, given: Mapping[str, Any], now: datetime) -> Move:
        return self._hold

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return self._hold

    def elapsed(self, given: Mapping[str, Any], now: datetime) -> Move:
        return self._hold

    def answered(self, given: Mapping[str, Any], choice: str, by: str) -> Move:
        raise Refused(f"This cannot be answered: {self._hold.reason}.")

    def objection(self, given: Mapping[str, Any], act: str, text: str) -> str:
        return ""
