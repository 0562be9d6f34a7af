"""The stage runs are played on: a simulated outside, its people, and a clock that jumps."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from continuitybot.errors import BadInput, ContinuityError, Problem, Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.acting import event_of, person_event, scripted_data
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import Effect, Run
from continuitybot.runbooks.moves import LOOK, TIMER
from continuitybot.runbooks.nested_play import NestedOnStage
from continuitybot.runbooks.order import Order, order_of
from continuitybot.runbooks.playing import Played
from continuitybot.runbooks.ports import Ports, Reach
from continuitybot.runbooks.running import RULES
from continuitybot.runbooks.scenario import Happening, Part, Result
from continuitybot.runbooks.scripted import Outside
from continuitybot.runbooks.transcript import Transcript

_MOST_EVENTS = 10_000
_ENDING = frozenset({"failed", "cancelled"})
_Cue = events.Event | Happening


class Stage:
    """Plays runs by their parts; where a part says nothing, effects go as `ports` let them.

    `played` has every run by its reference, the main one first. Without `outside`, health and
    replies are what the ports say.
    """

    def __init__(
        self,
        now: datetime,
        ports: Ports,
        transcript: Transcript,
        definitions: Mapping[str, Definition],
        outside: Outside | None = None,
    ) -> None:
        self.now = now
        self.played: dict[str, Played] = {}
        self._reach = Reach(ports, NestedOnStage(self, definitions, transcript))
        self._transcript = transcript
        self._outside = outside
        self._order = count()
        self._agenda: list[tuple[datetime, int, str, _Cue]] = []

    async def play(self, run: Run, part: Part, *, recorded: bool = False) -> Played:
        """A run from its start until nothing more happens."""
        await self.enter(run, part, recorded=recorded)
        for _ in range(_MOST_EVENTS):
            if (cue := self._next_cue()) is None:
                return self.played[run.ref]
            await self._take(*cue)
        raise BadInput(
            f"{run.definition.name} does not come to an end.",
            [Problem(run.definition.title, f"{_MOST_EVENTS} events and still going")],
        )

    def child_of(self, ref: str, step: str) -> Played | None:
        """The run that a step has started, if it has."""
        both = (ref, step)
        return next((p for p in self.played.values() if (p.parent, p.parent_step) == both), None)

    async def enter(self, run: Run, part: Part, *, recorded: bool = False, by: str = "") -> None:
        """Begin a run; `by` is the key of the effect that starts it."""
        self.played[run.ref] = Played(run, part, recorded=recorded, started_by=by)
        for happening in part.happens:
            if happening.health and not happening.at:  # so it is from the start
                self._change_outside(run.ref, happening)
            else:
                self._plan(run.ref, self.now + happening.at, happening)
        await self._apply(run.ref, events.Started())

    def _next_cue(self) -> tuple[str, _Cue] | None:
        """What happens next; the clock jumps there. None when nothing more will."""
        while self._agenda:
            moment, _, ref, cue = heapq.heappop(self._agenda)
            played = self.played[ref]
            if isinstance(cue, events.TimerDue) and not played.awaits(cue.key):
                continue  # a live run's timer is withdrawn when its step no longer waits for it
            if played.run.has_ended and not isinstance(cue, Happening):
                continue
            self.now = max(self.now, moment)
            return ref, cue
        return None

    async def _take(self, ref: str, cue: _Cue) -> None:
        if not isinstance(cue, Happening):
            self.played[ref].hears(_step_of(cue))
            await self._apply(ref, cue)
            return
        self._change_outside(ref, cue)
        event = event_of(self.played[ref].run, cue)
        if event is None:
            self._transcript.note(ref, f"Nothing waits for this: {cue.step} {cue.things[0]}")
        elif isinstance(event, events.SubjectChanged):
            for other in self.played:
                await self._apply(other, event)
        else:
            await self._apply(ref, event)

    def _change_outside(self, ref: str, cue: Happening) -> None:
        if self._outside is not None:
            self._outside.change_health(cue.health or {}, self.now)
            if cue.replies is not None:
                broadcast = self.played[ref].run.steps[cue.step].outputs.get("ref", "")
                self._outside.replies[broadcast] = cue.replies

    async def _apply(self, ref: str, event: events.Event) -> None:
        played = self.played[ref]
        before = played.run
        try:
            after, effects = advance(before, event, self.now, RULES)
        except Refused as refusal:
            self._transcript.note(ref, f"Refused: {refusal}")
            return
        played.goes_on(after, effects)
        await self._perform(played, effects)
        for step, result in played.people_to_cue():
            self._plan(ref, self.now + result.after, person_event(step, result))
        if played.run.state is not before.state:
            await self._tell_family(played)

    async def _tell_family(self, played: Played) -> None:
        """A parent waits for its child, and takes it along when it ends badly."""
        if played.parent:
            changed = events.SubjectChanged(frozenset({played.run.ref}))
            await self._apply(played.parent, changed)
        if played.run.state in _ENDING:
            why = f"{played.run.ref} has ended"
            for ref, child in tuple(self.played.items()):
                if child.parent == played.run.ref and not child.run.has_ended:
                    await self._apply(ref, events.Cancelled("bot", why))

    async def _perform(self, played: Played, effects: Iterable[Effect]) -> None:
        """Let effects have their outcomes, now or when they are due."""
        for effect in effects:
            if effect.kind != TIMER:
                await self._perform_one(played, effect)
            elif not played.recorded:
                self._plan(played.run.ref, effect.due or self.now, events.TimerDue(effect.key))

    async def _perform_one(self, played: Played, effect: Effect) -> None:
        order = order_of(effect.key, effect.payload)
        if played.recorded:
            if effect.kind != LOOK:  # it is told; what came of it is on record
                await self._usual(effect, order)
            return
        result = played.take_result(order.place.step)
        event = await self._outcome(effect, order, result)
        wait = max((effect.due or self.now) - self.now, timedelta(0))
        after = result.after if result else timedelta(0)
        self._plan(played.run.ref, self.now + wait + after, event)

    async def _outcome(self, effect: Effect, order: Order, result: Result | None) -> events.Event:
        if result is not None and result.fails is not None:
            return events.EffectFailed(effect.key, result.fails)
        if result is not None and result.unknown is not None:
            return events.EffectUnknown(effect.key, result.unknown)
        try:
            usual = await self._usual(effect, order)
        except ContinuityError as error:
            return events.EffectFailed(effect.key, str(error))
        return events.EffectSucceeded(effect.key, {**usual, **scripted_data(result)})

    async def _usual(self, effect: Effect, order: Order) -> dict[str, Any]:
        action = ACTIONS[order.action]
        body = action.parse(order.given)
        do = action.look if effect.kind == LOOK else action.perform
        return await do(self._reach, order, body)

    def _plan(self, ref: str, moment: datetime, cue: _Cue) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), ref, cue))


def _step_of(event: events.Event) -> str:
    key: str = getattr(event, "key", "")
    return key.split("/")[1] if key else getattr(event, "step", "")
