"""The server as a whole: bodies, unknown addresses, headers, health and figures."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from continuitybot.store.instances import instances
from rig.company import Company

BROWSER = {"Accept": "text/html"}


async def test_a_body_that_is_too_large_is_refused(company: Company) -> None:
    fields = {**company.link("alice"), "text": "x" * 10_000_000}
    answer = await company.http.post("/console/say", data=fields)
    assert answer.status_code == 413
    assert "larger" in answer.json()["text"]


GARBAGE = (
    ("/sms/twilio/status", "application/json"),
    ("/sms/twilio/inbound", "application/json"),
    ("/sms/twilio/inbound", "application/json; charset=nonsense"),
    ("/console/say", "application/json"),
    ("/console/say", "multipart/form-data; boundary=x"),
    ("/console/say", "multipart/form-data"),
    ("/console/say", "application/x-www-form-urlencoded; charset=nonsense"),
)


async def test_a_garbage_body_gets_a_clear_refusal(company: Company) -> None:
    for path, content_type in GARBAGE:
        for body in (b"{", b"[1]", b"\xff\xfe\x00", b""):
            headers = {"Content-Type": content_type}
            answer = await company.http.post(path, content=body, headers=headers)
            assert 400 <= answer.status_code < 500, (path, content_type, body)
            assert answer.json()["text"]


async def test_a_strange_address_gets_a_clear_refusal(company: Company) -> None:
    key = company.link("alice")["key"]
    for path in (
        f"/console/feed?after=soon&key={key}",
        f"/console/feed?after=999999999999999999999999&key={key}",
        f"/portal/report/INC-1.exe?key={key}",
        f"/portal/%00?key={key}",
        f"/console/say?key={key}",
    ):
        answer = await company.http.get(path)
        assert 400 <= answer.status_code < 500, path
        assert answer.json()["text"]


async def test_an_unknown_address_is_said_in_the_askers_language(company: Company) -> None:
    program = await company.http.get("/no/such/page")
    assert (program.status_code, program.json()["ok"]) == (404, False)
    browser = await company.http.get("/no/such/page", headers=BROWSER)
    assert browser.status_code == 404
    assert browser.text.startswith("<!doctype html>")
    missing = await company.http.get("/portal/INC-99", params=company.link("alice"))
    assert missing.status_code == 404
    assert "INC-99" in missing.json()["text"]


async def test_every_answer_carries_the_security_headers(company: Company) -> None:
    for path in ("/console", "/healthz", "/no/such/page", "/static/console.css"):
        headers = (await company.http.get(path, params=company.link("alice"))).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]  # so only our own
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_a_well_bot_says_so(company: Company) -> None:
    await company.passes(seconds=1)
    company.bot.workers.last_turn = company.clock.now()
    assert (await company.http.get("/healthz")).json() == {"status": "ok"}
    ready = await company.http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")


async def test_a_bot_whose_work_has_stopped_names_the_part(company: Company) -> None:
    company.clock.advance(minutes=2)
    ready = await company.http.get("/readyz")
    assert ready.status_code == 503
    parts = ready.json()["parts"]
    assert "done nothing" in parts["workers"]
    assert parts["database"] == "ok"
    assert (await company.http.get("/healthz")).status_code == 200


async def test_several_instances_are_named_with_when_they_were_seen(company: Company) -> None:
    assert "Instances" not in await company.alice.says("status")
    assert "instances" not in (await company.http.get("/readyz")).json()
    await _registered(company, "a1", "north", seconds_ago=2)
    await _registered(company, "b2", "south", seconds_ago=17)
    assert "2: b2 on south, a1 on north" in await company.alice.says("status")
    shown = (await company.http.get("/readyz")).json()["instances"]
    assert [(one["id"], one["host"]) for one in shown] == [("b2", "south"), ("a1", "north")]
    doctor = " ".join((await company.alice.says("doctor")).split())
    assert "instance b2 on south It was not seen for" in doctor.replace(" | ", " ")


async def _registered(company: Company, name: str, host: str, seconds_ago: float) -> None:
    async with company.bot.database.transaction() as tx:
        seen = tx.now - timedelta(seconds=seconds_ago)
        known = {"process": 1, "version": "1", "started": seen, "seen": seen, "state": "alive"}
        await tx.execute(insert(instances).values(id=name, host=host, **known))


async def test_figures_follow_what_happens(company: Company) -> None:
    await company.mail_stops()
    figures = (await company.http.get("/metrics")).text
    assert 'continuitybot_check_failing{check="inbound"} 1.0' in figures
    assert 'continuitybot_changes_total{what="incident.opened"} 1.0' in figures
    assert "continuitybot_check_latency_seconds_bucket" in figures
