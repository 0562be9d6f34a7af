"""The database, the transaction, and the outbox with its leases: one mechanism for all rooms."""

from continuitybot.store.bulk import Bulk
from continuitybot.store.database import Database
from continuitybot.store.duty import Duty, nothing_follows
from continuitybot.store.effects import (
    Again,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Unknown,
    effects,
)
from continuitybot.store.schedules import Schedule, Schedules, cron, every, next_after
from continuitybot.store.tables import (
    Document,
    Json,
    UtcTime,
    from_document,
    metadata,
    to_document,
)
from continuitybot.store.transaction import Change, Transaction
from continuitybot.store.watching import Silent, Watcher
from continuitybot.store.worker import Workers

__all__ = [
    "Again",
    "Bulk",
    "Change",
    "Database",
    "Document",
    "Duty",
    "Effect",
    "Failed",
    "Json",
    "Outcome",
    "Schedule",
    "Schedules",
    "Silent",
    "Succeeded",
    "Transaction",
    "Unknown",
    "UtcTime",
    "Watcher",
    "Workers",
    "cron",
    "effects",
    "every",
    "from_document",
    "metadata",
    "next_after",
    "nothing_follows",
    "to_document",
]
