"""The messages of the browser console."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from continuitybot.store import Json, UtcTime, metadata

console_messages = Table(
    "console_messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("channel", String(120), nullable=False),
    # Posting the same key twice is once.
    Column("key", String(200), nullable=False, unique=True),
    Column("thread", Integer, nullable=False),
    # The only person who sees it; "" for everybody.
    Column("reader", String(120), nullable=False),
    # The line, when it is one that the reader has written; "" for everything else.
    Column("said", Text, nullable=False),
    Column("card", Json, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("edited", UtcTime),
    # Counts every message and every edit, in the order of their commits.
    Column("version", Integer, nullable=False, index=True),
)
