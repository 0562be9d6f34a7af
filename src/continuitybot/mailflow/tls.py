"""The client side of TLS, for every probe that speaks it."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

from continuitybot.errors import Refused


@lru_cache(maxsize=32)
def client_context(verify: bool = True, ca_file: Path | None = None) -> ssl.SSLContext:
    """A context that trusts the machine's authorities, or those of a PEM file instead.

    Raises: Refused when the file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        remedy = "Name a readable PEM file of certificates in ca_file."
        raise Refused(f"{ca_file} cannot be used: {error}.", remedy=remedy) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
