"""The fields of posted forms: whatever a stranger posts, it is a form or a clear refusal."""

from __future__ import annotations

from aiohttp import web

from continuitybot.errors import Refused


async def posted(request: web.Request) -> list[tuple[str, str]]:
    """The fields, in their order. Raises Refused when the body cannot be read as a form."""
    try:
        return [(name, str(value)) for name, value in (await request.post()).items()]
    except (ValueError, LookupError, AssertionError) as error:  # of its coding, charset, parts
        raise Refused("The body cannot be read as a form.") from error
