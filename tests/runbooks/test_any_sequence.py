"""Whatever happens to a run, in whatever order, some things always hold."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from continuitybot.errors import Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.definition import PARALLEL, Definition, OnFailure
from continuitybot.runbooks.model import Effect, Purpose, Run, StepRun
from continuitybot.runbooks.states import (
    ENDED_RUNS,
    ENDED_STEPS,
    RunState,
    StepState,
)
from continuitybot.store import from_document, to_document
from rig.any_runbook import any_runbook
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
BOOKS = st.one_of(st.just(BOOK), any_runbook(), any_runbook())
OUTCOME = {
    "ok": True, "failing": [], "detail": "", "diagnosis": "", "location": "",
    "ref": "EVT-1", "consent": "", "decided_by": "bob", "text": "", "data": {"approval": "7"},
    "since": "", "status": 200, "headers": {},
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
    steps = list(led.run.steps)
    if word in PLAIN:
        # Once cancelled, nothing more can be learnt from a run: it comes at the end, if at all.
        return None if word == "cancelled" and number > 5 else PLAIN[word]
    if word in PERSON:
        those = led.run.open_steps or steps
        return PERSON[word](those[number % len(those)])
    if word == "out of turn":
        return list(PERSON.values())[number % len(PERSON)](steps[number % len(steps)])
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


def play(book: Definition, draws: Draws) -> tuple[LedRun, list[tuple[Run, Run]]]:
    """The run after all of these, and each before and after."""
    led, turns = LedRun(book), []
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


SEQUENCES = st.lists(EVENTS, min_size=15, max_size=50)
THOROUGHLY = settings(max_examples=60, deadline=timedelta(seconds=5))
PATIENTLY = settings(max_examples=40, deadline=timedelta(seconds=5))


def is_needed_by(definition: Definition, id: str) -> list[str]:
    """What must have ended before a step begins: all before it in its list, and around it.

    Neighbouring items of a checklist do not need each other.
    """
    spot = definition.spots[id]
    first = spot.index
    while spot.track[first].with_previous:
        first -= 1
    before = [step.id for step in spot.track[:first]]
    return before + (is_needed_by(definition, spot.parent) if spot.parent else [])


_NOTHING_BEGINS = {RunState.PAUSED, RunState.CANCELLED, RunState.FINISHED}


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_no_step_begins_before_what_it_needs_has_ended(book: Definition, draws: Draws) -> None:
    for before, after in play(book, draws)[1]:
        for id, step in after.steps.items():
            if before.steps[id].attempt < step.attempt:
                for needed in is_needed_by(book, id):
                    assert after.steps[needed].state in ENDED_STEPS, (id, needed)


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_nothing_begins_while_a_run_is_paused_or_after_it_was_cancelled(
    book: Definition, draws: Draws
) -> None:
    for before, after in play(book, draws)[1]:
        # A failed run may fail once more in the moment in which a person retries it.
        if before.state is after.state and after.state in _NOTHING_BEGINS:
            begun = [
                id for id, step in after.steps.items() if step.attempt > before.steps[id].attempt
            ]
            assert not begun


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_after_its_end_nothing_happens_to_a_run_any_more(book: Definition, draws: Draws) -> None:
    for before, after in play(book, draws)[1]:
        if before.state in {RunState.CANCELLED, RunState.FINISHED}:
            assert after.state is before.state
            assert states_of(after) == states_of(before)
        if after.state in ENDED_RUNS:
            assert not after.open_steps
            assert not after.put_off
            assert not [key for step in after.steps.values() for key in step.waits.values()]


def states_of(run: Run) -> dict[str, StepState]:
    return {id: step.state for id, step in run.steps.items()}


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_a_finished_run_has_left_no_step_behind(book: Definition, draws: Draws) -> None:
    led, turns = play(book, draws)
    for _, run in [*turns, (led.run, led.run)]:
        for id, step in run.steps.items():
            parent = book.spots[id].parent
            if run.state is RunState.FINISHED:
                assert step.state in ENDED_STEPS, id
                ends = book.spots[id].step.on_failure in {OnFailure.STOP, OnFailure.ASK}
                assert not (step.state is StepState.FAILED and ends) or is_closed(run, parent), id
            if run.state is RunState.FINISHED and not is_closed(run, parent):
                assert step.state is not StepState.STOPPED, id
                assert not step.reason.endswith(" ended"), id


def is_closed(run: Run, parent: str) -> bool:
    """Whether a parallel step around a step was ended otherwise than by its branches."""
    if not parent:
        return False
    step = run.steps[parent]
    is_done = step.state is StepState.DONE and not step.by
    return not is_done or is_closed(run, run.definition.spots[parent].parent)


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_no_effect_key_is_ever_used_twice(book: Definition, draws: Draws) -> None:
    keys = [effect.key for effect in play(book, draws)[0].effects]
    assert len(keys) == len(set(keys))


@PATIENTLY
@given(BOOKS, SEQUENCES)
def test_what_may_still_happen_is_never_ordered_again_by_itself(
    book: Definition, draws: Draws
) -> None:
    """Only a person may repeat a request whose fate nobody knows."""
    led, turns = play(book, draws)
    posts = {e.key for e in led.effects if e.kind == "run.http"}
    for before, after in turns:
        for id, step in after.steps.items():
            open_post = posts & set(before.steps[id].waits.values())
            again = step.attempt > before.steps[id].attempt > 0
            assert not (again and open_post), id


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_the_same_events_give_the_same_run_and_effects(book: Definition, draws: Draws) -> None:
    first, second = play(book, draws)[0], play(book, draws)[0]
    assert (first.run, first.effects) == (second.run, second.effects)


@PATIENTLY
@given(BOOKS, SEQUENCES)
def test_a_run_that_is_stored_after_every_event_goes_the_same_way(
    book: Definition, draws: Draws
) -> None:
    class StoredRun(LedRun):
        def happens(self, event: events.Event) -> None:
            super().happens(event)
            self.run = from_document(Run, to_document(self.run))

    kept, stored = LedRun(book), StoredRun(book)
    for drawn in draws:
        event = event_of(*drawn, kept)
        stored.now = kept.now
        if event is None:
            continue
        for led in (kept, stored):
            with contextlib.suppress(Refused):
                led.happens(event)
    assert (stored.run, stored.effects) == (kept.run, kept.effects)


@THOROUGHLY
@given(BOOKS, SEQUENCES)
def test_an_open_step_can_always_go_on_and_an_ended_one_waits_for_nothing(
    book: Definition, draws: Draws
) -> None:
    for _, run in play(book, draws)[1]:
        ordered = {key for step in run.steps.values() for key in step.waits.values()}
        assert len(ordered) == sum(len(step.waits) for step in run.steps.values())
        for id, step in run.steps.items():
            for_people = book.spots[id].step.action in {"ask", "do", "parallel"}
            if step.state is StepState.RUNNING:
                assert step.waits, id
            if step.state is StepState.WAITING:
                assert step.waits or step.subjects or for_people, id
            if step.state in ENDED_STEPS | {StepState.PENDING}:
                assert not step.waits, id
                assert not step.subjects, id
        if not run.has_ended and run.state is not RunState.PAUSED:
            assert run.open_steps


@PATIENTLY
@given(BOOKS, SEQUENCES)
def test_every_run_can_be_brought_to_its_end(book: Definition, draws: Draws) -> None:
    led = play(book, draws)[0]
    if led.run.state is RunState.PAUSED:
        led.happens(events.Resumed("alice"))
    for _ in range(400):
        if led.run.has_ended:
            return
        led.passes(minutes=10)
        help_on(led)
    raise AssertionError(f"{states_of(led.run)} does not end")


def help_on(led: LedRun) -> None:
    """The outside goes well, and people do what is asked of them: one thing of these."""
    for id in led.run.open_steps:
        step, action = led.run.steps[id], led.run.definition.spots[id].step.action
        if action == PARALLEL and step.state is StepState.WAITING and not step.waits:
            continue
        if step.state in {StepState.HELD, StepState.UNKNOWN}:
            return led.happens(
                events.PersonRetried(id, "alice")
                if action == "approve"
                else events.PersonDid(id, "alice", "seen")
            )
        if step.state is StepState.WAITING and action in {"ask", "do"} and not retries(step):
            act: events.Event = events.PersonDid(id, "alice", "seen")
            return led.happens(events.Answered(id, "alice", "go") if action == "ask" else act)
        if step.subjects and Purpose.LOOK not in step.waits and Purpose.MOMENT not in step.waits:
            led.happens(events.SubjectChanged(frozenset(step.subjects)))
        good = {"approve": "granted", "wait": "healthy", "run": "finished"}.get(action, "active")
        key = step_key(led.run.steps[id])
        timers = {e.key for e in led.effects if e.kind == "run.timer"}
        data = {**OUTCOME, "state": good}
        return led.happens(
            events.TimerDue(key) if key in timers else events.EffectSucceeded(key, data)
        )
    return None


def retries(step: StepRun) -> bool:
    return Purpose.RETRY in step.waits


def step_key(step: StepRun) -> str:
    order = (Purpose.ACTION, Purpose.LOOK, Purpose.RETRY, Purpose.MOMENT, Purpose.TIMEOUT)
    return next(step.waits[purpose] for purpose in order if purpose in step.waits)
