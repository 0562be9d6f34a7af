"""The carrier's HTTP API: create, list and fetch messages, as Twilio's 2010-04-01 API does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime

import phonenumbers
from aiohttp import encode_basic_auth, web

from continuitybot.clock import Clock
from continuitybot.lab.addresses import CarrierAccount
from continuitybot.lab.carrier.faults import Fault, api_error, failing_answer
from continuitybot.lab.carrier.messages import TextMessage
from continuitybot.lab.carrier.network import Network

_ROOT = "/2010-04-01/Accounts/{account}/Messages"
_USUAL_PAGE = 50


class CarrierApi:
    """One account's messages, newest first in lists."""

    def __init__(
        self, account: CarrierAccount, network: Network, clock: Clock, chance: random.Random
    ) -> None:
        self.fault = Fault.NONE
        self.messages: dict[str, TextMessage] = {}
        self._account = account
        self._network = network
        self._clock = clock
        self._chance = chance

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{_ROOT}.json", self._create),
            web.get(f"{_ROOT}.json", self._list),
            web.get(f"{_ROOT}/{{sid}}.json", self._fetch),
        ]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        refusal = self._unauthorised(request) or await failing_answer(self.fault)
        if refusal is not None:
            return refusal
        form = {name: str(value) for name, value in (await request.post()).items()}
        refusal = self._refusal(form)
        if refusal is not None:
            return refusal
        message = self._accept(form)
        if self.fault is Fault.DROP and request.transport is not None:
            request.transport.abort()
        return web.json_response(message.document(self._account.account_sid), status=201)

    def _refusal(self, form: dict[str, str]) -> web.Response | None:
        to = form.get("To", "")
        if not to:
            return api_error(400, 21604, "A 'To' phone number is required.")
        if not _is_number(to):
            return api_error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not form.get("Body"):
            return api_error(400, 21602, "Message body is required.")
        if "MessagingServiceSid" not in form and form.get("From") != self._account.number:
            return api_error(400, 21606, "The 'From' phone number is not one of this account.")
        phone = self._network.phones.with_number(to)
        if phone is not None and phone.opted_out:
            return api_error(400, 21610, "Attempt to send to unsubscribed recipient")
        return None

    def _accept(self, form: dict[str, str]) -> TextMessage:
        now = self._clock.now()
        message = TextMessage(
            sid=f"SM{self._chance.getrandbits(128):032x}",
            to=form["To"],
            sender=form.get("From", self._account.number),
            body=form["Body"],
            callback=form.get("StatusCallback", ""),
            created=now,
            updated=now,
        )
        self.messages[message.sid] = message
        self._network.carry(message)
        return message

    async def _fetch(self, request: web.Request) -> web.Response:
        refusal = self._unauthorised(request) or await failing_answer(self.fault)
        if refusal is not None:
            return refusal
        message = self.messages.get(request.match_info["sid"])
        if message is None:
            return api_error(404, 20404, f"The requested resource {request.path} was not found")
        return web.json_response(message.document(self._account.account_sid))

    async def _list(self, request: web.Request) -> web.Response:
        refusal = self._unauthorised(request) or await failing_answer(self.fault)
        if refusal is not None:
            return refusal
        size, page = (
            int(request.query.get("PageSize", _USUAL_PAGE)),
            int(request.query.get("Page", 0)),
        )
        found = [m for m in reversed(self.messages.values()) if _matches(m, request.query)]
        rest = found[page * size :]
        following = request.rel_url.update_query(Page=page + 1, PageSize=size)
        return web.json_response(
            {
                "messages": [m.document(self._account.account_sid) for m in rest[:size]],
                "page": page,
                "page_size": size,
                "next_page_uri": str(following) if len(rest) > size else None,
                "uri": str(request.rel_url),
            }
        )

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        expected = encode_basic_auth(self._account.account_sid, self._account.auth_token)
        given = request.headers.get("Authorization", "")
        right_account = request.match_info["account"] == self._account.account_sid
        if given == expected and right_account:
            return None
        return api_error(401, 20003, "Authenticate")


def _is_number(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def _matches(message: TextMessage, query: Mapping[str, str]) -> bool:
    """The filters of the list; a text that has not left yet counts by when it was created."""
    at = message.sent or message.created
    return (
        query.get("To", message.to) == message.to
        and query.get("From", message.sender) == message.sender
        and ("DateSent" not in query or at.date() == _moment(query["DateSent"]).date())
        and ("DateSent>" not in query or at >= _moment(query["DateSent>"]))
        and ("DateSent<" not in query or at <= _moment(query["DateSent<"]))
    )


def _moment(text: str) -> datetime:
    """A date, or a date and time, in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
