"""The report of an incident: what happened, how long it took, and against which objective."""

from continuitybot.incidents.report.build import Report
from continuitybot.incidents.report.render import RENDERERS, render

__all__ = ["RENDERERS", "Report", "render"]
