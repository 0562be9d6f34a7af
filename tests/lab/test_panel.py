"""The panel shows the company and lets a person break it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from continuitybot.lab import BotDoors, Lab
from lab.clients import eventually, letter, send


@pytest.fixture
async def http(lab: Lab) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=lab.addresses.http_url, timeout=3) as http:
        yield http


async def test_the_page_and_everything_it_needs_come_from_the_lab(http: httpx.AsyncClient) -> None:
    page = await http.get("/panel")
    assert "Harbour Logistics" in page.text
    assert "frame-ancestors http://127.0.0.1:*" in page.headers["Content-Security-Policy"]
    for path in ("/panel/static/panel.css", "/panel/static/panel.js"):
        assert path in page.text
        assert (await http.get(path)).status_code == 200
    assert "https://" not in page.text


async def test_the_state_tells_of_sites_books_phones_and_private_mail(
    lab: Lab, http: httpx.AsyncClient
) -> None:
    await send(letter("Page: =?utf-8?q?=C3=A4?=", to="alice@private.example"), lab.addresses.relay)
    state = (await http.get("/lab/state")).json()
    assert state["sites"]["primary"]["mode"] == "healthy"
    assert state["route"] == "primary"
    assert state["books"]["balanced"] is True
    assert len(state["phones"]) == 23
    assert state["phones"][0]["number"] == "+43…01"
    assert [kept["to"] for kept in state["private_mail"]] == ["alice@private.example"]


async def test_a_change_is_pushed_to_whoever_watches(lab: Lab, http: httpx.AsyncClient) -> None:
    async with http.stream("GET", "/lab/events") as stream:
        pushed = (
            json.loads(line.removeprefix("data: "))
            async for line in stream.aiter_lines()
            if line.startswith("data: ")
        )
        assert (await anext(pushed))["sites"]["primary"]["mode"] == "healthy"
        assert (await http.post("/lab/primary", json={"mode": "defers"})).is_success
        assert (await anext(pushed))["sites"]["primary"]["mode"] == "defers"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/lab/primary", {"mode": "explodes"}, 400, "refuses"),
        ("/lab/primary", {}, 400, "mode"),
        ("/lab/carrier", {"fault": "x"}, 400, "garbage"),
        ("/lab/phones/zoe/reply", {"text": "1"}, 404, "zoe"),
        ("/lab/phones/uwe/reply", {"text": "1"}, 404, "uwe"),
        ("/lab/bot/kill", {}, 409, "No bot"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_words(
    http: httpx.AsyncClient, path: str, body: dict[str, str], status: int, words: str
) -> None:
    answer = await http.post(path, json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


async def test_a_form_of_another_site_can_neither_break_the_primary_nor_kill_the_bot(
    lab: Lab, http: httpx.AsyncClient
) -> None:
    for path in ("/lab/primary", "/lab/bot/kill"):
        assert (await http.post(path, content='{"mode": "refuses"}')).status_code == 400
    assert lab.mail.primary.mode == "healthy"


async def test_the_kill_button_kills(lab: Lab, http: httpx.AsyncClient) -> None:
    kills: list[str] = []

    async def kill() -> None:
        kills.append("killed")

    lab.connect(BotDoors(kill=kill))
    assert (await http.get("/lab/state")).json()["bot"]["killable"] is True
    assert (await http.post("/lab/bot/kill", json={})).status_code == 202
    assert kills == ["killed"]


async def test_the_carriers_fault_is_switched_and_shown(lab: Lab, http: httpx.AsyncClient) -> None:
    assert (await http.post("/lab/carrier", json={"fault": "busy"})).is_success
    await eventually(lambda: lab.carrier.fault == "busy")
    assert (await http.get("/lab/state")).json()["carrier"]["fault"] == "busy"
