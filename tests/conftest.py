"""The fixtures that tests of every room share."""

from crash.summary import pytest_terminal_summary
from rig.databases import (
    any_database,
    any_url,
    clock,
    database,
    postgresql_server,
    postgresql_url,
    sqlite_template,
    sqlite_url,
)

__all__ = [
    "any_database",
    "any_url",
    "clock",
    "database",
    "postgresql_server",
    "postgresql_url",
    "pytest_terminal_summary",
    "sqlite_template",
    "sqlite_url",
]
