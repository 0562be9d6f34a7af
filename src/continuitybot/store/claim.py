"""One process has a SQLite database to itself; a second one is told so before it does harm."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from continuitybot.errors import Refused
from continuitybot.store.database import Database


class Claim:
    """A lock on `<database file>.lock` for as long as the process lives; `kill -9` frees it.

    PostgreSQL is shared by several, and needs none.
    """

    def __init__(self, database: Database) -> None:
        file = database.engine.sync_engine.url.database if database.single_process else None
        self._path = Path(f"{file}.lock") if file else None
        self._handle: int | None = None

    def take(self) -> None:
        """Take the database. Raises Refused when another process has it."""
        if self._path is None:
            return
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.give_back()
            raise Refused(
                f"Another continuitybot works on {self._path.with_suffix('')}.",
                remedy="Stop it first; for several at once, use PostgreSQL.",
            ) from error

    def give_back(self) -> None:
        """Let another process have it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
