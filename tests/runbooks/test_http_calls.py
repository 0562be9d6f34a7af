"""Requests to other systems: their key, their secrets, and what a broken one means."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from continuitybot.errors import OutcomeUnknown, Permanent, Refused, Transient
from continuitybot.runbooks.http_calls import HttpxCalls
from continuitybot.runbooks.ports import HttpCall, Place

PLACE = Place("RUN-1/call/1", "RUN-1", "call", "Call")


def calls(answer: Callable[[httpx.Request], httpx.Response]) -> HttpxCalls:
    return HttpxCalls(httpx.AsyncClient(transport=httpx.MockTransport(answer)))


async def test_a_request_carries_its_key_and_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKETS_TOKEN", "s3cret")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"id": 7})

    call = HttpCall("POST", "https://x.example/", {"Authorization": "env:TICKETS_TOKEN"}, {"a": 1})
    found = await calls(answer).call(PLACE, call)
    assert (found.status, found.json) == (201, {"id": 7})
    assert seen[0].headers["Authorization"] == "s3cret"
    assert seen[0].headers["Idempotency-Key"] == "RUN-1/call/1"
    assert seen[0].content == b'{"a":1}'


async def test_a_secret_that_is_not_there_is_refused_before_anything_is_sent() -> None:
    call = HttpCall("GET", "https://x.example/", {"Authorization": "env:NOT_SET_ANYWHERE"})
    with pytest.raises(Refused, match="NOT_SET_ANYWHERE is not set"):
        await calls(lambda _: httpx.Response(200)).call(PLACE, call)


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    answer = httpx.Response(302, headers={"Location": "http://127.0.0.1/"}, text="moved")
    found = await calls(lambda _: answer).call(PLACE, HttpCall("GET", "https://x.example/"))
    assert (found.status, found.text, found.json) == (302, "moved", None)


@pytest.mark.parametrize(
    ("method", "fault", "error"),
    [
        ("POST", httpx.ConnectError("no route"), Transient),
        ("POST", httpx.ReadTimeout("too long"), OutcomeUnknown),
        ("GET", httpx.ReadTimeout("too long"), Transient),
    ],
)
async def test_a_broken_request_is_unknown_only_when_it_may_have_had_its_effect(
    method: str, fault: Exception, error: type[Exception]
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(error):
        await calls(answer).call(PLACE, HttpCall(method, "https://x.example/"))


async def test_an_address_that_cannot_be_called_is_never_tried_again() -> None:
    client = HttpxCalls(httpx.AsyncClient())
    with pytest.raises(Permanent, match="is not an address"):
        await client.call(PLACE, HttpCall("GET", "gopher://x.example/"))
