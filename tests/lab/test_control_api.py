"""The gateway's route is compared before it is changed, and each key changes it once."""

from __future__ import annotations

import pytest

from continuitybot.lab import Lab
from lab.clients import control

ROUTE = "/gateway/routes/harbour.example"
TO_STANDBY = {"next_hop": "standby", "expected": "primary"}


async def test_a_change_of_route_happens_once_per_key(lab: Lab) -> None:
    key = {"Idempotency-Key": "EVT-3/apply/1"}
    async with control(lab.addresses) as http:
        assert (await http.get("/gateway/operations/EVT-3/apply/1")).json()["applied"] is False
        answers = [await http.put(ROUTE, json=TO_STANDBY, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [answer.json()["version"] for answer in answers] == [2, 2]
        assert (await http.get("/gateway/operations/EVT-3/apply/1")).json()["applied"] is True
        assert (await http.get(ROUTE)).json() == {
            "domain": "harbour.example",
            "next_hop": "standby",
            "version": 2,
        }


@pytest.mark.parametrize(
    ("path", "key", "body", "status", "words"),
    [
        (ROUTE, "new", {"next_hop": "primary", "expected": "standby"}, 409, "routed to primary"),
        (ROUTE, "new", {"next_hop": "nowhere", "expected": "primary"}, 400, "primary or standby"),
        (ROUTE, "new", {"next_hop": "standby"}, 400, "expected"),
        (ROUTE, "new", ["standby"], 400, "next_hop"),
        (ROUTE, "", TO_STANDBY, 400, "Idempotency-Key"),
        (ROUTE, "used", TO_STANDBY, 422, "used for another"),
        ("/gateway/routes/else.example", "new", TO_STANDBY, 404, "no route for else.example"),
    ],
)
async def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(
    lab: Lab, path: str, key: str, body: object, status: int, words: str
) -> None:
    lab.mail.gateway.routes.operations.remember("used", "something else")
    async with control(lab.addresses) as http:
        headers = {"Idempotency-Key": key} if key else {}
        answer = await http.put(path, json=body, headers=headers)
        assert answer.status_code == status
        assert words in answer.json()["error"]
        assert (await http.get(ROUTE)).json()["version"] == 1


@pytest.mark.parametrize("path", [ROUTE, "/gateway/queue", "/books/harbour.example"])
async def test_without_the_token_nothing_is_told(lab: Lab, path: str) -> None:
    async with control(lab.addresses) as http:
        assert (await http.get(path)).status_code == 200
        http.headers["Authorization"] = "Bearer guess"
        assert (await http.get(path)).status_code == 401


async def test_other_domains_have_neither_books_nor_a_drain(lab: Lab) -> None:
    async with control(lab.addresses) as http:
        assert (await http.get("/books/else.example")).status_code == 404
        headers = {"Idempotency-Key": "k"}
        drain = await http.post("/standby/drain", json={"domain": "else.example"}, headers=headers)
        assert drain.status_code == 404
