"""Practice before the failure: drills on a schedule, their evidence, and the readiness score."""

from continuitybot.readiness.assessment import Assessment
from continuitybot.readiness.drills import Drills, DrillStarter
from continuitybot.readiness.model import (
    DrillReport,
    DrillResult,
    DrillState,
    DrillView,
    Evidence,
)
from continuitybot.readiness.score import CheckFact, Finding, Readiness

__all__ = [
    "Assessment",
    "CheckFact",
    "DrillReport",
    "DrillResult",
    "DrillStarter",
    "DrillState",
    "DrillView",
    "Drills",
    "Evidence",
    "Finding",
    "Readiness",
]
