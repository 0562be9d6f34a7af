"""Errors as answers: what went wrong in one sentence, as JSON or as a small page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from markupsafe import Markup, escape

from continuitybot.errors import ContinuityError, NotAllowed, NotFound, Refused, Transient
from continuitybot.log import about

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS: tuple[tuple[type[ContinuityError], int], ...] = (
    (NotAllowed, 403),
    (NotFound, 404),
    (Refused, 422),
    (Transient, 503),
)
_PAGE = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>continuitybot</title><link rel="stylesheet" href="/static/console.css">'
    '<body class="page"><main class="notice"><h1>{title}</h1><p>{text}</p></main></body></html>'
)
_TITLES = {
    403: "Not allowed",
    404: "Not found",
    413: "Too large",
    422: "Not possible",
    503: "Not now",
}


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into answers that a person can use; never a traceback, never silence.

    Whatever is logged while a request is answered names it.
    """
    with about(request=f"{request.method} {request.path}"):
        return await _answered(request, handler)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return answer(request, 413, "The request is larger than this server takes.")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return answer(request, error.status, error.reason)
    except ContinuityError as error:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        return answer(request, status, str(error))
    except Exception:  # whatever breaks, the asker gets an answer and the log the details
        log.exception("web.request_broke")
        return answer(request, 500, "The bot made a mistake; its log has the details.")


def answer(request: web.Request, status: int, text: str) -> web.Response:
    """An error as JSON to programs and as a page to browsers."""
    if "text/html" in request.headers.get("Accept", ""):
        title = _TITLES.get(status, "That did not work")
        page = _PAGE.format(title=escape(title), text=escape(text))
        return web.Response(text=page, status=status, content_type="text/html")
    return web.json_response({"ok": False, "text": text}, status=status)
