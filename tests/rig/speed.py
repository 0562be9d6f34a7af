"""What tests may do without: a power cut is not among the things that happen to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from continuitybot.store import Database


def prefer_speed(database: Database) -> None:
    """A SQLite file survives its process, not a power cut."""
    if database.single_process:
        event.listen(database.engine.sync_engine, "connect", _prefer_speed)


def _prefer_speed(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()
