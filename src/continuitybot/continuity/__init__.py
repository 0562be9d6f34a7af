"""The switch: mail to the standby and back, planned, approved, applied, proved."""

from continuitybot.continuity.continuity import Continuity
from continuitybot.continuity.model import Event, State
from continuitybot.continuity.plan import Backlog, Evidence, Plan, Position, Scope
from continuitybot.continuity.provider import Prover, Provider, ReadsBack, Side
from continuitybot.continuity.providers import build_providers

__all__ = [
    "Backlog",
    "Continuity",
    "Event",
    "Evidence",
    "Plan",
    "Position",
    "Prover",
    "Provider",
    "ReadsBack",
    "Scope",
    "Side",
    "State",
    "build_providers",
]
