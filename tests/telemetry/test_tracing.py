"""One trace a run, across restarts; a collector that is away harms nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from continuitybot.app.telemetry import Telemetry
from continuitybot.app.telemetry.tracing.otlp import OtlpExporter
from continuitybot.app.telemetry.tracing.span import Span, new_place, place_of_run
from continuitybot.calls import calling
from continuitybot.errors import Refused
from continuitybot.runbooks.ports import Findings
from continuitybot.settings.tracing import TracingSettings
from continuitybot.settings.values import Secret
from continuitybot.store import Database, Duty, Effect, Outcome, Succeeded, Workers
from rig.clock import MovedClock
from rig.collector import KEY, Collector, open_collector
from rig.company import open_company
from rig.people import CAROL
from rig.rehearsed import runbook
from rig.running import RunbookRoom, runbook_room
from rig.served import serve_company
from rig.watched import Lines, lines

__all__ = ["lines"]

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
BOOK = runbook(
    """
    - {id: look, title: Look, check: {checks: [inbound]}, retry: {times: 2, every: 1m}}
    - {id: tell, title: Tell, say: {text: done}}
    """
)
TRACED = """\
name: traced
title: Traced
kind: checklist
steps:
  - {id: call, title: Call, http: {url: "http://127.0.0.1:%d/healthz"}}
  - {id: item, title: Item, do: {text: Look at it}}
  - {id: tell, title: Tell, say: {text: It was looked at}}
"""


class Kept:
    """An exporter that keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def send(self, span: Span) -> None:
        self.spans.append(span)

    async def trouble(self) -> str:
        return ""

    async def close(self) -> None: ...

    def one(self, name: str, number: int = 0) -> Span:
        return [span for span in self.spans if span.name == name][number]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with open_collector() as opened:
        yield opened


@pytest.fixture
def key(tmp_path: Path) -> Secret:
    (tmp_path / "collector-key").write_text(KEY, encoding="utf-8")
    return Secret(f"file:{tmp_path / 'collector-key'}")


def exporter(url: str, key: Secret, **more: Any) -> OtlpExporter:
    settings = TracingSettings(endpoint=url, headers={"Authorization": key}, **more)
    return OtlpExporter(settings, "instance-1")


def a_span(name: str = "x") -> Span:
    return Span(new_place(), name, NOW, NOW)


async def kept_room(database: Database, clock: MovedClock) -> tuple[RunbookRoom, Kept]:
    room, kept = await runbook_room(database, clock, [BOOK]), Kept()
    telemetry = Telemetry(database, kept)
    room.workers = Workers(database, room.runbooks.duties(), clock, watcher=telemetry.watcher)
    return room, kept


async def test_a_run_is_one_trace_of_steps_their_tries_and_effects(
    any_database: Database, clock: MovedClock
) -> None:
    room, kept = await kept_room(any_database, clock)
    room.outside.findings = Findings(ok=False)
    run = await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    room.outside.findings = Findings(ok=True)
    clock.advance(minutes=1)
    await room.works()
    place = place_of_run("RUN-1", run.created.isoformat())
    whole, first, second = kept.one("run book"), kept.one("step look"), kept.one("step look", 1)
    assert {span.place.trace for span in kept.spans} == {place.trace}
    assert (whole.place, whole.parent, whole.error) == (place, 0, "")
    assert (whole.end - whole.start).total_seconds() == 60
    assert first.error
    assert (second.error, second.parent) == ("", place.span)
    assert first.place.span != second.place.span
    assert kept.one("run.check").parent == first.place.span
    assert kept.one("run.check", 1).parent == second.place.span
    assert kept.one("run.say").parent == kept.one("step tell").place.span
    assert kept.one("run.say").attributes["continuitybot.step"] == "tell"


async def test_a_call_belongs_to_the_effect_that_makes_it(
    database: Database, clock: MovedClock
) -> None:
    kept = Kept()
    telemetry = Telemetry(database, kept)

    async def perform(_effect: Effect) -> Outcome:
        with calling("standby", "apply"):
            await asyncio.sleep(0)
        with pytest.raises(OSError, match="away"), calling("phones", "send"):
            raise OSError("away")
        return Succeeded()

    async with database.transaction() as tx:
        await tx.enqueue(Effect("EVT-1/apply/1", "apply", ref="EVT-1"))
    telemetry.start()
    await Workers(database, [Duty("apply", perform)], clock, watcher=telemetry.watcher).run_due()
    await telemetry.stop()
    effect, call, broken = (kept.one(name) for name in ("apply", "call standby", "call phones"))
    assert call.place.trace == effect.place.trace
    assert (call.parent, call.error) == (effect.place.span, "")
    assert (broken.parent, broken.error) == (effect.place.span, "OSError")
    assert effect.attributes["continuitybot.ref"] == "EVT-1"


async def test_whoever_takes_an_effect_over_says_so_in_the_same_trace(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    begun, thawed = asyncio.Event(), asyncio.Event()
    order = {"run": "RUN-1", "run_started": "2026", "step": "invoke", "step_started": "2026"}

    async def freeze(_effect: Effect) -> Outcome:
        begun.set()
        await thawed.wait()
        return Succeeded()

    async def at_once(_effect: Effect) -> Outcome:
        return Succeeded()

    async with any_database.transaction() as tx:
        await tx.enqueue(Effect("RUN-1/invoke/1", "run.invoke", order, ref="RUN-1"))
    elsewhere = Database.at(any_url, clock)
    here, there = Kept(), Kept()
    late_one = Telemetry(any_database, here).watcher
    frozen = Workers(any_database, [Duty("run.invoke", freeze)], clock, watcher=late_one)
    late = asyncio.create_task(frozen.run_due())
    await begun.wait()
    clock.advance(seconds=60)
    other = Telemetry(elsewhere, there).watcher
    await Workers(elsewhere, [Duty("run.invoke", at_once)], clock, watcher=other).run_due()
    thawed.set()
    await late
    await elsewhere.close()
    (lost,), (taken,) = here.spans, there.spans
    assert lost.place.trace == taken.place.trace == place_of_run("RUN-1", "2026").trace
    assert lost.place.span != taken.place.span
    assert lost.error == "another worker holds the effect"
    assert taken.attributes["continuitybot.taken_over"] is True


async def test_a_fault_of_who_watches_does_not_stop_who_works(
    database: Database, clock: MovedClock, lines: Lines
) -> None:
    class Broken(Kept):
        def send(self, span: Span) -> None:
            raise RuntimeError(f"no room for {span.name}")

    room = await runbook_room(database, clock, [BOOK])
    telemetry = Telemetry(database, Broken())
    room.workers = Workers(database, room.runbooks.duties(), clock, watcher=telemetry.watcher)
    await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    assert (await room.run("RUN-1")).state == "finished"
    broken = lines.read("telemetry.broke")
    assert any("no room for step tell" in line["exception"] for line in broken)


async def test_the_whole_bot_sends_one_trace_although_it_is_killed_in_between(
    tmp_path: Path, collector: Collector, key: Secret
) -> None:
    def changes(settings: dict[str, Any]) -> None:
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "traced.yaml").write_text(TRACED % settings["web"]["port"], encoding="utf-8")
        settings["runbooks"] = {"folders": [str(mine)], "shipped": True}
        headers = {"Authorization": key.source}
        settings["tracing"] = {"endpoint": collector.url, "headers": headers}

    async with serve_company(tmp_path, changes) as served:
        await served.says("alice", "run traced")
        effect = await collector.gets("run.http", run="RUN-1", step="call")
        (call,) = collector.named("call 127.0.0.1")
        (begun,) = collector.named("start", run="RUN-1")
        assert (call.parent, call.trace) == (effect.id, effect.trace)
        assert begun.links == [collector.named("verb run", platform="console")[0].trace]
        await served.killed()
        await served.says("alice", "item done RUN-1 item")
        assert "trace collector" in await served.says("alice", "doctor")
        whole = await collector.gets("run traced", run="RUN-1")
    (step,) = collector.named("step call")
    (told,) = collector.named("run.say", run="RUN-1")
    (item,) = collector.named("step item")
    assert {span.trace for span in (effect, begun, step, told, whole)} == {whole.trace}
    assert (effect.parent, step.parent, item.parent) == (step.id, whole.id, whole.id)
    assert item.links == [collector.named("verb item done")[0].trace]
    ids = {span.resource["service.instance.id"] for span in (effect, told)}
    assert len(ids) == 2  # before and after the kill
    assert whole.resource["service.name"] == "continuitybot"
    assert whole.end > whole.start


async def test_a_collector_that_is_away_is_said_once_and_holds_nobody_up(
    collector: Collector, key: Secret, lines: Lines
) -> None:
    collector.status = 400
    sender = exporter(collector.url, key)
    began = time.perf_counter()
    for _ in range(5_000):
        sender.send(a_span())
    assert time.perf_counter() - began < 2.0
    await collector.refuses()
    await sender.close()
    assert collector.refused > 1
    (line,) = lines.read()
    assert (line["event"], line["level"]) == ("tracing.not_taken", "warning")
    assert KEY not in str(line)


async def test_the_end_does_not_wait_for_a_collector_that_hangs(key: Secret, lines: Lines) -> None:
    async def hang(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = exporter(f"http://127.0.0.1:{port}", key)
    sender.send(a_span())
    began = time.perf_counter()
    await sender.close()
    assert time.perf_counter() - began < 4.0
    assert [one["event"] for one in lines.read()] == ["tracing.last_spans_lost"]
    server.close()


async def test_the_last_spans_are_sent_at_the_end(collector: Collector, key: Secret) -> None:
    sender = exporter(f"{collector.url}/v1/traces/", key)
    sender.send(a_span("last"))
    await sender.close()
    assert [span.name for span in collector.spans] == ["last"]


async def test_a_run_is_in_the_sample_or_not_whichever_instance_asks(
    collector: Collector, key: Secret
) -> None:
    senders = [exporter(collector.url, key, sample_ratio=0.5) for _ in range(2)]
    for number in range(200):
        for sender in senders:
            place = place_of_run(f"RUN-{number}", "2026")
            sender.send(Span(place, "x", NOW, NOW))
    for sender in senders:
        await sender.close()
    traces = [span.trace for span in collector.spans]
    assert 50 < len(set(traces)) < 150
    assert all(traces.count(trace) == 2 for trace in traces)


@pytest.mark.parametrize(
    ("status", "words"),
    [(200, ""), (401, "answered 401. See tracing.headers."), (404, "is it a collector")],
)
async def test_doctor_asks_the_collector(
    collector: Collector, key: Secret, status: int, words: str
) -> None:
    collector.status = status
    sender = exporter(collector.url, key)
    trouble = await sender.trouble()
    await sender.close()
    assert words in trouble
    assert bool(trouble) == bool(words)


async def test_doctor_says_that_nobody_listens_there(key: Secret, collector: Collector) -> None:
    sender = exporter("http://127.0.0.1:9", key)
    trouble = await sender.trouble()
    await sender.close()
    assert "http://127.0.0.1:9/v1/traces cannot be reached" in trouble


async def test_a_bot_without_its_collector_is_well_and_works(tmp_path: Path, key: Secret) -> None:
    def changes(settings: dict[str, Any]) -> None:
        settings["tracing"] = {"endpoint": "http://127.0.0.1:9"}

    async with open_company(tmp_path, changes) as company:
        company.bot.workers.last_turn = company.clock.now()
        ready = await company.http.get("/readyz")
        assert (ready.status_code, "trace collector" in ready.json()["parts"]) == (200, False)
        assert "cannot be reached" in await company.alice.says("doctor")


def test_a_header_whose_secret_is_missing_is_refused_at_the_start() -> None:
    with pytest.raises(Refused, match="NO_SUCH_KEY is not set"):
        exporter("http://127.0.0.1:9", Secret("env:NO_SUCH_KEY"))
