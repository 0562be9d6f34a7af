"""The settings of a bot that looks after the simulated company; windows are short, to watch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from continuitybot.lab.addresses import Addresses, Door, SiteDoors
from continuitybot.lab.company import COMPANY, DOMAIN, OUTSIDE_PROBE, write_people

ADMINS = ("alice", "bob", "carol")
_PASSWORD, _GATEWAY, _CARRIER = "LAB_PROBE_PASSWORD", "LAB_GATEWAY_TOKEN", "LAB_CARRIER_TOKEN"
_SENDER = "probe@mx.outside.example"


def write_demo(folder: Path, lab: Addresses, web_port: int, listener_port: int) -> Path:
    """Write `continuitybot.yaml` and `people.csv` for this lab; returns the settings file."""
    write_people(folder / "people.csv")
    path = folder / "continuitybot.yaml"
    document = _settings(lab, web_port, listener_port)
    path.write_text(yaml.safe_dump(document, sort_keys=False, width=100), encoding="utf-8")
    return path


def environment(lab: Addresses) -> dict[str, str]:
    """The secrets that the settings name."""
    return {
        _PASSWORD: lab.probe.password,
        _GATEWAY: lab.gateway_token,
        _CARRIER: lab.carrier.auth_token,
    }


def _settings(lab: Addresses, web_port: int, listener_port: int) -> dict[str, Any]:
    return {
        "organisation": {"name": COMPANY, "domains": [DOMAIN], "time_zone": "Europe/Vienna"},
        "people": {"file": "people.csv", "default_region": "AT"},
        "oncall": {
            "ladder": [
                {"people": ["alice", "bob"], "channels": ["chat", "sms", "email"], "wait": "30s"},
                {"people": ["role:responder", "role:admin"], "channels": ["chat", "sms"]},
            ],
            "repeat": "2m",
        },
        "checks": _checks(lab),
        "mailflow": {
            "vantage": "demo",
            "listener": {"host": "127.0.0.1", "port": listener_port},
            "routes": _routes(lab),
        },
        "incidents": {"objectives": {"detect": "1m", "acknowledge": "5m"}},
        "email_relay": {
            **_door(lab.relay),
            "starttls": False,
            "from": "continuitybot@alerts.outside.example",
        },
        "continuity": _continuity(lab),
        "broadcast": _broadcast(lab),
        "chat": {"console": {"channel": "continuity"}},
        "web": {
            "port": web_port,
            "open_console_to": list(ADMINS),
            "side_panel": lab.panel_url,
        },
        "log": {"level": "warning"},
    }


def _checks(lab: Addresses) -> list[dict[str, Any]]:
    windows = {"fail_after": 3, "healthy_after": 3, "flapping_after": 6, "flapping_window": "2m"}
    return [
        {
            "name": "primary",
            "kind": "smtp",
            "title": "Primary",
            "direction": "inbound",
            "servers": [_door(lab.primary.smtp)],
            "sender": _SENDER,
            "recipient": lab.probe.user,
            "every": "2s",
            "step_timeout": "3s",
            "failed_after": "5s",
            "late_after": "2s",
            **windows,
        },
        {
            "name": "inbound",
            "kind": "round_trip",
            "title": "Inbound mail",
            "direction": "inbound",
            "route": "primary_inbound",
            "every": "4s",
            "late_after": "4s",
            **windows,
        },
        {
            "name": "outbound",
            "kind": "round_trip",
            "title": "Outbound mail",
            "direction": "outbound",
            "route": "primary_outbound",
            "every": "4s",
            "late_after": "4s",
            **windows,
        },
        {
            "name": "elsewhere",
            "kind": "smtp",
            "title": "mx.outside.example",
            "control": True,
            "direction": "both",
            "servers": [_door(lab.outside)],
            "sender": lab.probe.user,
            "recipient": OUTSIDE_PROBE,
            "every": "4s",
        },
    ]


def _routes(lab: Addresses) -> dict[str, dict[str, Any]]:
    return {
        "primary_inbound": _inbound(lab, lab.primary),
        "primary_outbound": _outbound(lab, lab.primary),
        "standby_inbound": _inbound(lab, lab.standby),
        "switched_inbound": _inbound(lab, lab.standby) | {"send": _door(lab.gateway)},
        "standby_outbound": _outbound(lab, lab.standby),
    }


def _inbound(lab: Addresses, site: SiteDoors) -> dict[str, Any]:
    mailbox = {
        **_door(site.imap),
        "tls": "none",
        "user": lab.probe.user,
        "password": f"env:{_PASSWORD}",
    }
    return {
        "send": _door(site.smtp),
        "sender": _SENDER,
        "recipient": lab.probe.user,
        "find": mailbox,
        "deadline": "12s",
        "look_every": "500ms",
    }


def _outbound(lab: Addresses, site: SiteDoors) -> dict[str, Any]:
    login = {"user": lab.probe.user, "password": f"env:{_PASSWORD}"}
    return {
        "send": _door(site.submission) | login,
        "sender": lab.probe.user,
        "recipient": lab.outside_probe,
        "find": "listener",
        "deadline": "12s",
    }


def _continuity(lab: Addresses) -> dict[str, Any]:
    def put(to: str, expected: str) -> dict[str, Any]:
        return {
            "method": "PUT",
            "url": "/gateway/routes/{{ domain }}",
            "json": {"next_hop": to, "expected": expected},
        }

    gateway = {
        "name": "gateway",
        "kind": "webhook",
        "base_url": lab.http_url,
        "bearer": f"env:{_GATEWAY}",
        "read": {"url": "/gateway/routes/{{ domain }}", "value": "next_hop"},
        "standby": "standby",
        "apply": put("{{ change.after }}", "{{ change.before }}"),
        "revert": put("{{ change.before }}", "{{ change.after }}"),
        "drain": {"method": "POST", "url": "/standby/drain", "json": {"domain": "{{ domain }}"}},
        "drained": {
            "url": "/books/{{ domain }}",
            "taken": "taken",
            "delivered": "copied_back",
            "outstanding": "outstanding",
            "duplicates": "duplicates",
        },
    }
    return {
        "providers": [gateway],
        "default_duration": "4h",
        "prove": {"timeout": "15s", "attempts": 3, "every": "2s"},
        "fail_back": {"clean_round_trips": 3, "every": "3s", "drain_poll": "2s"},
    }


def _broadcast(lab: Addresses) -> dict[str, Any]:
    carrier = {
        "name": "twilio",
        "kind": "twilio",
        "api_url": lab.http_url,
        "account_sid": lab.carrier.account_sid,
        "auth_token": f"env:{_CARRIER}",
        "from_number": lab.carrier.number,
        "rate_per_second": 20,
    }
    return {
        "carriers": [carrier],
        "pilot_audience": "group:it",
        "receipt_deadline": "60s",
        "retry_after": ["5s"],
    }


def _door(door: Door) -> dict[str, Any]:
    return {"host": door.host, "port": door.port}
