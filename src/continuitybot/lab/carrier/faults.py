"""The ways in which the carrier's API fails when it is told to."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from aiohttp import web


class Fault(StrEnum):
    """`drop` accepts the text and then closes the connection: the sender cannot know."""

    NONE = "none"
    BUSY = "busy"
    ERROR = "error"
    GARBAGE = "garbage"
    HANG = "hang"
    DROP = "drop"


def api_error(status: int, code: int, text: str) -> web.Response:
    """An error as the carrier writes it."""
    document = {
        "code": code,
        "message": text,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(document, status=status)


async def failing_answer(fault: Fault) -> web.Response | None:
    """What is answered instead of doing the work; None when the work is to be done."""
    if fault is Fault.BUSY:
        return api_error(429, 20429, "Too Many Requests")
    if fault is Fault.ERROR:
        return api_error(500, 20500, "Internal Server Error")
    if fault is Fault.GARBAGE:
        return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
    if fault is Fault.HANG:
        await asyncio.Event().wait()
    return None
