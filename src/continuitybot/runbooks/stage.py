"""The stage a run is played on: a simulated outside, its people, and a clock that jumps."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from continuitybot.errors import BadInput, ContinuityError, Problem, Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.model import Effect, Run
from continuitybot.runbooks.moves import LOOK, TIMER
from continuitybot.runbooks.order import Order, order_of
from continuitybot.runbooks.ports import Place, Question, Reach, Standing
from continuitybot.runbooks.running import RULES
from continuitybot.runbooks.scenario import Result, SubjectChange
from continuitybot.runbooks.states import StepState

_MOST_EVENTS = 10_000
_FOR_PEOPLE = frozenset({StepState.WAITING, StepState.HELD, StepState.UNKNOWN})
_BY_HAND: dict[str, Any] = {
    "done": events.PersonDid,
    "skip": events.PersonSkipped,
    "fail": events.PersonFailed,
    "retry": events.PersonRetried,
}


class Transcript:
    """Everything that was said and asked, each with its step, as the speaker of tabletop ports."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    @property
    def lines(self) -> list[str]:
        """What was said and asked, in order."""
        return [text for _, text in self.told]

    def of(self, step: str) -> tuple[str, ...]:
        """What one step said and asked."""
        return tuple(text for told_by, text in self.told if told_by == step)

    async def say(self, place: Place, text: str, to: str = "") -> None:
        self.told.append((place.step, text))

    async def ask(self, place: Place, question: Question) -> None:
        text = f"{question.text} {' / '.join(question.choices.values())}".strip()
        self.told.append((place.step, text))


class FinishedRuns:
    """Nested runs that are finished as soon as they start; they have rehearsals of their own."""

    async def start(self, place: Place, runbook: str, inputs: Any, by: str) -> Standing:
        return Standing(f"RUN-{runbook}", "finished")

    async def standing(self, ref: str) -> Standing:
        return Standing(ref, "finished")


class Stage:
    """Answers effects by `results` (by step), or as `reach` would; people act on cue."""

    def __init__(
        self,
        start: datetime,
        reach: Reach,
        results: Mapping[str, Sequence[Result]],
        changes: Sequence[SubjectChange] = (),
    ) -> None:
        self.now = start
        self._reach = reach
        self._results = {id: deque(listed) for id, listed in results.items()}
        self._cued: set[str] = set()
        self._order = count()
        self._agenda: list[tuple[datetime, int, events.Event]] = []
        for change in changes:
            self._plan(change.after, events.SubjectChanged(frozenset({change.subject})))

    def next_event(self, run: Run) -> events.Event | None:
        """What happens next; the clock jumps there. None when nothing more will."""
        wanted = {key for step in run.steps.values() for key in step.waits.values()}
        while self._agenda:
            moment, _, event = heapq.heappop(self._agenda)
            if isinstance(event, events.TimerDue) and event.key not in wanted:
                continue  # a live run's timer is withdrawn when its step no longer waits for it
            self.now = max(self.now, moment)
            self._cued.discard(getattr(event, "step", ""))
            return event
        return None

    async def perform(self, effects: Iterable[Effect]) -> None:
        """Let effects have their outcomes, now or when they are due."""
        for effect in effects:
            if effect.kind == TIMER:
                due = effect.due or self.now
                self._plan(due - self.now, events.TimerDue(effect.key))
            else:
                await self._perform(effect)

    def cue_people(self, run: Run) -> None:
        """Let people act on the steps that wait for them, as the scenario says."""
        for id, step in run.steps.items():
            results = self._results.get(id)
            if not results or id in self._cued or step.state not in _FOR_PEOPLE:
                continue
            if results[0].is_by_person:
                self._cued.add(id)
                result = results.popleft()
                self._plan(result.after, _person_event(id, result))

    async def _perform(self, effect: Effect) -> None:
        order = order_of(effect.key, effect.payload)
        result = self._take_result(order.place.step)
        event = await self._outcome(effect, order, result)
        wait = max((effect.due or self.now) - self.now, timedelta(0))
        self._plan(wait + (result.after if result else timedelta(0)), event)

    def _take_result(self, step: str) -> Result | None:
        results = self._results.get(step)
        if not results or results[0].is_by_person:
            return None
        return results[0] if len(results) == 1 else results.popleft()

    async def _outcome(self, effect: Effect, order: Order, result: Result | None) -> events.Event:
        if result is not None and result.fails is not None:
            return events.EffectFailed(effect.key, result.fails)
        if result is not None and result.unknown is not None:
            return events.EffectUnknown(effect.key, result.unknown)
        try:
            usual = await self._usual(effect, order)
        except ContinuityError as error:
            return events.EffectFailed(effect.key, str(error))
        return events.EffectSucceeded(effect.key, {**usual, **_scripted(result)})

    async def _usual(self, effect: Effect, order: Order) -> dict[str, Any]:
        action = ACTIONS[order.action]
        body = action.parse(order.given)
        do = action.look if effect.kind == LOOK else action.perform
        return await do(self._reach, order, body)

    def _plan(self, after: timedelta, event: events.Event) -> None:
        heapq.heappush(self._agenda, (self.now + after, next(self._order), event))


async def play(run: Run, stage: Stage, transcript: Transcript) -> tuple[Run, ...]:
    """A run from its start until nothing more happens: as it was after each event."""
    course = [run]
    event: events.Event | None = events.Started()
    for _ in range(_MOST_EVENTS):
        if event is None or course[-1].has_ended:
            return tuple(course)
        course.append(await _turn(course[-1], event, stage, transcript))
        event = stage.next_event(course[-1])
    raise BadInput(
        f"{run.definition.name} does not come to an end.",
        [Problem(run.definition.title, f"{_MOST_EVENTS} events and still going")],
    )


async def _turn(run: Run, event: events.Event, stage: Stage, transcript: Transcript) -> Run:
    try:
        run, effects = advance(run, event, stage.now, RULES)
    except Refused as refusal:
        transcript.told.append(("", f"Refused: {refusal}"))
        return run
    await stage.perform(effects)
    stage.cue_people(run)
    return run


def _scripted(result: Result | None) -> dict[str, Any]:
    if result is None:
        return {}
    if result.refused is not None:
        return {
            "state": "cancelled",
            "consent": "rejected",
            "decided_by": result.by,
            "text": result.refused,
        }
    return result.returns or {}


def _person_event(step: str, result: Result) -> events.Event:
    if result.answer is not None:
        return events.Answered(step, result.by, result.answer)
    event: events.Event = _BY_HAND[result.act or "done"](step, result.by, result.text)
    return event
