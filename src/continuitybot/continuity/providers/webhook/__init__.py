"""The provider that is an HTTP service, its calls written as templates in the settings."""

from continuitybot.continuity.providers.webhook.provider import Webhook

__all__ = ["Webhook"]
