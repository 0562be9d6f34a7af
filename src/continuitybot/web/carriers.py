"""Webhooks of SMS carriers: receipts and replies. The broadcast room checks their signatures."""

from __future__ import annotations

from xml.sax.saxutils import escape

from aiohttp import web

from continuitybot.broadcast import Broadcasts
from continuitybot.errors import Refused
from continuitybot.web.forms import posted

_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def routes(broadcasts: Broadcasts) -> list[web.RouteDef]:
    """`POST /sms/<carrier>/status` and `POST /sms/<carrier>/inbound`."""

    async def status(request: web.Request) -> web.Response:
        form, body = await _form(request)
        await broadcasts.receipt(
            request.match_info["carrier"],
            headers=request.headers,
            form=form,
            url=request.path_qs,
            body=body,
        )
        return web.Response(status=204)

    async def inbound(request: web.Request) -> web.Response:
        form, body = await _form(request)
        reply = await broadcasts.inbound(
            request.match_info["carrier"],
            headers=request.headers,
            form=form,
            url=request.path_qs,
            body=body,
        )
        if reply is None:
            return web.Response(text=_EMPTY_TWIML, content_type="text/xml")
        twiml = f"<Response><Message>{escape(reply)}</Message></Response>"
        return web.Response(text=twiml, content_type="text/xml")

    return [
        web.post("/sms/{carrier}/status", status),
        web.post("/sms/{carrier}/inbound", inbound),
    ]


async def _form(request: web.Request) -> tuple[dict[str, str], bytes]:
    body = await request.read()
    if request.content_type == "application/json":
        try:
            document = await request.json()
        except (ValueError, LookupError) as error:  # the latter for a charset nobody knows
            raise Refused("The body is not JSON.") from error
        if not isinstance(document, dict):
            raise Refused("The body is not a JSON object.")
        return {str(key): str(value) for key, value in document.items()}, body
    return dict(await posted(request)), body
