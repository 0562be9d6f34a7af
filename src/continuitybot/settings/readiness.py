"""Which continuity tests are held, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from continuitybot.settings.values import Duration, Form, Section, TimeZone

DrillName = Annotated[
    str, Form(r"[a-z0-9][a-z0-9-]{0,40}", "a short name in small letters, such as monthly-tabletop")
]
CronLine = Annotated[
    str, Form(r"\S+( \S+){4}", "five fields with spaces between, such as 0 10 8-14 * 2")
]


class DrillSettings(Section):
    """A continuity test on a schedule."""

    name: DrillName = Field(
        description="The drill's name in small letters, such as quarterly-failover.",
    )
    runbook: str = Field("continuity-test", description="The runbook that is run.")
    inputs: Mapping[str, Any] = Field(
        default_factory=dict, description="What the runbook's inputs are set to."
    )
    cron: CronLine = Field(
        description="When: minute, hour, day of the month, month, weekday (0 is Sunday). A day "
        "of the month and a weekday must both hold, so `0 10 8-14 * 2` is ten o'clock on the "
        "second Tuesday.",
    )
    time_zone: TimeZone | None = Field(
        None,
        description="The zone of `cron`, such as Europe/Vienna; without it the organisation's.",
    )
    mode: Literal["tabletop", "pilot"] = Field(
        "tabletop",
        description="tabletop: every effect is simulated and shown. pilot: real effects, on the "
        "drill's own domain and people only. A full failover is planned and started by a person.",
    )
    grace: Duration = Field(
        timedelta(hours=1),
        description="How late a drill may still begin. After that it counts as missed, which is "
        "announced, and it is not held until the next time.",
    )
