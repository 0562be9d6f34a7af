"""Runbooks: YAML that people can read, run by an engine that survives being killed."""

from continuitybot.runbooks.loader import load_runbooks, load_text, shipped_folder
from continuitybot.runbooks.model import Mode, Run, StepRun
from continuitybot.runbooks.ports import Ports
from continuitybot.runbooks.rehearsal import rehearse
from continuitybot.runbooks.runbooks import Runbooks
from continuitybot.runbooks.schema import json_schema
from continuitybot.runbooks.tabletop import tabletop_ports

__all__ = [
    "Mode",
    "Ports",
    "Run",
    "Runbooks",
    "StepRun",
    "json_schema",
    "load_runbooks",
    "load_text",
    "rehearse",
    "shipped_folder",
    "tabletop_ports",
]
