"""Every line says what it belongs to, and none says what is nobody's business."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
import structlog

from continuitybot.app.telemetry import Telemetry
from continuitybot.errors import Transient
from continuitybot.log import about, library_formatter, without_private_things
from continuitybot.store import Database, Duty, Effect, Outcome, Succeeded, Workers
from continuitybot.store.watching import facts_of
from rig.clock import MovedClock
from rig.company import Company, company
from rig.people import CAROL
from rig.rehearsed import runbook
from rig.running import RunbookRoom, runbook_room
from rig.watched import Lines, lines

__all__ = ["company", "lines"]

log = structlog.get_logger(__name__)

BOOK = runbook(
    """
    - {id: look, title: Look, check: {checks: [inbound]}, on_failure: continue}
    - {id: pause, title: Pause, wait: {for: 90s}}
    """
)


async def room_of(database: Database, clock: MovedClock) -> RunbookRoom:
    room = await runbook_room(database, clock, [BOOK])
    telemetry = Telemetry(database)
    room.workers = Workers(database, room.runbooks.duties(), clock, watcher=telemetry.watcher)
    return room


@pytest.mark.parametrize(
    ("effect", "facts"),
    [
        (Effect("RUN-12/invoke/1", "run.invoke", ref="RUN-12", token=3),
         {"run": "RUN-12", "step": "invoke", "lease": 3}),
        (Effect("DRILL-2/a/7", "run.timer", ref="DRILL-2"), {"run": "DRILL-2", "step": "a"}),
        (Effect("EVT-1/apply/1", "continuity.apply", ref="EVT-1"), {"ref": "EVT-1"}),
        (Effect("runbook/x/2026-03-10T09:00:00.000+00:00", "run.scheduled", ref="runbook/x"),
         {"ref": "runbook/x"}),
        (Effect("heartbeat", "beat"), {}),
    ],
)  # fmt: skip
def test_an_effect_names_its_run_and_step_or_the_object_it_belongs_to(
    effect: Effect, facts: dict[str, Any]
) -> None:
    assert facts_of(effect) == {
        "effect": effect.key, "kind": effect.kind, "lease": effect.token, **facts,
    }  # fmt: skip


async def test_each_transition_of_a_step_is_one_line_with_run_step_and_elapsed_time(
    database: Database, clock: MovedClock, lines: Lines
) -> None:
    room = await room_of(database, clock)
    room.outside.breaks["check"] = Transient("the server is away")
    await room.runbooks.start("book", {}, by=CAROL)
    for _ in range(5):  # the tries of the check
        await room.works()
        clock.advance(seconds=60)
    clock.advance(seconds=60)
    await room.works()
    steps = lines.read("run.step")
    told = [(one["step"], one["from"], one["to"], one.get("waits_for", "")) for one in steps]
    assert told == [
        ("look", "pending", "running", ""),
        ("look", "running", "failed", ""),
        ("pause", "pending", "waiting", "timer"),
        ("pause", "waiting", "done", ""),
    ]
    assert {one["run"] for one in steps} == {"RUN-1"}
    assert "the server is away" in steps[1]["why"]
    assert (steps[1]["effect"], steps[1]["kind"]) == ("RUN-1/look/1", "run.check")
    assert steps[3]["elapsed"] >= 90


async def test_lines_of_several_effects_at_once_do_not_mix(
    database: Database, clock: MovedClock, lines: Lines
) -> None:
    both = asyncio.Barrier(2)

    async def perform(effect: Effect) -> Outcome:
        await both.wait()
        log.info("performing", mine=effect.key)
        return Succeeded()

    async def record(_tx: object, effect: Effect, _outcome: Outcome) -> None:
        log.info("recording", mine=effect.key)

    async with database.transaction() as tx:
        for number in (1, 2):
            await tx.enqueue(Effect(f"RUN-1/step{number}/1", "run.x", ref="RUN-1"))
    await Workers(database, [Duty("run.x", perform, record)], clock).run_due()
    found = lines.read()
    assert [one["event"] for one in found].count("recording") == 2
    assert all(one["effect"] == one["mine"] for one in found)
    assert {one["step"] for one in found} == {"step1", "step2"}


async def test_a_lease_that_was_lost_and_one_that_was_taken_over_are_a_line_each(
    any_url: str, any_database: Database, clock: MovedClock, lines: Lines
) -> None:
    begun, thawed = asyncio.Event(), asyncio.Event()

    async def freeze(_effect: Effect) -> Outcome:
        begun.set()
        await thawed.wait()
        return Succeeded()

    async def at_once(_effect: Effect) -> Outcome:
        return Succeeded()

    async with any_database.transaction() as tx:
        await tx.enqueue(Effect("RUN-1/invoke/1", "run.invoke", ref="RUN-1"))
    frozen = Workers(any_database, [Duty("run.invoke", freeze)], clock)
    late = asyncio.create_task(frozen.run_due())
    await begun.wait()
    clock.advance(seconds=60)
    elsewhere = Database.at(any_url, clock)
    await Workers(elsewhere, [Duty("run.invoke", at_once)], clock).run_due()
    thawed.set()
    await late
    await elsewhere.close()
    told = [(one["event"], one["run"], one["step"], one["lease"]) for one in lines.read()]
    assert told == [
        ("workers.took_over", "RUN-1", "invoke", 2),
        ("workers.fenced", "RUN-1", "invoke", 1),
    ]


async def test_what_a_verb_does_is_logged_with_who_said_it_and_where(
    company: Company, lines: Lines
) -> None:
    await company.alice.says("run pre-event-checklist")
    found = lines.read()
    (command,) = [one for one in found if one["event"] == "command"]
    (started,) = [one for one in found if one["event"] == "run.started"]
    for line in (command, started):
        assert (line["verb"], line["who"], line["platform"]) == ("run", "alice", "console")
        assert line["request"] == "POST /console/say"
    assert started["runbook"] == "pre-event-checklist"


async def test_a_line_that_names_a_thing_itself_keeps_it(lines: Lines) -> None:
    with about(ref="INC-1", who="alice"):
        log.info("told", ref="INC-2")
    log.info("after")
    told, after = lines.read()
    assert (told["ref"], told["who"]) == ("INC-2", "alice")
    assert "who" not in after


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("to +436605550123 now", "to +43…23 now"),
        ("to +43 660 555-0123.", "to +43…23."),
        ("to 0043 660 5550123", "to +43…23"),
        ("GET /Messages?To=%2B436605550123", "GET /Messages?To=+43…23"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [hidden]"),
        ("slack said xoxb-12-abc", "slack said [hidden]"),
        ("postgresql://bot:s3cret@db/x", "postgresql://bot:[hidden]@db/x"),
        ("/portal/INC-1?key=abcdef&x=1", "/portal/INC-1?key=[hidden]&x=1"),
        ("at 2026-03-10T09:00:00.000000+00:00", "at 2026-03-10T09:00:00.000000+00:00"),
        ("SMS-4/chunk/2 took 0.003 s, 10000 left", "SMS-4/chunk/2 took 0.003 s, 10000 left"),
    ],
)
def test_phones_are_shortened_and_credentials_hidden_in_any_text(written: str, shown: str) -> None:
    assert without_private_things(None, "", {"event": written}) == {"event": shown}


def test_private_things_are_found_inside_lists_and_documents() -> None:
    event = {"event": "x", "all": [{"to": "+436605550123", "api_token": "abc"}], "n": 3}
    assert without_private_things(None, "", event) == {
        "event": "x", "all": [{"to": "+43…23", "api_token": "[hidden]"}], "n": 3,
    }  # fmt: skip


def test_what_a_library_logs_is_a_line_of_the_same_form() -> None:
    number = ("+436605550123",)
    record = logging.LogRecord("slack_sdk", logging.WARNING, "", 1, "to %s", number, None)
    with about(effect="SMS-1/chunk/1"):
        line = json.loads(library_formatter("json").format(record))
    assert (line["event"], line["logger"], line["level"]) == ("to +43…23", "slack_sdk", "warning")
    assert line["effect"] == "SMS-1/chunk/1"
