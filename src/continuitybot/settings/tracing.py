"""Settings of traces: where they are sent."""

from __future__ import annotations

from pydantic import Field

from continuitybot.settings.values import Secret, Section, WebAddress


class TracingSettings(Section):
    """Traces of runs by OpenTelemetry. They need `pip install continuitybot[tracing]`."""

    endpoint: WebAddress = Field(
        description="Address of the collector that takes OTLP over HTTP, such as "
        "`http://collector:4318`; `/v1/traces` is added."
    )
    headers: dict[str, Secret] = Field(
        {}, description="Headers that the collector asks for, such as its key: name -> secret."
    )
    service_name: str = Field(
        "continuitybot", min_length=1, description="What the bot is called in the traces."
    )
    sample_ratio: float = Field(
        1.0, gt=0, le=1, description="The share of traces that is sent; a run is sent whole or not."
    )
