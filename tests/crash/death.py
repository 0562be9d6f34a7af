"""The end of a process at one of its writes, exactly before or exactly after the commit."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event

from continuitybot.store import Database
from continuitybot.store.engines import READ_ONLY


@dataclass(frozen=True)
class Moment:
    """Around the `number`-th write from when it is set: just `after` its commit, or just before."""

    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} write {self.number}"


class Death:
    """Counts the writes of a process and kills it, as the kernel would, at the moment set.

    It listens to the engine, so the code under test knows nothing of it: `commit` is told before
    the driver commits, and `reset` is the next that happens to the connection after that, before
    any line of the product has learned that it is done.
    """

    def __init__(self, database: Database, moment: Moment | None) -> None:
        self.writes = 0
        self._moment = moment
        self._fatal: object = None
        engine = database.engine.sync_engine
        event.listen(engine, "commit", self._before_commit)
        event.listen(engine, "reset", self._after_commit)

    def set(self, moment: Moment | None) -> None:
        """Count anew, and die then."""
        self.writes, self._moment = 0, moment

    def _before_commit(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(READ_ONLY) or options.get("postgresql_readonly"):
            return
        self.writes += 1
        if self._moment is None or self.writes != self._moment.number:
            return
        if not self._moment.after:
            os.kill(os.getpid(), signal.SIGKILL)
        self._fatal = connection.connection.dbapi_connection

    def _after_commit(self, dbapi_connection: object, *_: Any) -> None:
        if self._fatal is dbapi_connection:
            os.kill(os.getpid(), signal.SIGKILL)
