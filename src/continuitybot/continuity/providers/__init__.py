"""What can switch the mail: one provider per file, and the registry of their kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from continuitybot.continuity.provider import Provider
from continuitybot.continuity.providers.manual import Manual
from continuitybot.continuity.providers.webhook import Webhook
from continuitybot.settings.continuity import ContinuitySettings

PROVIDERS: Mapping[str, Callable[[Any], Provider]] = {
    "manual": Manual,
    "webhook": Webhook,
}


def build_providers(settings: ContinuitySettings) -> dict[str, Provider]:
    """Every configured provider, by name."""
    return {one.name: PROVIDERS[one.kind](one) for one in settings.providers}
