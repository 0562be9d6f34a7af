"""Runs on a database: outcomes, waits and crashes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from continuitybot.errors import OutcomeUnknown, Permanent, Stale
from continuitybot.runbooks import load_runbooks, load_text
from continuitybot.runbooks.events import Noted
from continuitybot.runbooks.model import Run
from continuitybot.runbooks.ports import Findings, Health
from continuitybot.runbooks.running import apply_event
from continuitybot.store import Database, effects
from continuitybot.store.leasing import DueEffects
from rig.clock import MovedClock
from rig.databases import opened
from rig.people import ALICE, CAROL
from rig.rehearsed import runbook
from rig.running import RunbookRoom, runbook_room

STORY = runbook("""
    - {id: look, title: Look, check: {direction: inbound, expect: failing}}
    - id: decide
      title: Decide
      ask: {text: Invoke, choices: {invoke: Invoke, wait: Wait}}
    - id: switch
      title: Switch
      invoke: {by: "{{ steps.decide.by }}", for: 4h, reason: "{{ steps.look.diagnosis }}"}
    - {id: back, title: Back, wait: {healthy: {direction: inbound, for: 10m}}}
    - {id: report, title: Report, report: {}}
""")
POST = runbook("- {id: call, title: Call, http: {method: POST, url: 'https://x.example/'}}")
GET = runbook("- {id: call, title: Call, http: {url: 'https://x.example/'}}")
SAY = runbook("- {id: say, title: Say, say: {text: hello}}")


async def started(database: Database, clock: MovedClock, *books) -> tuple[RunbookRoom, str]:
    room = await runbook_room(database, clock, books)
    run = await room.runbooks.start(books[0].name, {}, by=CAROL)
    return room, run.ref


async def states(room: RunbookRoom, ref: str) -> dict[str, str]:
    return {id: step.state.value for id, step in (await room.run(ref)).steps.items()}


async def test_a_run_goes_its_way_through_every_room(
    any_database: Database, clock: MovedClock
) -> None:
    room, ref = await started(any_database, clock, STORY)
    room.outside.findings = Findings(ok=False, failing=("in",), diagnosis="Deferred.")
    await room.works()
    await room.runbooks.answer(ref, "decide", "invoke", by=CAROL)
    await room.works()
    (request,) = room.outside.acts("invoke")
    assert (request.by, request.reason) == ("carol", "Deferred.")

    room.outside.becomes("EVT-1", state="active", by="bob")
    room.outside.health = Health("failing")
    await room.announce("EVT-1", "event.activated", state="active")
    await room.works()
    assert await states(room, ref) == {
        "look": "done", "decide": "done", "switch": "done", "back": "waiting", "report": "pending",
    }  # fmt: skip

    room.outside.health = Health("healthy", clock.now())
    await room.announce("primary-inbound", "check.healthy", direction="inbound")
    await room.works()
    clock.advance(minutes=11)
    await room.works()
    assert (await room.run(ref)).state == "finished"
    assert room.told[0].what == "run.started"
    assert room.told[-1].what == "run.finished"


async def test_a_change_between_the_act_and_its_record_is_not_missed(
    database: Database, clock: MovedClock
) -> None:
    room, ref = await started(database, clock, runbook("- {id: i, title: I, invoke: {}}"))
    room.outside.moves_on = {"state": "active"}  # and nobody is told of it
    await room.works()
    assert (await room.run(ref)).state == "finished"


async def test_an_effect_that_was_performed_and_not_recorded_gives_the_same_object_again(
    database: Database, clock: MovedClock
) -> None:
    room, ref = await started(database, clock, runbook("- {id: i, title: I, invoke: {}}"))
    await dies_before_recording(room)
    room = await room.after_crash()
    await room.works()
    assert [key for what, key, _ in room.outside.asked if what == "invoke"] == [f"{ref}/i/1"] * 2
    assert list(room.outside.standings) == ["EVT-1"]
    assert (await room.run(ref)).steps["i"].subjects == ("EVT-1",)


async def test_a_request_that_cannot_be_repeated_is_put_to_a_person_after_a_crash(
    database: Database, clock: MovedClock
) -> None:
    room, ref = await started(database, clock, POST)
    await dies_before_recording(room)
    room = await room.after_crash()
    await room.works()
    assert len(room.outside.acts("http")) == 1
    assert await states(room, ref) == {"call": "unknown"}
    await room.runbooks.step(ref, "call", "done", by=CAROL, text="seen in their log")
    assert (await room.run(ref)).state == "finished"


async def test_a_request_that_can_be_repeated_is_repeated_after_a_crash(
    database: Database, clock: MovedClock
) -> None:
    room, ref = await started(database, clock, GET)
    await dies_before_recording(room)
    room = await room.after_crash()
    await room.works()
    assert len(room.outside.acts("http")) == 2
    assert (await room.run(ref)).state == "finished"


async def dies_before_recording(room: RunbookRoom) -> None:
    """The process is killed when the outside has acted and the outcome is not stored."""
    duties = {duty.kind: duty for duty in room.runbooks.duties()}
    leases = {kind: duty.lease for kind, duty in duties.items()}
    async with room.database.transaction() as tx:
        leased = await DueEffects("dead", leases).lease(tx, 10)
    for begun in leased:
        await duties[begun.effect.kind].perform(begun.effect)


@pytest.mark.parametrize(
    ("error", "state"),
    [(Permanent("No such channel."), "failed"), (OutcomeUnknown("?"), "unknown")],
)
async def test_what_the_outside_raises_becomes_the_state_of_the_step(
    database: Database, clock: MovedClock, error: Exception, state: str
) -> None:
    room, ref = await started(database, clock, SAY)
    room.outside.breaks["say"] = error
    await room.works()
    assert await states(room, ref) == {"say": state}


async def test_two_runs_at_once_do_not_disturb_each_other(
    any_database: Database, clock: MovedClock
) -> None:
    room = await runbook_room(any_database, clock, [STORY])
    room.outside.findings = Findings(ok=False)
    runs = await asyncio.gather(
        *(room.runbooks.start("book", {}, by=person) for person in (ALICE, CAROL))
    )
    assert len({run.ref for run in runs}) == 2
    await room.works()
    await asyncio.gather(
        *(room.runbooks.answer(run.ref, "decide", "invoke", by=CAROL) for run in runs)
    )
    await room.works()
    for ref in room.outside.standings:
        room.outside.becomes(ref, state="active")
    await room.announce("EVT-1", "event.activated")
    await room.works()
    found = [(await states(room, run.ref))["switch"] for run in runs]
    assert sorted(found) == ["done", "waiting"]


async def test_two_people_at_once_change_one_run_one_after_the_other(
    any_database: Database, clock: MovedClock
) -> None:
    room, ref = await started(any_database, clock, SAY)
    await asyncio.gather(*(room.runbooks.note(ref, by=CAROL, text=str(n)) for n in range(8)))
    assert {note.text for note in (await room.run(ref)).notes} == {str(n) for n in range(8)}


async def test_a_stale_writer_is_refused(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    room, ref = await started(any_database, clock, SAY)
    await another_instance_notes(any_url, clock, ref)

    async def notes_from_memory() -> None:
        async with any_database.transaction() as tx:
            tx.is_optimistic = True
            await apply_event(tx, ref, Noted("alice", "from memory"))

    with pytest.raises(Stale, match="has changed meanwhile"):
        await notes_from_memory()
    await room.runbooks.note(ref, by=CAROL, text="from what is stored")
    assert [note.text for note in (await room.run(ref)).notes] == [
        "meanwhile",
        "from what is stored",
    ]


async def test_an_outcome_is_stored_although_another_instance_has_changed_the_run(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    room, ref = await started(any_database, clock, SAY)
    await another_instance_notes(any_url, clock, ref)
    await room.works()
    run = await room.run(ref)
    assert (run.state, [note.text for note in run.notes]) == ("finished", ["meanwhile"])


async def another_instance_notes(url: str, clock: MovedClock, ref: str) -> None:
    other = opened(url, clock)
    async with other.transaction() as tx:
        await apply_event(tx, ref, Noted("alice", "meanwhile"))
    await other.close()


async def test_effects_that_no_step_waits_for_any_more_are_withdrawn(
    database: Database, clock: MovedClock
) -> None:
    book = runbook("- {id: w, title: W, wait: {for: 4h}, timeout: 8h}")
    room, ref = await started(database, clock, book)
    await room.runbooks.cancel(ref, by=CAROL, why="wrong one")
    async with database.reading() as tx:
        rows = await tx.rows(select(effects.c.state).where(effects.c.ref == ref))
    assert [row.state for row in rows] == ["cancelled", "cancelled"]


async def test_a_run_keeps_the_definition_it_was_started_with(
    database: Database, clock: MovedClock
) -> None:
    room, ref = await started(database, clock, STORY)
    async with database.reading() as tx:
        run: Run = await room.runbooks.run(tx, ref)
    assert run.definition == STORY


PARENT = runbook("- {id: inner, title: Inner, run: {runbook: child, inputs: {who: all}}}")
CHILD = runbook(
    "- {id: ask, title: Ask, ask: {text: '{{ inputs.who }}', choices: {a: A, b: B}}}",
    name="child",
    more="inputs: {who: {}}",
)


async def test_a_run_waits_for_the_run_it_started(database: Database, clock: MovedClock) -> None:
    room, ref = await started(database, clock, PARENT, CHILD)
    await room.works()
    child = (await room.run(ref)).steps["inner"].outputs["ref"]
    assert (await room.run(child)).steps["ask"].given["text"] == "all"
    await room.runbooks.answer(child, "ask", "a", by=CAROL)
    await room.works()
    assert (await room.run(ref)).state == "finished"


async def test_a_run_that_is_cancelled_takes_its_child_with_it(
    database: Database, clock: MovedClock
) -> None:
    room, ref = await started(database, clock, PARENT, CHILD)
    await room.works()
    child = (await room.run(ref)).steps["inner"].outputs["ref"]
    await room.runbooks.cancel(ref, by=CAROL)
    assert (await room.run(child)).state == "cancelled"


OUTER = """
name: outer
title: Outer
kind: incident
steps:
  - {id: pause, title: A while, wait: {for: 1h}}
  - {id: inner, title: Inner, run: {runbook: inner}}
"""
INNER = """
name: inner
title: Inner
kind: incident
steps: [{id: tell, title: Tell, say: {text: WORD}}]
"""


@pytest.mark.parametrize("now", ["changed", "gone"])
async def test_a_runbook_that_is_run_as_a_step_is_the_one_of_the_start(
    database: Database, clock: MovedClock, tmp_path: Path, now: str
) -> None:
    (tmp_path / "outer.yaml").write_text(OUTER, encoding="utf-8")
    (tmp_path / "inner.yaml").write_text(INNER.replace("WORD", "as it was"), encoding="utf-8")
    books = load_runbooks([tmp_path])
    room, ref = await started(database, clock, *[books["outer"], books["inner"]])
    await room.works()

    later = [] if now == "gone" else [load_text("inner.yaml", INNER.replace("WORD", "as it is"))]
    room = await runbook_room(database, clock, later)
    clock.advance(hours=1)
    await room.works()
    assert (await states(room, ref))["inner"] == "done"
    assert room.outside.acts("say") == ["as it was"]
