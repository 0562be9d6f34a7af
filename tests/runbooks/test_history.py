"""What is kept of a run gives the run again, and makes a rehearsal that passes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from continuitybot.errors import OutcomeUnknown, Permanent, Refused
from continuitybot.runbooks import events, load_runbooks, load_text, rehearse, shipped_folder, store
from continuitybot.runbooks.drift import written
from continuitybot.runbooks.events import Noted
from continuitybot.runbooks.export import export
from continuitybot.runbooks.history import Happened, line_of, read_history, replayed
from continuitybot.runbooks.model import Run
from continuitybot.runbooks.running import apply_event
from continuitybot.runbooks.shearing import shears
from continuitybot.store import Database
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL
from rig.rehearsed import runbook
from rig.running import RunbookRoom, runbook_room

NOW = datetime(2026, 3, 10, 9, 0, 0, 123456, tzinfo=UTC)
EVENTS = (
    events.EffectSucceeded("RUN-1/a/1", {"ok": True, "hops": ["mx", "mailbox"]}),
    events.EffectFailed("RUN-1/a/1", "Nö.\nReally."),
    events.EffectUnknown("RUN-1/a/1", "The bot stopped."),
    events.TimerDue("RUN-1/a/2"),
    events.SubjectChanged(frozenset({"EVT-1", "inbound"})),
    events.Answered("a", "alice", "go"),
    events.PersonDid("a", "alice", "Seen."),
    events.Attached("a", "alice", "letter.pdf", 12_345, "5e1f" * 16),
    events.PersonSkipped("a", "alice"),
    events.PersonFailed("a", "alice", "No."),
    events.PersonRetried("a", "alice"),
    events.Noted("alice", "A remark."),
    events.Paused("alice"),
    events.Resumed("alice"),
    events.Cancelled("alice", "Enough."),
)
BOOK = runbook("""
    - {id: look, title: Look, check: {direction: inbound}, retry: {times: 2, every: 1m}}
    - {id: ask, title: Ask, ask: {text: Go, choices: {go: Go, stay: Stay}}, timeout: 1h}
    - {id: call, title: Call, http: {method: POST, url: "https://x.example/"}}
    - {id: item, title: Item, owner: alice, do: {text: Do it, evidence: true, due: 10m}}
    - id: both
      title: Both
      parallel:
        branches:
          - - {id: pause, title: Pause, wait: {for: 5m}}
          - - {id: agree, title: Agree, approve: {text: Agree}, on_failure: continue}
    - {id: last, title: Last, say: {text: "{{ run.ref }} by {{ steps.item.by }}"}}
""")


def test_every_event_can_be_read_again() -> None:
    assert {type(event) for event in EVENTS} | {events.Started} == set(get_args(events.Event))
    text = "".join(line_of(event, NOW) for event in EVENTS)
    assert len(text.splitlines()) == len(EVENTS)
    assert read_history(text) == [Happened(NOW, event) for event in EVENTS]


async def test_a_history_gives_the_run_again_and_makes_a_rehearsal_of_it(
    any_database: Database, clock: MovedClock, tmp_path: Path
) -> None:
    room = await runbook_room(any_database, clock, [BOOK])
    await everything_happens(room, clock)
    run, history = await kept(room)
    assert run.state == "finished"
    turns = list(replayed(run, history))
    assert turns[-1].after == run
    await rehearsed(run, history, tmp_path)


async def test_a_run_under_way_is_exported_too(
    database: Database, clock: MovedClock, tmp_path: Path
) -> None:
    room = await runbook_room(database, clock, [BOOK])
    await room.runbooks.start("book", {}, by=CAROL)
    await room.works()
    clock.advance(minutes=1, seconds=0.25)
    await room.runbooks.pause("RUN-1", by=CAROL)
    run, history = await kept(room)
    text = await rehearsed(run, history, tmp_path)
    assert "{at: 1m0.25s, act: pause, by: carol}" in text
    assert "state: paused" in text


async def test_a_run_whose_history_is_not_whole_is_not_exported(
    database: Database, clock: MovedClock
) -> None:
    room = await runbook_room(database, clock, [BOOK])
    await everything_happens(room, clock)
    run, history = await kept(room)
    with pytest.raises(Refused, match="does not lead to how it stands"):
        await export(run, history[1:], str)


def test_numbers_go_and_names_become_handles_but_what_the_runbook_says_stays() -> None:
    shorn = shears([ALICE, BOB], keep="Call the vendor at +43 1 234567.")
    told = f"{ALICE.name} ({ALICE.email}, {ALICE.phone or '+436641234567'}) at 2026-03-10 09:00"
    assert shorn(told) == "alice (alice, (number)) at 2026-03-10 09:00"
    assert shorn("Call the vendor at +43 1 234567.") == "Call the vendor at +43 1 234567."


@pytest.mark.parametrize("name", sorted(load_runbooks([shipped_folder()])))
def test_a_definition_that_is_written_can_be_read_again(name: str) -> None:
    definition = load_runbooks([shipped_folder()])[name]
    assert load_text(name, written(definition)) == definition


async def everything_happens(room: RunbookRoom, clock: MovedClock) -> None:
    """A try fails, an outcome is unknown, people act, timers come due during a pause."""
    runbooks, outside = room.runbooks, room.outside
    outside.breaks["check"] = Permanent("No probe answers.")
    await runbooks.start("book", {}, by=CAROL)
    await room.works()
    del outside.breaks["check"]
    clock.advance(minutes=1)
    await room.works()
    clock.advance(seconds=0.000321)
    outside.breaks["http"] = OutcomeUnknown("Nobody knows.")
    await runbooks.answer("RUN-1", "ask", "go", by=CAROL)
    await room.works()
    await runbooks.step("RUN-1", "call", "done", by=CAROL, text="I looked.")
    async with room.database.transaction() as tx:
        await apply_event(tx, "RUN-1", Noted("carol", "A remark."))
    clock.advance(minutes=11)
    await room.works()
    await runbooks.item("RUN-1", "item", "done", by=ALICE, evidence="Seen.")
    await room.works()
    await runbooks.pause("RUN-1", by=CAROL)
    clock.advance(minutes=6)
    await room.works()
    await runbooks.resume("RUN-1", by=CAROL)
    outside.becomes("A-1", state="rejected", consent="rejected", by="bob")
    await room.announce("RUN-1", "approval.rejected")
    await room.works()


async def kept(room: RunbookRoom) -> tuple[Run, list[Happened]]:
    async with room.database.reading() as tx:
        return await room.runbooks.run(tx, "RUN-1"), read_history(
            await store.history_of(tx, "RUN-1")
        )


async def rehearsed(run: Run, history: list[Happened], folder: Path) -> str:
    """The scenario of a run, which passes."""
    found = await export(run, history, str)
    (folder / "book.yaml").write_text(found.definition, encoding="utf-8")
    place = folder / "rehearsals" / "book"
    place.mkdir(parents=True)
    (place / "one.yaml").write_text(found.scenario, encoding="utf-8")
    (result,) = await rehearse([folder])
    assert result.ok, str(result)
    return found.scenario
