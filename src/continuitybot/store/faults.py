"""Which faults of a database may pass, and what a person is told of them."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from continuitybot.errors import Transient


def may_pass(error: DBAPIError) -> bool:
    """Whether the fault is the database's state; otherwise the statement itself is wrong."""
    # asyncpg's own errors come unsorted: a deadlock, a lost connection, a full disk.
    state = getattr(error.orig, "sqlstate", None) or ""
    return (
        isinstance(error, OperationalError | InterfaceError)
        or error.connection_invalidated
        or state[:2] in {"08", "40", "53", "55", "57", "58"}
    )


def database_fault(text: str) -> Transient:
    """What is raised to callers when the database did not take a change."""
    cause = next(iter(text.splitlines()), "it is away")
    remedies = {
        "locked": "Another process holds the file; stop it, or use PostgreSQL for several.",
        "full": "The disk is full; free some space, nothing that was confirmed is lost.",
        "readonly": "The database file or its folder is not writable for this user.",
    }
    remedy = next((text for word, text in remedies.items() if word in cause), "")
    return Transient(f"The database did not take the change: {cause}.", remedy=remedy)
