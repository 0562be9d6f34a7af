"""The settings: one `continuitybot.yaml`, everything optional but the organisation and a check."""

from continuitybot.settings.loading import SettingsFile, load, read_settings
from continuitybot.settings.root import Settings, database_url

__all__ = ["Settings", "SettingsFile", "database_url", "load", "read_settings"]
