"""One atomic change of the database, and what is gathered in it to be written at its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, CursorResult, Executable, Integer, Row, String, Table, update
from sqlalchemy.dialects import postgresql, sqlite

from continuitybot.store.effects import Effect, effects
from continuitybot.store.engines import Connection
from continuitybot.store.tables import metadata

if TYPE_CHECKING:
    from continuitybot.store.database import Database

sequences = Table(
    "sequences",
    metadata,
    Column("prefix", String(20), primary_key=True),
    Column("last", Integer, nullable=False),
)

_DIALECTS = {"postgresql": postgresql, "sqlite": sqlite}
_ENQUEUE = {
    name: dialect.insert(effects).on_conflict_do_nothing().returning(effects.c.key)
    for name, dialect in _DIALECTS.items()
}


@dataclass(frozen=True)
class Change:
    """Something that happened to an object, said once for everybody who cares.

    `ref` is the object (`EVT-3`, or a check's name), `what` is `<room noun>.<past participle>`
    (`event.activated`, `check.failing`), `text` one sentence for a timeline, `data` plain JSON.
    """

    ref: str
    what: str
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Offer:
    """Whoever ends a transaction offers to perform up to `slots` of the effects it enqueues.

    Those are stored as leased by `owner` at once, instead of waiting to be found; `taken` names
    them. `leases` has the length of the lease by kind, of the kinds that can be performed.
    """

    owner: str
    leases: Mapping[str, timedelta]
    slots: int
    taken: list[Effect] = field(default_factory=list)

    def takes(self, effect: Effect, now: datetime) -> bool:
        """Whether this one is performed at once; that uses up a slot."""
        is_due = effect.due is None or effect.due <= now
        if self.slots <= 0 or not is_due or effect.kind not in self.leases:
            return False
        self.slots -= 1
        return True


_NO_OFFER = Offer("", {}, 0)

BeforeCommit = Callable[["Transaction"], Awaitable[None]]


class Transaction:
    """One atomic change of the database, at one moment.

    `is_optimistic` allows a room to change what it remembers of the last commit without reading
    it again, if its write notices that somebody else was faster; all of it is done again then.
    """

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._enqueued: list[Effect] = []
        self._before_commit: dict[str, BeforeCommit] = {}
        self.now: datetime = database.clock.now()
        self.chapters: list[tuple[Context, list[Change]]] = []
        self.begin_chapter()
        self.earliest_due: datetime | None = None
        self.offer: Offer | None = None
        self.is_optimistic = False
        self.memory = database.memory.view()

    @property
    def is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run one SQLAlchemy Core statement, or one for each of several sets of parameters."""
        return await self._connection.execute(statement, parameters)

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows of a select."""
        return (await self._connection.execute(statement)).all()

    async def row(self, statement: Executable) -> Row[Any] | None:
        """The first row of a select, or None."""
        return (await self._connection.execute(statement)).first()

    def insert_once(self, table: Table, **values: Any) -> Executable:
        """An insert that does nothing when a row of that key is there already."""
        dialect = _DIALECTS[self._connection.dialect.name]
        statement: Executable = dialect.insert(table).values(**values).on_conflict_do_nothing()
        return statement

    async def next_ref(self, prefix: str) -> str:
        """The next reference of a series: `INC-7` follows `INC-6`."""
        dialect = _DIALECTS[self._connection.dialect.name]
        first = dialect.insert(sequences).values(prefix=prefix, last=1)
        statement = first.on_conflict_do_update(
            index_elements=[sequences.c.prefix], set_={"last": sequences.c.last + 1}
        ).returning(sequences.c.last)
        return f"{prefix}-{(await self.execute(statement)).scalar_one()}"

    async def enqueue(self, effect: Effect) -> None:
        """Have an effect performed at its due time; nothing when its key was there already.

        It is written at the end of the transaction, together with all others.
        """
        self._enqueued.append(effect)

    async def enqueue_at_once(self, effect: Effect) -> bool:
        """Like `enqueue`, and False when the key was there already."""
        await self._write_enqueued()
        self._enqueued.append(effect)
        return effect.key in await self._write_enqueued()

    async def cancel_effects(self, *, ref: str = "", key: str = "") -> int:
        """Withdraw what waits under a key or a reference; what is being performed goes on."""
        await self._write_enqueued()
        statement = update(effects).where(effects.c.state == "waiting")
        statement = statement.where(effects.c.key == key if key else effects.c.ref == ref)
        done = await self.execute(statement.values(state="cancelled", ended=self.now))
        return int(done.rowcount)

    def begin_chapter(self) -> None:
        """What is announced from here on is said after the commit in the present context.

        A transaction that stores what several effects led to has a chapter for each.
        """
        self.chapters.append((copy_context(), []))

    async def announce(self, change: Change) -> None:
        """Tell every subscriber, inside this transaction: all of it happens, or none."""
        self.chapters[-1][1].append(change)
        for prefix, subscriber in self._database.subscribers:
            if change.what.startswith(prefix):
                await subscriber(self, change)

    def before_commit(self, name: str, write: BeforeCommit) -> None:
        """Call `write(tx)` once at the end: a room that gathers its changes writes them then."""
        self._before_commit[name] = write

    async def finish(self) -> None:
        """Write what was gathered; the commit follows."""
        while self._before_commit:
            _name, write = self._before_commit.popitem()
            await write(self)
        await self._write_enqueued()

    async def _write_enqueued(self) -> set[str]:
        """Write what was enqueued; the keys that were new."""
        if not self._enqueued:
            return set()
        gathered = {effect.key: effect for effect in reversed(self._enqueued)}
        self._enqueued.clear()
        offer = self.offer or _NO_OFFER
        taken = {key: one for key, one in gathered.items() if offer.takes(one, self.now)}
        rows = [
            self._leased(one, offer) if key in taken else self._waiting(one)
            for key, one in gathered.items()
        ]
        added = set((await self.execute(_ENQUEUE[self._connection.dialect.name], rows)).scalars())
        for key in added - taken.keys():
            self.note_due(gathered[key].due or self.now)
        offer.taken += [
            replace(one, due=one.due or self.now, attempts=1, token=1)
            for key, one in taken.items()
            if key in added
        ]
        return added

    def note_due(self, moment: datetime) -> None:
        """Something stored in this transaction is due then."""
        self.earliest_due = min(moment, self.earliest_due or moment)

    def _waiting(self, effect: Effect) -> dict[str, Any]:
        return {
            "key": effect.key,
            "kind": effect.kind,
            "ref": effect.ref,
            "payload": effect.payload,
            "due": effect.due or self.now,
            "state": "waiting",
            "attempts": 0,
            "owner": "",
            "token": 0,
            "leased_until": None,
            "created": self.now,
            "note": "",
        }

    def _leased(self, effect: Effect, offer: Offer) -> dict[str, Any]:
        return {
            **self._waiting(effect),
            "state": "leased",
            "attempts": 1,
            "owner": offer.owner,
            "token": 1,
            "leased_until": self.now + offer.leases[effect.kind],
        }
