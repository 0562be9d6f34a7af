"""Runs that earlier versions have stored can be read, shown and led on for ever.

`stored/<version>-<standing>.json` are rows of the table `runs` as that version wrote them. They
are never edited: a release whose documents look different adds its own beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, insert
from sqlalchemy import text as sql

from continuitybot.chat import text
from continuitybot.chat.cards.run import drift_card, run_card
from continuitybot.cli.runbook_tree import tree_of
from continuitybot.errors import Refused, Transient
from continuitybot.people.roster import Roster
from continuitybot.runbooks import events, store
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.definition import PARALLEL, Definition
from continuitybot.runbooks.drawing import svg
from continuitybot.runbooks.drift import drift
from continuitybot.runbooks.graph import graph_of
from continuitybot.runbooks.mermaid import mermaid
from continuitybot.runbooks.model import Effect, Run, new_run
from continuitybot.runbooks.running import RULES, apply_event
from continuitybot.runbooks.states import RunState, StepState
from continuitybot.store import Database, from_document, to_document
from continuitybot.store.migrate import alembic_config, migrate
from rig.clock import MovedClock
from rig.rehearsed import START, runbook

FOLDER = Path(__file__).parent / "stored"
NOBODY = Roster(())


def row_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"0.1-{name}.json").read_text(encoding="utf-8"))
    return found


def run_of(name: str) -> Run:
    return from_document(Run, row_of(name)["document"])


def led(run: Run, *happened: events.Event) -> tuple[Run, list[Effect]]:
    effects: list[Effect] = []
    for event in happened:
        run, more = advance(run, event, START, RULES)
        effects += more
    return run, effects


STANDINGS = sorted(path.stem.removeprefix("0.1-") for path in FOLDER.glob("0.1-*.json"))


@pytest.fixture(params=STANDINGS)
def row(request: pytest.FixtureRequest) -> dict[str, Any]:
    return row_of(request.param)


def lost(then: Any, now: Any, path: str = "") -> Iterator[str]:
    """What a document said that another does not."""
    if isinstance(then, Mapping):
        for key, value in then.items():
            if key not in now:
                yield f"{path}.{key}"
            else:
                yield from lost(value, now[key], f"{path}.{key}")
    elif isinstance(then, list) and len(then) == len(now):
        for index, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from lost(one, other, f"{path}.{index}")
    elif then != now:
        yield path


def test_nothing_of_a_stored_run_is_lost(row: dict[str, Any]) -> None:
    run = from_document(Run, row["document"])
    assert run.state == row["state"]
    assert not list(lost(row["document"], to_document(run)))


def test_a_stored_run_can_be_shown_in_every_way(row: dict[str, Any]) -> None:
    run = from_document(Run, row["document"])
    card = text.render(run_card(run, None, START, NOBODY))
    assert all(spot.step.title in card for spot in run.definition.spots.values())
    drawn = graph_of(run.definition)
    assert tree_of(run.definition).children
    assert svg(drawn)
    assert mermaid(drawn)
    same = text.render(drift_card(drift(run.ref, run.definition, run.definition)))
    assert "is as it was when" in same
    assert "is no longer there" in text.render(drift_card(drift(run.ref, run.definition, None)))


def test_a_stored_run_takes_a_note(row: dict[str, Any]) -> None:
    run, effects = led(from_document(Run, row["document"]), events.Noted("bob", "still here"))
    assert run.notes[-1].text == "still here"
    if run.state in {RunState.PAUSED, RunState.WAITING} or run.has_ended:
        assert not effects


def test_every_body_of_a_stored_step_still_makes_sense() -> None:
    steps = [spot.step for spot in run_of("every-action").definition.spots.values()]
    assert {step.action for step in steps} | {PARALLEL} >= set(ACTIONS)
    for step in steps:
        written = to_document(ACTIONS[step.action].parse(step.body), ACTIONS[step.action].body)
        assert not list(lost(dict(step.body), _by_alias(written)))


def _by_alias(body: Any) -> Any:
    """The keys as people write them: `for_` is `for`."""
    if isinstance(body, Mapping):
        return {key.rstrip("_"): _by_alias(value) for key, value in body.items()}
    return body


def test_a_running_run_hears_of_its_effect_and_finishes_the_step() -> None:
    run = run_of("running")
    key = run.steps["call"].waits["action"]  # type: ignore[index]  # a purpose is its word
    after, _ = led(run, events.EffectSucceeded(key, {"status": 201, "text": "", "json": None}))
    assert after.steps["call"].state is StepState.DONE


def test_a_waiting_run_goes_on_when_its_people_have_answered() -> None:
    after, effects = led(
        run_of("waiting"),
        events.PersonDid("notify", "alice", "called"),
        events.PersonSkipped("watch", "bob", ""),
    )
    assert after.steps["inner"].state is StepState.DONE
    assert [effect.key for effect in effects] == ["RUN-2/agree/1"]


def test_a_paused_run_makes_up_for_what_came_due_meanwhile() -> None:
    run = run_of("paused")
    assert run.put_off
    after, _ = led(run, events.Resumed("alice"))
    assert after.steps["pause"].state is StepState.DONE
    assert not after.put_off


def test_a_held_an_unknown_and_a_failed_step_can_be_tried_again() -> None:
    for name, step, number in (("held", "back", 3), ("unknown", "call", 2), ("failed", "tell", 2)):
        after, effects = led(run_of(name), events.PersonRetried(step, "alice", ""))
        assert after.state in {RunState.RUNNING, RunState.WAITING}
        assert effects[0].key == f"{after.ref}/{step}/{number}"


def test_what_has_ended_stays_ended() -> None:
    for name in ("finished", "cancelled"):
        with pytest.raises(Refused):
            led(run_of(name), events.Resumed("alice"))


async def test_rows_of_the_first_version_are_there_after_every_migration(
    tmp_path: Path, clock: MovedClock
) -> None:
    database = Database.at(f"sqlite:///{tmp_path}/old.db", clock)
    await database.engine.run_sync(_as_the_first_version_left_it)
    await migrate(database)
    async with database.transaction() as tx:
        runs = await store.latest(tx, open_only=False, limit=50)
        after = await apply_event(tx, "RUN-1", events.Noted("bob", "after the upgrade"))
    async with database.reading() as tx:
        again = await store.load_run(tx, "RUN-1")
    await database.close()
    assert {run.ref for run in runs} == {row_of(name)["ref"] for name in STANDINGS}
    assert again == after
    assert again.notes[-1].text == "after the upgrade"


def _as_the_first_version_left_it(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "0001")
    runs = Table("runs", MetaData(), autoload_with=connection)
    for name in STANDINGS:
        row = row_of(name)
        connection.execute(insert(runs).values({**row, "document": row["document"]}))
    assert connection.execute(sql("SELECT count(*) FROM runs")).scalar() == len(STANDINGS)


# ------------------------------------------------------- documents of other versions


def test_what_a_newer_version_has_added_is_left_out() -> None:
    document = row_of("running")["document"]
    newer = deepcopy(document)
    newer["colour"] = "red"
    newer["steps"]["look"]["mood"] = {"deep": ["value"]}
    newer["definition"]["steps"][0]["guard"] = "x"
    assert from_document(Run, newer) == from_document(Run, document)


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    document = row_of("running")["document"]
    kept = {"ref", "definition", "inputs", "created"}
    older = from_document(Run, {key: document[key] for key in kept})
    assert (older.mode, older.requester, older.steps) == ("live", "bot", {})
    bare = {"name": "x", "title": "X", "kind": "incident", "steps": [
        {"id": "a", "title": "A", "action": "say"}]}  # fmt: skip
    assert from_document(Definition, bare).steps[0].retry.times == 1


def test_a_state_that_only_a_newer_version_knows_is_told_with_a_remedy() -> None:
    newer = row_of("running")["document"]
    newer["steps"]["look"]["state"] = "dreaming"
    with pytest.raises(Transient, match=r"stored Run .*steps\.look\.state.*update this instance"):
        from_document(Run, newer)


# ---------------------------------------------------- actions this version does not have

TELL = runbook("""
- {id: a, title: A, say: {text: Hello}}
- {id: b, title: B, say: {text: "{{ steps.a.state }}"}}
- {id: c, title: C, report: {}}
""")


def with_action(run: Run, step: str, action: str) -> Run:
    """The same run, with another action in one step."""
    steps = tuple(
        replace(one, action=action) if one.id == step else one for one in run.definition.steps
    )
    return replace(run, definition=replace(run.definition, steps=steps))


def test_a_step_whose_action_is_gone_is_held_until_a_person_says_how_it_goes_on() -> None:
    run, _ = led(with_action(_begun(TELL), "b", "telegraph"), *_spoken("a"))
    assert run.state is RunState.WAITING
    assert run.steps["b"].state is StepState.HELD
    assert "has no action `telegraph`" in run.steps["b"].reason
    assert "skip it" in run.steps["b"].reason
    card = text.render(run_card(run, None, START, NOBODY))
    assert "has no action `telegraph`" in card
    for event in (events.PersonDid("b", "al", "sent"), events.PersonSkipped("b", "al", "")):
        after, effects = led(run, event)
        assert after.state is RunState.RUNNING
        assert [effect.key for effect in effects] == ["RUN-1/c/1"]


def test_a_step_that_was_under_way_when_its_action_went_is_held_when_it_is_heard_of() -> None:
    run, _ = led(with_action(_begun(TELL), "a", "telegraph"), *_spoken("a"))
    assert run.steps["a"].state is StepState.HELD
    with pytest.raises(Refused, match="it asks nothing now"):
        led(run, events.Answered("a", "alice", "yes"))


def test_a_step_is_retried_by_the_version_that_has_its_action() -> None:
    held, _ = led(with_action(_begun(TELL), "b", "telegraph"), *_spoken("a"))
    run, effects = led(with_action(held, "b", "say"), events.PersonRetried("b", "alice", ""))
    assert run.state is RunState.RUNNING
    assert [effect.kind for effect in effects] == ["run.say"]


def test_a_runbook_with_an_action_that_is_gone_can_still_be_shown() -> None:
    definition = with_action(_begun(TELL), "b", "telegraph").definition
    assert "telegraph" in mermaid(graph_of(definition))
    lines = drift("RUN-1", definition, TELL).lines
    assert any(line.startswith("  - telegraph:") for line in lines)


def _begun(definition: Definition) -> Run:
    return led(new_run("RUN-1", definition, {}, START), events.Started())[0]


def _spoken(step: str) -> list[events.Event]:
    return [events.EffectSucceeded(f"RUN-1/{step}/1", {})]
