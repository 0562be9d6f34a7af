"""The end of a process at one of its writes, exactly before or exactly after the commit."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, PoolProxiedConnection, event

from continuitybot.store import Database
from crash.moments import AtInstant, AtMarks, AtWrite, Mark, Moment, Strike

_CHANGE = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)")
# Keys as the product writes them: `RUN-1`, `RUN-1/confirm/1`, `check/primary/…`.
_KEY = re.compile(r"[A-Za-z]+-\d+(?:/\S*)?|[a-z_]+/\S+")
_STATES = frozenset({"waiting", "leased", "done", "failed", "unknown", "cancelled"})
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.+]*|\b[0-9a-zA-Z]{24,}\b|\d{6,}|(?<=/)\d+$")


class Death:
    """Counts the writes of a process and kills it, as the kernel would, at the moment set.

    A write is a commit of a transaction that has changed something. Nothing of the product knows
    of this: the statements are heard from the engine, and the driver's own commit is surrounded.
    `last_words` is called just before the end.
    """

    def __init__(self, database: Database, last_words: Callable[[Strike], None]) -> None:
        self.writes: list[frozenset[str]] = []
        self._moment: Moment | None = None
        self._last_words = last_words
        self._changed: dict[object, set[str]] = {}
        engine = database.engine.sync_engine
        event.listen(engine, "begin", self._begun)
        event.listen(engine, "before_cursor_execute", self._executed)
        self._commit = engine.dialect.do_commit
        engine.dialect.do_commit = self._committed

    def set(self, moment: Moment | None) -> None:
        """Count anew, and die then."""
        self.writes, self._moment = [], moment
        seconds = moment.milliseconds / 1000 if isinstance(moment, AtInstant) else 0.0
        signal.setitimer(signal.ITIMER_PROF, seconds)

    def _begun(self, connection: Connection) -> None:
        self._changed[connection.connection.dbapi_connection] = set()

    def _executed(
        self, connection: Connection, _cursor: object, statement: str, parameters: Any, *_: Any
    ) -> None:
        if found := _CHANGE.search(statement):
            changed = self._changed.setdefault(connection.connection.dbapi_connection, set())
            changed.update(_marks(f"{found[1]} {found[2]}", parameters))

    def _committed(self, connection: PoolProxiedConnection) -> None:
        changed = frozenset(self._changed.pop(connection.dbapi_connection, ()))
        if changed:
            self.writes.append(changed)
            self._die_if(changed, after=False)
        self._commit(connection)
        if changed:
            self._die_if(changed, after=True)

    def _die_if(self, changed: frozenset[str], after: bool) -> None:
        marks = frozenset(Mark(what, after) for what in changed)
        match self._moment:
            case AtWrite(number=number, after=side) if (number, side) == (len(self.writes), after):
                pass
            case AtMarks(marks=wanted) if wanted & marks:
                pass
            case _:
                return
        self._last_words(Strike(marks))
        os.kill(os.getpid(), signal.SIGKILL)


def _marks(verb: str, parameters: Any) -> Iterator[str]:
    """What a statement is known by, whenever it is executed."""
    rows = parameters if isinstance(parameters, list) else [parameters]
    for row in rows:
        words = [word for word in _strings(row) if len(word) <= 200]
        # What is enqueued may be leased at once; that is chance.
        is_new = verb == "INSERT INTO effects"
        state = "" if is_new else " ".join(sorted(_STATES & set(words)))
        keys = {_TIME.sub("…", word) for word in words if _KEY.fullmatch(word)}
        yield from (f"{verb} {key} {state}".rstrip() for key in keys or {""})


def _strings(row: Any) -> Iterable[str]:
    values = row.values() if isinstance(row, dict) else row or ()
    for value in values:  # one of many rows may come as a column of a list
        yield from (one for one in _listed(value) if isinstance(one, str))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
