"""The rows of effects that workers change: taken under a lease, put back, ended.

Every end is fenced: it changes a row only while the lease with this token is still the last one.
A process that was frozen and comes back late changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, update

from continuitybot.store.bulk import Bulk
from continuitybot.store.effects import Again, Effect, Failed, Outcome, Succeeded, Unknown, effects
from continuitybot.store.transaction import Transaction

_LEASING = Bulk(
    effects, match=("key",), change=("state", "owner", "token", "attempts", "leased_until")
)
_ENDING = Bulk(effects, match=("key", "token", "state"), change=("state", "ended", "note"))


@dataclass(frozen=True)
class Begun:
    """An effect under its lease, `lag` after it was due; `taken_over` when its last try was
    interrupted: the worker that had begun it never said the end."""

    effect: Effect
    lag: timedelta = timedelta()
    taken_over: bool = False


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

    async def lease(self, tx: Transaction, count: int) -> list[Begun]:
        """Up to `count` effects to perform now."""
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
        return [_begun(row, tx.now) for row in found]


def _begun(row: Row[Any], now: datetime) -> Begun:
    effect = Effect(
        key=row.key,
        kind=row.kind,
        payload=row.payload,
        due=row.due,
        ref=row.ref,
        attempts=row.attempts + 1,
        token=row.token + 1,
    )
    # What is to come first is enqueued with a due time before its making.
    return Begun(effect, now - max(row.due, row.created), taken_over=row.state == "leased")


async def put_back(tx: Transaction, effect: Effect, again: Again) -> bool:
    """Let an effect wait for another try; False when another took it over."""
    due = tx.now + timedelta(seconds=again.seconds)
    ours = (
        (effects.c.key == effect.key)
        & (effects.c.token == effect.token)
        & (effects.c.state == "leased")
    )
    values: dict[str, Any] = (
        # Whoever finds it leased and its lease run out takes it for interrupted, as it was.
        {"leased_until": due} if again.in_doubt else {"state": "waiting", "owner": "", "due": due}
    )
    moved = await tx.execute(
        update(effects)
        .where(ours)
        .values(
            **values,
            payload=effect.payload if again.payload is None else again.payload,
            attempts=effect.attempts if again.is_retry else 0,
            note=again.reason,
        )
    )
    if moved.rowcount:
        tx.note_due(due)
    return bool(moved.rowcount)


async def end(tx: Transaction, ended: Sequence[tuple[Effect, Outcome]]) -> bool:
    """End effects; False when not all of them were still ours."""
    rows = [_ending_row(tx, effect, outcome) for effect, outcome in ended]
    return await _ENDING.write(tx, rows) == len(rows)


def state_after(outcome: Outcome | Again) -> str:
    """The state of an effect's row when this outcome is stored."""
    match outcome:
        case Succeeded():
            return "done"
        case Failed():
            return "failed"
        case Unknown():
            return "unknown"
        case Again():
            return "waiting"


def _ending_row(tx: Transaction, effect: Effect, outcome: Outcome) -> dict[str, Any]:
    return {
        "was_key": effect.key,
        "was_token": effect.token,
        "was_state": "leased",
        "state": state_after(outcome),
        "ended": tx.now,
        "note": "" if isinstance(outcome, Succeeded) else outcome.reason,
    }
