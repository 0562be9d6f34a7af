"""The database, the transaction, and the outbox with its leases: one mechanism for all rooms."""

from continuitybot.store.database import Change, Database, Transaction
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
from continuitybot.store.tables import Json, UtcTime, from_document, metadata, to_document
from continuitybot.store.watching import Silent, Watcher
from continuitybot.store.worker import Duty, Workers, nothing_follows

__all__ = [
    "Again",
    "Change",
    "Database",
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
