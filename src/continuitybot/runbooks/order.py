"""An effect of a run, as the action that performs it sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from continuitybot.runbooks.model import Mode
from continuitybot.runbooks.ports import Place


class Occasion(StrEnum):
    """Why a step turns to people: for the first time, or because they have not answered."""

    FIRST = "first"
    SOON = "soon"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class Order:
    """What to perform for which step; `given` is the rendered body.

    `requester` is who started the run (a handle or `bot`), `due` when an item is due.
    """

    place: Place
    action: str
    mode: Mode
    requester: str
    owner: str
    given: Mapping[str, Any]
    outputs: Mapping[str, Any]
    due: datetime | None = None
    occasion: Occasion = Occasion.FIRST


def order_of(key: str, payload: Mapping[str, Any]) -> Order:
    """The order in an effect's payload, as `Turn.order` wrote it."""
    due = payload.get("due")
    return Order(
        place=Place(key, payload["run"], payload["step"], payload["title"], payload["incident"]),
        action=payload["action"],
        mode=Mode(payload["mode"]),
        requester=payload["requester"],
        owner=payload["owner"],
        given=payload["given"],
        outputs=payload["outputs"],
        due=datetime.fromisoformat(due) if due else None,
        occasion=Occasion(payload.get("occasion", Occasion.FIRST)),
    )
