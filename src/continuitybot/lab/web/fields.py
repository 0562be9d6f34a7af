"""What a request's JSON body says."""

from __future__ import annotations

import json

from aiohttp import web

from continuitybot.errors import BadInput, Problem

_NO_OBJECT = Problem("body", "is not a JSON object", remedy="Send application/json.")


def require_json(request: web.Request) -> None:
    """Raises BadInput for any other content: no other site's form can post here from a browser."""
    if request.content_type != "application/json":
        raise BadInput("Nothing was done.", [_NO_OBJECT])


async def text_field(request: web.Request, name: str) -> str:
    """A field of the JSON object in the body. Raises BadInput when it is no text."""
    require_json(request)
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise BadInput("Nothing was done.", [_NO_OBJECT]) from None
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise BadInput("Nothing was done.", [Problem(name, "is missing", remedy="Give a text.")])
    return value
