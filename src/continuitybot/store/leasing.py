"""The rows of effects that workers change: taken under a lease, put back, ended.

Every end is fenced: it changes a row only while the lease with this token is still the last one.
A process that was frozen and comes back late changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, or_, select, update

from continuitybot.store.bulk import Bulk
from continuitybot.store.effects import Again, Effect, Failed, Outcome, Succeeded, Unknown, effects
from continuitybot.store.transaction import Transaction

log = structlog.get_logger(__name__)

_LEASING = Bulk(
    effects, match=("key",), change=("state", "owner", "token", "attempts", "leased_until")
)
_ENDING = Bulk(effects, match=("key", "token", "state"), change=("state", "ended", "note"))


class DueEffects:
    """The effects that a process can perform: of the kinds in `leases`, each for so long."""

    def __init__(self, owner: str, leases: Mapping[str, timedelta]) -> None:
        self._owner = owner
        self._leases = leases
        # Made once: building a statement takes longer than executing it.
        ours = effects.c.kind.in_(list(leases))
        self._next = {
            column: select(column).where(effects.c.state == state, ours).order_by(column).limit(1)
            for state, column in (("waiting", effects.c.due), ("leased", effects.c.leased_until))
        }
        free_or_abandoned = or_(
            (effects.c.state == "waiting") & (effects.c.due <= bindparam("now")),
            (effects.c.state == "leased") & (effects.c.leased_until <= bindparam("now")),
        )
        self._due = (
            select(effects)
            .where(free_or_abandoned, ours)
            .order_by(effects.c.due, effects.c.key)
            .limit(bindparam("count"))
            .with_for_update(skip_locked=True)
        )

    async def next_due(self, tx: Transaction) -> datetime | None:
        """When the next waiting effect is due, or the lease of one runs out."""
        found = [await tx.row(statement) for statement in self._next.values()]
        return min((row[0] for row in found if row is not None), default=None)

    async def lease(self, tx: Transaction, count: int) -> list[tuple[Effect, bool]]:
        """Up to `count` effects to perform now, each with whether somebody began it before."""
        given = {"now": tx.now, "count": count}
        found = (await tx.execute(self._due, given)).all()
        rows = [
            {
                "was_key": row.key,
                "state": "leased",
                "owner": self._owner,
                "token": row.token + 1,
                "attempts": row.attempts + 1,
                "leased_until": tx.now + self._leases[row.kind],
            }
            for row in found
        ]
        await _LEASING.write(tx, rows)
        return [(_begun(row), row.state == "leased") for row in found]


def _begun(row: Row[Any]) -> Effect:
    return Effect(
        key=row.key,
        kind=row.kind,
        payload=row.payload,
        due=row.due,
        ref=row.ref,
        attempts=row.attempts + 1,
        token=row.token + 1,
    )


async def put_back(tx: Transaction, effect: Effect, again: Again) -> bool:
    """Let an effect wait for another try; False when another took it over."""
    due = tx.now + timedelta(seconds=again.seconds)
    ours = (
        (effects.c.key == effect.key)
        & (effects.c.token == effect.token)
        & (effects.c.state == "leased")
    )
    moved = await tx.execute(
        update(effects)
        .where(ours)
        .values(
            state="waiting",
            owner="",
            due=due,
            payload=effect.payload if again.payload is None else again.payload,
            attempts=effect.attempts if again.is_retry else 0,
            note=again.reason,
        )
    )
    if not moved.rowcount:
        _fenced(effect)
        return False
    tx.note_due(due)
    return True


async def end(tx: Transaction, ended: Sequence[tuple[Effect, Outcome]]) -> bool:
    """End effects; False when not all of them were still ours."""
    rows = [_ending_row(tx, effect, outcome) for effect, outcome in ended]
    if await _ENDING.write(tx, rows) == len(rows):
        return True
    if len(ended) == 1:
        _fenced(ended[0][0])
    return False


def _ending_row(tx: Transaction, effect: Effect, outcome: Outcome) -> dict[str, Any]:
    state, note = _ending(outcome)
    return {
        "was_key": effect.key,
        "was_token": effect.token,
        "was_state": "leased",
        "state": state,
        "ended": tx.now,
        "note": note,
    }


def _ending(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Succeeded():
            return "done", ""
        case Failed(reason=reason):
            return "failed", reason
        case Unknown(reason=reason):
            return "unknown", reason


def _fenced(effect: Effect) -> None:
    log.warning("workers.fenced", effect=effect.key)
