"""The fixtures that tests of every room share."""

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
    "sqlite_template",
    "sqlite_url",
]
