"""Runbooks: YAML that people can read, run by an engine that survives being killed."""

from continuitybot.runbooks.editors import json_schema
from continuitybot.runbooks.loader import (
    Library,
    load_runbooks,
    load_text,
    read_library,
    shipped_folder,
)
from continuitybot.runbooks.model import Mode, Run, StepRun
from continuitybot.runbooks.ports import Ports
from continuitybot.runbooks.rehearsal import rehearse
from continuitybot.runbooks.runbooks import Runbooks
from continuitybot.runbooks.tabletop import tabletop_ports

__all__ = [
    "Library",
    "Mode",
    "Ports",
    "Run",
    "Runbooks",
    "StepRun",
    "json_schema",
    "load_runbooks",
    "load_text",
    "read_library",
    "rehearse",
    "shipped_folder",
    "tabletop_ports",
]
