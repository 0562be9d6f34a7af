"""The verbs of people, and what starts a runbook by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from continuitybot import audit
from continuitybot.errors import BadInput, NotAllowed, NotFound, Refused
from continuitybot.runbooks import Runbooks, tabletop_ports
from continuitybot.store import Database, Schedules
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL, DAVE
from rig.rehearsed import runbook
from rig.running import RunbookRoom, runbook_room

BOOK = runbook(
    """
    - id: go
      title: Go
      ask: {text: Go, choices: {yes_go: Go, stay: Stay}, act: approve}
    - {id: item, title: Item, do: {text: Look, evidence: true}}
    """,
    more="inputs: {site: {required: true}}",
)
ALERT = runbook(
    "- {id: a, title: A, ask: {text: '{{ event.text }}', choices: {a: A, b: B}}}",
    name="alert",
    more="on: {alert: {direction: inbound}}",
)
DRILL = runbook(
    "- {id: a, title: A, say: {text: hello}}\n- {id: b, title: B, invoke: {}}",
    name="drill",
    kind="drill",
    more="on: {cron: '0 9 * * *'}",
)


@pytest.fixture
async def room(database: Database, clock: MovedClock) -> RunbookRoom:
    return await runbook_room(database, clock, [BOOK, ALERT, DRILL], ["live", "tabletop", "pilot"])


async def test_a_run_is_started_with_inputs_of_its_types(room: RunbookRoom) -> None:
    run = await room.runbooks.start("book", {"site": "Vienna"}, by=CAROL, incident="INC-7")
    assert (run.ref, run.inputs, run.incident) == ("RUN-1", {"site": "Vienna"}, "INC-7")
    with pytest.raises(BadInput, match="site: is needed"):
        await room.runbooks.start("book", {}, by=CAROL)


async def test_a_misspelt_runbook_or_mode_gets_a_suggestion(room: RunbookRoom) -> None:
    with pytest.raises(NotFound, match="Did you mean `book`"):
        await room.runbooks.start("boook", {}, by=CAROL)
    with pytest.raises(Refused, match="Did you mean `tabletop`"):
        await room.runbooks.start("book", {"site": "x"}, by=CAROL, mode="tabeltop")


async def test_whoever_may_not_respond_starts_nothing_and_the_denial_is_written_down(
    room: RunbookRoom,
) -> None:
    with pytest.raises(NotAllowed, match="Ask Carol Lindt or Alice Brandt"):
        await room.runbooks.start("book", {"site": "x"}, by=DAVE, platform="slack")
    async with room.database.reading() as tx:
        assert await room.runbooks.runs(tx) == []
        (entry,) = await audit.entries(tx)
    assert (entry.who, entry.verb, entry.outcome) == ("dave", "run.start", "denied")


async def test_an_answer_needs_the_authority_that_its_question_asks_for(room: RunbookRoom) -> None:
    run = await room.runbooks.start("book", {"site": "x"}, by=CAROL)
    with pytest.raises(NotAllowed, match="Approving needs the role approver"):
        await room.runbooks.answer(run.ref, "go", "yes_go", by=CAROL)
    run = await room.runbooks.answer(run.ref, "go", "yes_go", by=BOB)
    assert (run.steps["go"].by, run.steps["go"].outputs) == ("bob", {"choice": "yes_go"})


async def test_items_are_ticked_with_evidence_or_do_not_apply(room: RunbookRoom) -> None:
    first = await room.runbooks.start("book", {"site": "x"}, by=CAROL)
    second = await room.runbooks.start("book", {"site": "x"}, by=CAROL)
    for run in (first, second):
        await room.runbooks.answer(run.ref, "go", "stay", by=ALICE)
    with pytest.raises(NotFound, match=r"no item `itm`\. Did you mean `item`"):
        await room.runbooks.item(first.ref, "itm", "done", by=CAROL)
    first = await room.runbooks.item(first.ref, "item", "done", by=CAROL, evidence="photo")
    second = await room.runbooks.item(second.ref, "item", "na", by=CAROL)
    assert first.steps["item"].outputs["text"] == "photo"
    assert (first.steps["item"].state, second.steps["item"].state) == ("done", "skipped")


async def test_every_verb_is_written_to_the_record(room: RunbookRoom) -> None:
    ref = (await room.runbooks.start("book", {"site": "x"}, by=CAROL)).ref
    await room.runbooks.pause(ref, by=CAROL)
    await room.runbooks.resume(ref, by=CAROL)
    await room.runbooks.note(ref, by=CAROL, text="slow today")
    await room.runbooks.step(ref, "go", "skip", by=CAROL, text="agreed by phone")
    await room.runbooks.step(ref, "go", "retry", by=CAROL)
    await room.runbooks.cancel(ref, by=CAROL, why="done by hand")
    async with room.database.reading() as tx:
        entries = await audit.entries(tx, ref)
    assert [entry.verb for entry in reversed(entries)] == [
        "run.start", "run.pause", "run.resume", "run.note", "run.step.skip", "run.step.retry",
        "run.cancel",
    ]  # fmt: skip


async def test_what_is_refused_changes_nothing(room: RunbookRoom) -> None:
    ref = (await room.runbooks.start("book", {"site": "x"}, by=CAROL)).ref
    before = await room.run(ref)
    with pytest.raises(Refused, match="has not begun"):
        await room.runbooks.step(ref, "item", "done", by=CAROL, text="x")
    with pytest.raises(Refused, match="Did you mean `retry`"):
        await room.runbooks.step(ref, "go", "retri", by=CAROL)
    assert await room.run(ref) == before


async def test_an_incident_starts_its_runbook_once(room: RunbookRoom) -> None:
    for what in ("incident.opened", "incident.changed", "incident.changed"):
        await room.announce(
            "INC-7", what, "Inbound mail fails.", checks=["in"], direction="inbound"
        )
    async with room.database.reading() as tx:
        (run,) = await room.runbooks.runs(tx, open_only=True)
    assert (run.definition.name, run.incident, run.requester) == ("alert", "INC-7", "bot")
    assert run.steps["a"].given["text"] == "Inbound mail fails."


@pytest.mark.parametrize(
    "data", [{"direction": "outbound"}, {"direction": "inbound", "drill": True}]
)
async def test_other_incidents_start_nothing(room: RunbookRoom, data: dict[str, object]) -> None:
    await room.announce("INC-7", "incident.opened", **data)
    async with room.database.reading() as tx:
        assert await room.runbooks.runs(tx) == []


async def test_a_drill_never_runs_live_and_is_numbered_apart(room: RunbookRoom) -> None:
    with pytest.raises(Refused, match="it never runs live"):
        await room.runbooks.start("drill", {}, by=CAROL, mode="live")
    drill = await room.runbooks.start("drill", {}, by=CAROL)
    exercise = await room.runbooks.start("book", {"site": "x"}, by=CAROL, mode="pilot")
    assert (drill.ref, drill.mode, exercise.ref) == ("DRILL-1", "tabletop", "DRILL-2")


async def test_a_tabletop_run_tells_everything_and_touches_nothing(
    database: Database, clock: MovedClock
) -> None:
    real = await runbook_room(database, clock, [])
    room = await runbook_room(database, clock, [DRILL])
    speaker = real.outside.ports().speaker
    ports = {"tabletop": tabletop_ports(speaker)}
    room.runbooks = Runbooks(database, {"drill": DRILL}, ports, room.runbooks._directory)
    room = RunbookRoom(database, clock, room.runbooks, real.outside)
    run = await room.runbooks.start("drill", {}, by=CAROL)
    await room.works()
    assert (await room.run(run.ref)).state == "finished"
    assert {what for what, _, _ in room.outside.asked} == {"say"}
    assert room.outside.acts("say") == [
        "[TABLETOP] hello",
        "[TABLETOP] Would invoke continuity of all domains: ",
    ]


async def test_a_calendar_moment_starts_a_run_once_and_a_missed_one_is_told(
    room: RunbookRoom, clock: MovedClock
) -> None:
    schedules = Schedules(room.database)
    (schedule,) = room.runbooks.schedules()
    schedules.add(schedule)
    due = clock.now()
    await schedules.fire(schedule.name, due)
    await schedules.fire(schedule.name, due)
    await schedules.fire(schedule.name, due - timedelta(days=1))
    await room.works()
    async with room.database.reading() as tx:
        (run,) = await room.runbooks.runs(tx)
    assert (run.definition.name, run.mode) == ("drill", "tabletop")
    assert [change.what for change in room.told].count("run.missed") == 1


async def test_a_schedule_of_drills_starts_its_run_once_in_the_mode_it_names(
    room: RunbookRoom,
) -> None:
    start = room.runbooks.start_by_schedule
    runs = [await start("drill", {}, mode="pilot", key="drills/2026-03-10") for _ in range(2)]
    assert [(run.ref, run.mode, run.requester) for run in runs] == [("DRILL-1", "pilot", "bot")] * 2


async def test_a_run_whose_mode_is_no_longer_wired_fails_with_the_remedy(
    room: RunbookRoom,
) -> None:
    run = await room.runbooks.start("drill", {}, by=CAROL, mode="pilot")
    again = await runbook_room(room.database, room.clock, [DRILL], ["live"])
    await again.works()
    assert "Mend the settings, then retry" in (await again.run(run.ref)).steps["a"].reason
