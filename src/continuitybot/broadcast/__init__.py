"""Texts off e-mail: to every employee under approval, and to the people who are paged."""

from continuitybot.broadcast.broadcasts import Broadcasts
from continuitybot.broadcast.carriers import open_carriers
from continuitybot.broadcast.model import (
    Broadcast,
    BroadcastState,
    Counts,
    Delivery,
    DeliveryState,
)
from continuitybot.broadcast.planning import Preview, PreviewText
from continuitybot.broadcast.replies import SmsCommands

__all__ = [
    "Broadcast",
    "BroadcastState",
    "Broadcasts",
    "Counts",
    "Delivery",
    "DeliveryState",
    "Preview",
    "PreviewText",
    "SmsCommands",
    "open_carriers",
]
