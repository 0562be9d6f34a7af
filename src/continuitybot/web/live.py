"""Server-sent events: an open page is told that something has changed, and fetches it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aiohttp import web

from continuitybot.store import Change, Database

_HEARTBEAT = 15.0
_CHANGED = b"event: changed\ndata: {}\n\n"
_STILL_HERE = b": still here\n\n"


async def tell_changes(
    request: web.Request, database: Database, matters: Callable[[Change], bool]
) -> web.StreamResponse:
    """`changed` at once, and again after each commit with a change that matters to the page."""
    answer = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await answer.prepare(request)
    changed = asyncio.Event()

    def listen(changes: Sequence[Change]) -> None:
        if any(map(matters, changes)):
            changed.set()

    leave = database.on_commit(listen)
    try:
        await answer.write(_CHANGED)
        while True:
            line = _STILL_HERE
            try:
                await asyncio.wait_for(changed.wait(), _HEARTBEAT)
                changed.clear()
                line = _CHANGED
            except TimeoutError:
                pass
            await answer.write(line)
    except ConnectionResetError:
        return answer
    finally:
        leave()
