"""The record of who did what: append-only, each entry chained to the one before."""

from continuitybot.audit.chain import Entry, Verdict
from continuitybot.audit.record import entries, record, record_denial
from continuitybot.audit.verify import verify

__all__ = ["Entry", "Verdict", "entries", "record", "record_denial", "verify"]
