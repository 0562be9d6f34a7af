"""Signed links: the address of a page that one person may use for a day.

There is no sign-on system in between, because it may be down together with the mail.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from continuitybot.errors import NotAllowed, Refused
from continuitybot.settings import Settings

LIFETIME = timedelta(hours=24)


class Links:
    """Makes and checks the keys that stand in links. Format: `<payload>.<HMAC-SHA256>`."""

    def __init__(self, key: str) -> None:
        if len(key) < 32:
            raise Refused("web.link_key is shorter than 32 characters.", remedy="Make it longer.")
        self._key = key.encode()

    def sign(self, person: str, now: datetime, lifetime: timedelta = LIFETIME) -> str:
        """A key for one person (by handle), good until `now + lifetime`."""
        content = {"p": person, "x": int((now + lifetime).timestamp())}
        payload = _encode(json.dumps(content, separators=(",", ":")).encode())
        return f"{payload}.{self._signature(payload)}"

    def person(self, key: str, now: datetime) -> str:
        """The handle a key was made for. Raises NotAllowed when it is forged or too old."""
        payload, _, signature = key.partition(".")
        if not hmac.compare_digest(self._signature(payload).encode(), signature.encode()):
            raise NotAllowed("This link is not valid.", remedy="Ask the bot for a new one.")
        content = json.loads(_decode(payload))
        expires = datetime.fromtimestamp(content["x"], UTC)
        if now >= expires:
            raise NotAllowed(
                f"This link was good until {expires:%d %B %H:%M} UTC.",
                remedy="Ask the bot for a new one.",
            )
        return str(content["p"])

    def _signature(self, payload: str) -> str:
        return _encode(hmac.new(self._key, payload.encode(), hashlib.sha256).digest())


def link_key(settings: Settings, folder: Path) -> str:
    """The configured key, or one made once and kept in `continuitybot.key` (mode 0600)."""
    if settings.web.link_key is not None:
        return settings.web.link_key.read()
    path = folder / "continuitybot.key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        key = secrets.token_urlsafe(48)
        path.touch(mode=0o600)
        path.write_text(key + "\n", encoding="ascii")
        return key


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
