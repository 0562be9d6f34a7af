"""Whom a step turns to when whoever it is for does not answer."""

from __future__ import annotations

from pydantic import Field

from continuitybot.runbooks.fields import Span, Template
from continuitybot.settings.values import Section


class Escalation(Section):
    """After how long somebody else is told."""

    after: Span
    to: Template = Field("", description="A person or an audience; what empty means, see there.")
