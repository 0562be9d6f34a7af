"""Codes that prove a text message was answered by whoever holds the phone it went to.

A sender's number can be forged; a code that was only ever sent to that phone cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac

_DIGITS = 6


class Codes:
    """One code for one person and one question, made from a key instead of being stored."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def code(self, question: str, handle: str) -> str:
        """Six digits for `handle` to answer `question` with (an approval's id, say)."""
        message = f"{question}\n{handle}".encode()
        digest = hmac.new(self._key, message, hashlib.sha256).digest()
        return str(int.from_bytes(digest[:8]) % 10**_DIGITS).zfill(_DIGITS)

    def matches(self, question: str, handle: str, given: str) -> bool:
        """Whether `given` is that code, compared in constant time."""
        return hmac.compare_digest(self.code(question, handle).encode(), given.strip().encode())
