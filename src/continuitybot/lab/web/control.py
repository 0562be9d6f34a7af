"""The control API of the gateway, the standby and the books, as a provider would offer it."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus

from aiohttp import web

from continuitybot.errors import BadInput, NotFound, Problem, Refused, Stale
from continuitybot.lab.company import DOMAIN
from continuitybot.lab.mail.operations import Operations
from continuitybot.lab.mail.sites import MailSites
from continuitybot.lab.web.fields import text_field

Handler = Callable[[web.Request], Awaitable[web.Response]]


class ControlApi:
    """Every request needs the bearer token; requests that change something, an Idempotency-Key."""

    def __init__(self, token: str, mail: MailSites) -> None:
        self._token = token
        self._gateway = mail.gateway
        self._copy_back = mail.copy_back
        self._books = mail.books

    def routes(self) -> list[web.RouteDef]:
        gateway, standby = self._gateway.routes.operations, self._copy_back.operations
        return [
            web.get("/gateway/routes/{domain}", self._guarded(self._route)),
            web.put("/gateway/routes/{domain}", self._guarded(self._change_route)),
            web.get("/gateway/operations/{key:.+}", self._guarded(_operation_of(gateway))),
            web.get("/gateway/queue", self._guarded(self._queue)),
            web.post("/standby/drain", self._guarded(self._drain)),
            web.get("/standby/operations/{key:.+}", self._guarded(_operation_of(standby))),
            web.get("/books/{domain}", self._guarded(self._balance)),
            web.get("/books/{domain}/audit", self._guarded(self._audit)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return _error(HTTPStatus.UNAUTHORIZED, "The bearer token is missing or wrong.")
            try:
                return await handler(request)
            except Refused as refusal:
                return _error(_status_of(refusal), str(refusal))

        return guarded

    async def _route(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._gateway.routes.route(_domain(request))))

    async def _change_route(self, request: web.Request) -> web.Response:
        domain = _domain(request)
        try:
            route = self._gateway.routes.change(
                domain,
                next_hop=await text_field(request, "next_hop"),
                expected=await text_field(request, "expected"),
                key=_key(request),
            )
        except Stale as stale:
            present = asdict(self._gateway.routes.route(domain))
            return _error(HTTPStatus.CONFLICT, str(stale), present)
        return web.json_response(asdict(route) | {"applied": True})

    async def _queue(self, _request: web.Request) -> web.Response:
        queue = self._gateway.queue
        hops = {
            hop: {"count": backlog.count, "oldest_seconds": queue.oldest_seconds(backlog)}
            for hop, backlog in queue.backlogs().items()
        }
        return web.json_response({"count": len(queue), "hops": hops})

    async def _drain(self, request: web.Request) -> web.Response:
        domain = await text_field(request, "domain")
        self._copy_back.begin(domain, _key(request))
        document = {"domain": domain, "draining": self._copy_back.draining}
        return web.json_response(document, status=HTTPStatus.ACCEPTED)

    async def _balance(self, request: web.Request) -> web.Response:
        domain, balance = _own_domain(request), self._books.balance()
        return web.json_response(
            {"domain": domain} | asdict(balance) | {"balanced": balance.balanced}
        )

    async def _audit(self, request: web.Request) -> web.Response:
        _own_domain(request)
        audit = self._books.audit()
        return web.json_response(asdict(audit) | {"ok": audit.ok})


def _operation_of(operations: Operations) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        key = request.match_info["key"]
        return web.json_response({"key": key, "applied": operations.applied(key)})

    return answer


def _domain(request: web.Request) -> str:
    return request.match_info["domain"].lower()


def _own_domain(request: web.Request) -> str:
    domain = _domain(request)
    if domain != DOMAIN:
        raise NotFound(f"There are no books of {domain}.")
    return domain


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        problem = Problem("Idempotency-Key", "the header is missing", remedy="Name the operation.")
        raise BadInput("Nothing was changed.", [problem])
    return key


def _status_of(refusal: Refused) -> HTTPStatus:
    if isinstance(refusal, NotFound):
        return HTTPStatus.NOT_FOUND
    if isinstance(refusal, BadInput):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _error(status: HTTPStatus, text: str, more: dict[str, object] | None = None) -> web.Response:
    return web.json_response({"error": text} | (more or {}), status=status)
