"""Watching mail flow: probes make observations, which become a verdict and a diagnosis."""

from continuitybot.mailflow.canary import CanaryResult
from continuitybot.mailflow.diagnosis import Diagnosis
from continuitybot.mailflow.message import HopTime
from continuitybot.mailflow.model import CheckView, Health, Hop, Observation, State
from continuitybot.mailflow.shapes import Side
from continuitybot.mailflow.watch import Mailflow

__all__ = [
    "CanaryResult",
    "CheckView",
    "Diagnosis",
    "Health",
    "Hop",
    "HopTime",
    "Mailflow",
    "Observation",
    "Side",
    "State",
]
