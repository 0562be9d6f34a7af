"""Incidents: alerts, paging and escalation, the incident itself, its timeline and its report."""

from continuitybot.incidents.incidents import Incidents
from continuitybot.incidents.model import Alert, Incident, Severity, Status, TimelineEntry

__all__ = ["Alert", "Incident", "Incidents", "Severity", "Status", "TimelineEntry"]
