"""Requests to other systems, made with httpx (see ports.HttpCalls)."""

from __future__ import annotations

import httpx

from continuitybot.calls import calling
from continuitybot.errors import OutcomeUnknown, Permanent, Transient
from continuitybot.runbooks.ports import HttpAnswer, HttpCall, Place
from continuitybot.settings.values import Secret

_NAMED_SECRET = ("env:", "file:")


class HttpxCalls:
    """Makes each request once, with its key as `Idempotency-Key`; never follows a redirect."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def call(self, place: Place, call: HttpCall) -> HttpAnswer:
        headers = {name: _value(text) for name, text in call.headers.items()}
        headers.setdefault("Idempotency-Key", place.key)
        try:
            with calling(httpx.URL(call.url).host, call.method):
                answer = await self._client.request(
                    call.method, call.url, headers=headers, json=call.json, follow_redirects=False
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Transient(f"{call.url} cannot be reached: {error}.") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Permanent(f"{call.url} is not an address that can be called.") from error
        except httpx.HTTPError as error:
            text = f"{call.method} {call.url} broke off: {error}."
            if call.is_repeatable:
                raise Transient(text) from error
            raise OutcomeUnknown(text, remedy="See there what came of it.") from error
        return _answer(answer)


def _value(text: str) -> str:
    return Secret(text).read() if text.startswith(_NAMED_SECRET) else text


def _answer(answer: httpx.Response) -> HttpAnswer:
    try:
        json = answer.json()
    except ValueError:
        json = None
    return HttpAnswer(answer.status_code, answer.text[:20_000], json)
