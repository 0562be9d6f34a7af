"""The figures say what happened, how things stand, and nothing about whom."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from continuitybot.app.telemetry import Telemetry
from continuitybot.errors import Transient
from continuitybot.runbooks.census import Census
from continuitybot.runbooks.ports import Findings, Health
from continuitybot.runbooks.waiting import waits_for
from continuitybot.store import Database, Duty, Effect, Outcome, Succeeded, Workers
from rig.clock import MovedClock
from rig.people import CAROL
from rig.rehearsed import runbook
from rig.running import RunbookRoom, runbook_room
from rig.watched import figures

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = REPOSITORY / "docs" / "monitoring.md"
ALERTS = REPOSITORY / "deploy" / "prometheus" / "alerts.yaml"

BOOK = runbook(
    """
    - {id: look, title: Look, check: {checks: [inbound]}, retry: {times: 3, every: 1m}}
    - id: both
      title: Both
      parallel:
        branches:
          - - {id: item, title: Item, do: {text: Look at it}}
          - - {id: pause, title: Pause, wait: {for: 90s}}
          - - {id: mail, title: Mail, wait: {healthy: {direction: inbound}}}
    - {id: end, title: End, say: {text: done}}
    """
)


class Seen(RunbookRoom):
    """The room with the bot's telemetry."""

    telemetry: Telemetry

    async def figures(self) -> dict[str, float]:
        self.clock.advance(seconds=5)  # type: ignore[attr-defined]  # past what is kept
        return await figures(self.telemetry)


@pytest.fixture
async def room(any_database: Database, clock: MovedClock) -> Seen:
    plain = await runbook_room(any_database, clock, [BOOK])
    room = Seen(any_database, clock, plain.runbooks, plain.outside)
    room.telemetry = Telemetry(any_database)
    room.workers = Workers(
        any_database, room.runbooks.duties(), clock, watcher=room.telemetry.watcher
    )
    return room


async def test_steps_and_runs_are_counted_by_how_they_ended_and_timed(
    room: Seen, clock: MovedClock
) -> None:
    room.outside.health = Health("failing")
    await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    await room.runbooks.item("RUN-1", "item", "done", by=CAROL)
    clock.advance(seconds=90)
    room.outside.health = Health("healthy", clock.now())
    await room.announce("inbound", "check.healthy")
    await room.works()
    assert (await room.run("RUN-1")).has_ended
    found = await room.figures()
    for action in ("check", "do", "wait", "parallel", "say"):
        number = 2.0 if action == "wait" else 1.0
        assert found[f'continuitybot_steps_total{{action="{action}",state="done"}}'] == number
        assert found[f'continuitybot_step_duration_seconds_count{{action="{action}"}}'] == number
    assert found['continuitybot_step_duration_seconds_sum{action="parallel"}'] == 90.0
    assert found['continuitybot_runs_ended_total{state="finished"}'] == 1.0
    assert found['continuitybot_runs{state="waiting"}'] == 0.0
    assert found['continuitybot_effects_total{kind="run.say",outcome="done"}'] == 1.0
    assert found['continuitybot_effect_perform_seconds_count{kind="run.say"}'] == 1.0


async def test_what_open_steps_wait_for_is_known_at_each_scrape(room: Seen) -> None:
    room.outside.health = Health("failing")
    await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    found = await room.figures()
    waiting = {
        what: found[f'continuitybot_steps_waiting{{waits_for="{what}"}}']
        for what in ("person", "timer", "outside", "retry")
    }
    assert waiting == {"person": 1.0, "timer": 1.0, "outside": 1.0, "retry": 0.0}
    assert found['continuitybot_runs{state="waiting"}'] == 1.0
    await room.runbooks.item("RUN-1", "item", "done", by=CAROL)
    assert (await room.figures())['continuitybot_steps_waiting{waits_for="person"}'] == 0.0


async def test_a_step_between_two_tries_waits_for_its_retry_and_the_try_is_counted(
    room: Seen, clock: MovedClock
) -> None:
    room.outside.findings = Findings(ok=False)
    await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    assert (await room.figures())['continuitybot_steps_waiting{waits_for="retry"}'] == 1.0
    clock.advance(minutes=1)
    await room.works()
    assert (await room.figures())['continuitybot_step_retries_total{action="check"}'] == 1.0


@pytest.mark.parametrize(
    ("action", "state", "wanted", "subjects", "expected"),
    [
        ("approve", "waiting", [], ["RUN-1"], "person"),
        ("do", "waiting", ["moment"], [], "person"),
        ("invoke", "held", [], [], "person"),
        ("http", "unknown", [], [], "person"),
        ("invoke", "waiting", ["timeout"], ["EVT-1"], "outside"),
        ("wait", "waiting", ["moment"], [], "timer"),
        ("wait", "waiting", ["retry", "timeout"], [], "retry"),
        ("parallel", "waiting", [], [], ""),
        ("parallel", "waiting", ["retry"], [], "retry"),
        ("say", "running", ["action"], [], ""),
    ],
)
def test_a_step_waits_for_one_thing(
    action: str, state: str, wanted: list[str], subjects: list[str], expected: str
) -> None:
    assert waits_for(action, state, wanted, subjects) == expected


async def test_runs_that_have_not_changed_are_not_read_again(
    room: Seen, any_database: Database
) -> None:
    await room.runbooks.start("book", {}, by=CAROL)
    await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    read: list[list[str]] = []

    class Counted(Census):
        async def _read(self, refs: list[str]) -> None:
            read.append(refs)
            await super()._read(refs)

    census = Counted(any_database)
    before = await census.count()
    assert await census.count() == before
    await room.runbooks.item("RUN-2", "item", "done", by=CAROL)
    await census.count()
    assert [sorted(refs) for refs in read] == [["RUN-1", "RUN-2"], [], ["RUN-2"]]


async def test_the_queue_shows_what_is_due_and_how_long_the_oldest_has_been(
    any_database: Database, clock: MovedClock
) -> None:
    telemetry = Telemetry(any_database)
    async with any_database.transaction() as tx:
        for minutes in (-60, 1, 10):  # the first is urgent: it goes before what is due now
            due = clock.now() + timedelta(minutes=minutes)
            await tx.enqueue(Effect(f"x/{minutes}", "apply", due=due))
    clock.advance(minutes=2)
    found = await figures(telemetry)
    assert found['continuitybot_effects_due{kind="apply"}'] == 2.0
    assert found['continuitybot_effects_oldest_due_age_seconds{kind="apply"}'] == 120.0
    await Workers(any_database, [Duty("apply", done)], clock, watcher=telemetry.watcher).run_due()
    clock.advance(seconds=4)
    kept = await figures(telemetry)
    assert kept['continuitybot_effects_due{kind="apply"}'] == 2.0  # asked for just now
    assert kept['continuitybot_effect_lag_seconds_sum{kind="apply"}'] == 180.0
    clock.advance(seconds=1)
    assert 'continuitybot_effects_due{kind="apply"}' not in await figures(telemetry)


async def done(_effect: Effect) -> Outcome:
    return Succeeded()


async def test_a_retry_is_counted_and_so_is_the_failure_at_its_end(
    any_database: Database, clock: MovedClock
) -> None:
    async def away(_effect: Effect) -> Outcome:
        raise Transient("away")

    telemetry = Telemetry(any_database)
    async with any_database.transaction() as tx:
        await tx.enqueue(Effect("x/1", "apply"))
    workers = Workers(
        any_database, [Duty("apply", away, attempts=3)], clock, watcher=telemetry.watcher
    )
    for _ in range(3):
        await workers.run_due()
        clock.advance(minutes=1)
    found = await figures(telemetry)
    assert found['continuitybot_effect_retries_total{kind="apply"}'] == 2.0
    assert found['continuitybot_effects_total{kind="apply",outcome="failed"}'] == 1.0
    assert found['continuitybot_effect_perform_seconds_count{kind="apply"}'] == 3.0


async def test_a_lost_lease_is_counted_where_it_was_lost_and_where_it_was_taken_over(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    begun, thawed = asyncio.Event(), asyncio.Event()

    async def freeze(_effect: Effect) -> Outcome:
        begun.set()
        await thawed.wait()
        return Succeeded()

    async with any_database.transaction() as tx:
        await tx.enqueue(Effect("x/1", "apply"))
    elsewhere = Database.at(any_url, clock)
    here, there = Telemetry(any_database), Telemetry(elsewhere)
    frozen = Workers(any_database, [Duty("apply", freeze)], clock, watcher=here.watcher)
    late = asyncio.create_task(frozen.run_due())
    await begun.wait()
    clock.advance(seconds=60)
    ask = Duty("apply", freeze, after_crash="ask")
    await Workers(elsewhere, [ask], clock, watcher=there.watcher).run_due()
    thawed.set()
    await late
    lost, taken = await figures(here), await figures(there)
    assert lost['continuitybot_leases_lost_total{kind="apply"}'] == 1.0
    assert 'continuitybot_effects_total{kind="apply",outcome="done"}' not in lost
    assert taken['continuitybot_leases_taken_over_total{kind="apply"}'] == 1.0
    assert taken['continuitybot_effects_total{kind="apply",outcome="unknown"}'] == 1.0
    await elsewhere.close()


async def test_while_the_database_is_away_the_rest_is_still_there(
    postgresql_url: str, clock: MovedClock
) -> None:
    away = Database.at(postgresql_url.replace("/test_", "/gone_"), clock)
    found = await figures(Telemetry(away))
    assert found["continuitybot_database_up"] == 0.0
    assert not [name for name in found if name.startswith("continuitybot_runs{")]
    await away.close()


async def test_a_busy_event_loop_shows_as_lag(any_database: Database) -> None:
    telemetry = Telemetry(any_database)
    telemetry.start()
    loop = asyncio.get_running_loop()
    until = loop.time() + 0.5
    await asyncio.sleep(0)
    while loop.time() < until:
        pass  # nothing else gets a turn
    for _ in range(3):  # the loop looks at its timers, then wakes the task, then us
        await asyncio.sleep(0)
    found = await figures(telemetry)
    await telemetry.stop()
    assert found["continuitybot_event_loop_lag_seconds_sum"] > 0.2


# -------------------------------------------------------------------- documents

_SUFFIX = re.compile(r"_(bucket|count|sum|total|created)$")


def exported(telemetry: Telemetry) -> set[str]:
    """The names of all figures, as Prometheus knows them."""
    return {
        name
        for metric in telemetry.registry.collect()
        for name in {f"{metric.name}_total" if metric.type == "counter" else metric.name}
    }


async def test_every_figure_is_documented_and_every_documented_one_exists(
    database: Database,
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(continuitybot_\w+)`", text, re.MULTILINE))
    assert documented == exported(Telemetry(database))


async def test_the_alert_rules_are_well_formed_and_ask_for_figures_that_exist(
    database: Database,
) -> None:
    names = exported(Telemetry(database))
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    assert len(group["rules"]) >= 5
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        asked = re.findall(r"continuitybot_\w+", rule["expr"])
        assert asked or "up{" in rule["expr"]
        for name in asked:
            assert name in names or _SUFFIX.sub("", name) in names, name
        assert rule["alert"] in DOCUMENT.read_text(encoding="utf-8")
