"""The demo's settings turned into those of an ordinary company: minutes instead of seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]


def rewrite_settings(
    config: Path, secrets: dict[str, str], changes: Callable[[Document], None] | None
) -> None:
    """Write the settings anew, their secrets in files beside them; `changes` has the last word."""
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    for check in document["checks"]:
        check |= {"every": "2m", "fail_after": 2, "healthy_after": 2}
        if "late_after" in check:
            check["late_after"] = "900ms"
    for route in document["mailflow"]["routes"].values():
        route.update(deadline="1200ms", look_every="20ms")
    document["oncall"]["ladder"][0]["wait"] = "5m"
    document["oncall"]["repeat"] = "10m"
    document["incidents"]["objectives"]["detect"] = "5m"
    document["continuity"]["prove"] |= {"timeout": "5s", "every": "10s", "attempts": 2}
    document["continuity"]["fail_back"] |= {"every": "2m", "drain_poll": "10s"}
    document["broadcast"]["receipt_deadline"] = "5m"
    document["broadcast"]["carriers"][0]["rate_per_second"] = 1000
    document["web"]["side_panel"] = ""
    document["log"]["level"] = "error"
    by_hand = {"apply": ["Point {domain} there."], "revert": ["Point {domain} back."]}
    document["continuity"]["providers"].append({"name": "hands", "kind": "manual", **by_hand})
    if changes is not None:
        changes(document)
    written = yaml.safe_dump(document, sort_keys=False)
    for name, secret in secrets.items():
        (config.parent / name).write_text(secret, encoding="utf-8")
        written = written.replace(f"env:{name}", f"file:{config.parent / name}")
    config.write_text(written, encoding="utf-8")
