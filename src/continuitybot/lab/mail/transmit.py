"""Handing one letter to the next hop by SMTP."""

from __future__ import annotations

import aiosmtplib

from continuitybot.errors import Transient
from continuitybot.lab.addresses import Door
from continuitybot.lab.mail.letter import Letter


async def transmit(letter: Letter, door: Door, *, site: str, timeout: float) -> None:
    """Returns when the next hop has taken the letter. Raises Transient on anything else.

    A refusal for good is transient too: no site of the lab gives a letter up.
    """
    client = aiosmtplib.SMTP(
        hostname=door.host,
        port=door.port,
        local_hostname=site,
        timeout=timeout,
        use_tls=False,
        start_tls=False,
    )
    try:
        async with client:
            await client.sendmail(letter.sender, [letter.recipient], letter.raw)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Transient(f"{door.host}:{door.port} did not take the letter: {error}") from error
