"""Whatever happens to a run, in whatever order, some things always hold."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from continuitybot.errors import Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import Effect, Run
from continuitybot.runbooks.states import (
    ENDED_RUNS,
    ENDED_STEPS,
    OPEN_STEPS,
    RunState,
    StepState,
)
from continuitybot.store import from_document, to_document
from rig.rehearsed import LedRun, runbook

BOOK = runbook("""
    - {id: one, title: One, check: {expect: any}, retry: {times: 3, every: 5s}, timeout: 1m}
    - id: two
      title: Two
      ask: {text: Go, choices: {go: Go, stay: Stay}}
      timeout: 10m
      on_failure: {goto: four}
    - id: three
      title: Three
      parallel:
        branches:
          - - {id: left, title: Left, invoke: {}, on_failure: ask}
            - {id: left_end, title: Left end, when: steps.left.standing == 'active', say: {text: l}}
          - - {id: right, title: Right, do: {text: r, due: 1h}}
            - {id: right_end, title: Right end, wait: {for: 1m}, on_failure: continue}
      retry: {times: 2, every: 1s}
      timeout: 2h
    - {id: four, title: Four, wait: {healthy: {direction: inbound, for: 1m}}, timeout: 1d}
    - {id: five, title: Five, approve: {text: OK}, on_failure: ask}
    - {id: six, title: Six, report: {}}
""")
STEPS = list(BOOK.spots)
OUTCOME = {
    "ok": True, "failing": [], "detail": "", "diagnosis": "", "location": "",
    "ref": "EVT-1", "consent": "", "decided_by": "bob", "text": "", "data": {"approval": "7"},
    "since": "",
}  # fmt: skip
STATES = ["active", "granted", "healthy", "active", "granted", "healthy", "planned", "rejected"]

# What happens is chosen by a word and two numbers, which mean something in every state of the run.
# The words stand here as often as they should come: most of the time, runs get on.
WORDS = [
    *["succeeds"] * 12, *["timer"] * 4, "fails", "fails", "unknown", "stale",
    *["answered"] * 5, *["did"] * 4, "skipped", "failed", "retried", "retried", "out of turn",
    "subject", "paused", "resumed", "resumed", "resumed", "noted", "cancelled",
]  # fmt: skip
EVENTS = st.tuples(st.sampled_from(WORDS), st.integers(0, 40), st.sampled_from(STATES))
Draws = list[tuple[str, int, str]]
PERSON = {
    "did": lambda step: events.PersonDid(step, "alice", "seen"),
    "skipped": lambda step: events.PersonSkipped(step, "alice"),
    "failed": lambda step: events.PersonFailed(step, "alice"),
    "retried": lambda step: events.PersonRetried(step, "alice"),
    "answered": lambda step: events.Answered(step, "alice", "go"),
}


PLAIN = {
    "paused": events.Paused("alice"),
    "resumed": events.Resumed("alice"),
    "cancelled": events.Cancelled("alice"),
    "noted": events.Noted("alice", "hm"),
}


def event_of(word: str, number: int, state: str, led: LedRun) -> events.Event | None:
    if word in PLAIN:
        # Once cancelled, nothing more can be learnt from a run: it comes at the end, if at all.
        return None if word == "cancelled" and number > 5 else PLAIN[word]
    if word in PERSON:
        steps = led.run.open_steps or STEPS
        return PERSON[word](steps[number % len(steps)])
    if word == "out of turn":
        return list(PERSON.values())[number % len(PERSON)](STEPS[number % len(STEPS)])
    if word == "subject":
        return events.SubjectChanged(frozenset({["inbound", "EVT-1"][number % 2]}))
    return effect_event(word, number, state, led)


def effect_event(word: str, number: int, state: str, led: LedRun) -> events.Event | None:
    pool = led.effects if word == "stale" else wanted(led, timers=word == "timer")
    if not pool:
        return None
    effect = pool[number % len(pool)]
    if effect.kind == "run.timer":
        led.now = max(led.now, effect.due or led.now)
        return events.TimerDue(effect.key)
    if word == "fails":
        return events.EffectFailed(effect.key, "broke")
    if word == "unknown":
        return events.EffectUnknown(effect.key, "stopped")
    return events.EffectSucceeded(effect.key, {**OUTCOME, "state": state})


def wanted(led: LedRun, *, timers: bool) -> list[Effect]:
    keys = {key for step in led.run.steps.values() for key in step.waits.values()}
    mine = [effect for effect in led.effects if effect.key in keys]
    return [effect for effect in mine if (effect.kind == "run.timer") == timers]


def play(draws: Draws) -> tuple[LedRun, list[tuple[Run, Run]]]:
    """The run after all of these, and each before and after."""
    led, turns = LedRun(BOOK), []
    for drawn in draws:
        led.passes(seconds=1)
        event = event_of(*drawn, led)
        before = led.run
        if event is not None:
            try:
                led.happens(event)
            except Refused:
                assert led.run is before
        turns.append((before, led.run))
    return led, turns


SEQUENCES = st.lists(EVENTS, min_size=20, max_size=60)
THOROUGHLY = settings(max_examples=60, deadline=timedelta(seconds=5))


def is_needed_by(definition: Definition, id: str) -> list[str]:
    """What must have ended before a step begins: all before it in its list, and around it."""
    spot = definition.spots[id]
    before = [step.id for step in spot.track[: spot.index]]
    return before + (is_needed_by(definition, spot.parent) if spot.parent else [])


@THOROUGHLY
@given(SEQUENCES)
def test_no_step_begins_before_what_it_needs_has_ended(draws: Draws) -> None:
    for before, after in play(draws)[1]:
        for id, step in after.steps.items():
            if before.steps[id].attempt < step.attempt:
                for needed in is_needed_by(BOOK, id):
                    assert after.steps[needed].state in ENDED_STEPS, (id, needed)


@THOROUGHLY
@given(SEQUENCES)
def test_nothing_happens_after_a_run_is_cancelled_or_finished(
    draws: Draws,
) -> None:
    for before, after in play(draws)[1]:
        if before.state in {RunState.CANCELLED, RunState.FINISHED}:
            assert (after.steps, after.state) == (before.steps, before.state)
        if after.state in ENDED_RUNS:
            assert not [id for id, step in after.steps.items() if step.state in OPEN_STEPS]
            assert not [key for step in after.steps.values() for key in step.waits.values()]


@THOROUGHLY
@given(SEQUENCES)
def test_no_effect_key_is_ever_used_twice(draws: Draws) -> None:
    keys = [effect.key for effect in play(draws)[0].effects]
    assert len(keys) == len(set(keys))


@THOROUGHLY
@given(SEQUENCES)
def test_the_same_events_give_the_same_run_and_effects(draws: Draws) -> None:
    first, second = play(draws)[0], play(draws)[0]
    assert (first.run, first.effects) == (second.run, second.effects)


@THOROUGHLY
@given(SEQUENCES)
def test_an_open_step_can_always_go_on_and_an_ended_one_waits_for_nothing(
    draws: Draws,
) -> None:
    run = play(draws)[0].run
    for id, step in run.steps.items():
        put_off = any(key.split("/")[1] == id for key in run.put_off)
        for_people = BOOK.spots[id].step.action in {"ask", "do", "parallel"}
        if step.state is StepState.RUNNING:
            assert step.waits, id
        if step.state is StepState.WAITING:
            assert step.waits or step.subjects or for_people or put_off, id
        if step.state in ENDED_STEPS | {StepState.PENDING}:
            assert not step.waits, id
            assert not step.subjects, id


@THOROUGHLY
@given(SEQUENCES)
def test_a_run_survives_being_stored(draws: Draws) -> None:
    run = play(draws)[0].run
    assert from_document(Run, to_document(run)) == run
